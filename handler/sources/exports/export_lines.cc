#include "handler/sources/exports/export_lines.h"

#include <sys/types.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "events/exports/item_line.h"
#include "runtime/base/check.h"

namespace streamonce::handler::exports {
namespace {

using events::kItemLineBytesMax;

constexpr std::size_t kInputBytes = 64UL * 1024;
/// The argument of inflateInit2 for the largest window and a gzip wrapper.
constexpr int kGzipWindowBits = 15 + 16;
/// How much is inflated at once: little enough that it stays in the cache until it is looked at.
constexpr std::size_t kInflateBytes = 256UL * 1024;

constexpr std::string_view kBlanks = " \t\r";

}  // namespace

struct ExportLines::Inflater {
  Inflater() { STREAMONCE_CHECK(::inflateInit2(&stream, kGzipWindowBits) == Z_OK); }
  ~Inflater() { ::inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
  bool in_member = false;
  bool at_end = false;  // nothing more comes from the file
  std::array<unsigned char, kInputBytes> input;
};

ExportLines::ExportLines(const ExportFile& file, std::size_t bytes_max)
    : file_(file),
      bytes_max_(bytes_max),
      buffer_bytes_(bytes_max + kItemLineBytesMax + 1),
      buffer_(new char[buffer_bytes_ + kPayloadPaddingBytes]),
      inflater_(std::make_unique<Inflater>()) {
  std::memset(buffer_.get() + buffer_bytes_, 0, kPayloadPaddingBytes);
}

ExportLines::~ExportLines() = default;

Result<ExportLines::Next> ExportLines::next() {
  while (true) {
    const std::string_view rest(buffer_.get() + searched_, end_ - searched_);
    const std::size_t found = rest.find('\n');
    const bool is_last = found == std::string_view::npos && inflater_->at_end;
    const std::size_t line_end = searched_ + std::min(found, rest.size());
    if (line_end - begin_ > kItemLineBytesMax) {
      return Error{ErrorCode::kTooLarge, "a line has more than " +
                                             std::to_string(kItemLineBytesMax) +
                                             " bytes, and no item takes so many"};
    }
    if (found == std::string_view::npos && !is_last) {
      searched_ = end_;
      if (end_ == buffer_bytes_) return Next::kFull;
      STREAMONCE_TRY(inflate_some());
      continue;
    }
    const std::string_view text(buffer_.get() + begin_, line_end - begin_);
    if (is_last && text.empty()) return Next::kEnd;
    if (begin_ > bytes_max_) return Next::kFull;
    begin_ = searched_ = is_last ? end_ : line_end + 1;
    if (text.find_first_not_of(kBlanks) == std::string_view::npos) continue;
    line_ = text;
    return Next::kLine;
  }
}

void ExportLines::forget() {
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  searched_ -= begin_;
  begin_ = 0;
  line_ = {};
}

/// Reads more of the file. @return false: there is no more
Result<bool> ExportLines::fill() {
  z_stream& stream = inflater_->stream;
  while (true) {
    const ssize_t count =
        ::read(file_.descriptor(), inflater_->input.data(), inflater_->input.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return Error{ErrorCode::kUnavailable,
                   std::string("it cannot be read: ") + std::strerror(errno)};
    }
    bytes_read_ += static_cast<std::uint64_t>(count);
    stream.next_in = inflater_->input.data();
    stream.avail_in = static_cast<uInt>(count);
    return count > 0;
  }
}

/// Inflates something into the buffer, which must have room; or finds the end of the file.
Status ExportLines::inflate_some() {
  z_stream& stream = inflater_->stream;
  if (stream.avail_in == 0 && !STREAMONCE_TRY(fill())) {
    if (inflater_->in_member)
      return Error{ErrorCode::kProtocol, "it is cut short: its gzip has no end"};
    inflater_->at_end = true;
    return {};
  }
  if (!inflater_->in_member) {
    STREAMONCE_CHECK(::inflateReset(&stream) == Z_OK);
    inflater_->in_member = true;
  }
  const std::size_t room = std::min(buffer_bytes_ - end_, kInflateBytes);
  stream.next_out = reinterpret_cast<Bytef*>(buffer_.get() + end_);
  stream.avail_out = static_cast<uInt>(room);
  const int code = ::inflate(&stream, Z_NO_FLUSH);
  end_ += room - stream.avail_out;
  if (code == Z_STREAM_END) inflater_->in_member = false;
  if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR) return {};
  if (code == Z_MEM_ERROR) return Error{ErrorCode::kUnavailable, "zlib has no memory"};
  return Error{ErrorCode::kProtocol, std::string("it is no sound gzip: ") +
                                         (stream.msg != nullptr ? stream.msg : ::zError(code))};
}

}  // namespace streamonce::handler::exports
