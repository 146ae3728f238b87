#include "handler/sources/dumps/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler::dumps {
namespace {

constexpr std::size_t kBufferBytes = 65'536;
/// How much of a member is kept where it cannot be read again, to look for the next member in it: a
/// member that was cut short makes inflate run on into the one behind it.
constexpr std::size_t kHistoryBytes = kBufferBytes / 2;
constexpr int kWaitMs = 250;  ///< the pause between two looks at whether to give up
/// The argument of inflateInit2 for the largest window and a gzip wrapper.
constexpr int kGzipWindowBits = 15 + 16;

/// RFC 1952, 2.3.1: ID1, ID2, and CM, which is 8 for deflate, the only method there is.
constexpr std::string_view kMagic = "\x1f\x8b\x08";
constexpr std::size_t kHeaderBytes = 10;

/// How many of `bytes`, at most `limit`, are before the first place where a member begins or, as
/// far as `bytes` tell, may begin.
std::size_t plain_bytes(std::string_view bytes, std::size_t limit) {
  const std::string_view window = bytes.substr(0, limit);
  for (std::size_t at = window.find(kMagic[0]); at != std::string_view::npos;
       at = window.find(kMagic[0], at + 1)) {
    if (kMagic.starts_with(bytes.substr(at, kMagic.size()))) return at;
  }
  return window.size();
}

/// Whether `header` is one that a gzip writes. Compressed data holds the three magic bytes once in
/// 16 million, and hardly ever with flags, XFL and OS as RFC 1952, 2.3.1 has them.
bool is_plausible(std::string_view header) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(header[at]); };
  const unsigned flags = byte(3);
  const unsigned extra_flags = byte(8);
  const unsigned system = byte(9);
  return header.starts_with(kMagic) && flags < 0x20 &&
         (extra_flags == 0 || extra_flags == 2 || extra_flags == 4) &&
         (system <= 13 || system == 255);
}

}  // namespace

class ByteSource::GzipReader {
 public:
  GzipReader(std::string path, int file, Stopped stopped)
      : path_(std::move(path)),
        file_(file),
        stopped_(std::move(stopped)),
        buffer_(std::make_unique<char[]>(kBufferBytes)) {}
  ~GzipReader() {
    ::inflateEnd(&inflater_);  // harmless where there was no inflateInit2
    ::close(file_);
  }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  Status init();
  Result<std::size_t> read(std::span<char> room);
  std::uint64_t bytes_read() const { return furthest_; }
  std::optional<std::uint64_t> bytes_in_all() const { return bytes_in_all_; }

 private:
  /// Where in the input the next byte is.
  enum class InputPart : std::uint8_t {
    kPlain,    ///< in plain bytes
    kCheck,    ///< in a gzip member of a regular file, to see whether it is whole
    kMember,   ///< in a gzip member
    kPadding,  ///< right behind a member
    kSearch,   ///< in what is skipped up to the next member
  };
  enum class Filled : std::uint8_t { kMore, kEnd, kStopped };

  /// What a step came to: bytes for the caller, or a need of more input to go on.
  struct Step {
    std::size_t count = 0;
    bool starved = false;
  };

  Result<Step> step(std::span<char> room);
  Step step_plain(std::span<char> room);
  Result<Step> step_check();
  Result<Step> step_member(std::span<char> room);
  Step step_padding();
  Step step_search();
  Result<Filled> fill();
  void make_room();
  void enter_member();
  Error broken(std::string_view how);
  bool go_to(std::uint64_t target);
  Error unreadable() const;

  std::string_view pending() const { return {buffer_.get() + begin_, end_ - begin_}; }
  std::uint64_t offset() const { return base_ + begin_; }
  void consume(std::size_t count) {
    begin_ += count;
    furthest_ = std::max(furthest_, offset());
  }

  const std::string path_;
  const int file_;
  const Stopped stopped_;
  std::optional<std::uint64_t> bytes_in_all_;  ///< has a value for regular files, which can seek
  std::unique_ptr<char[]> buffer_;
  std::unique_ptr<char[]> scratch_;    ///< for what a check throws away
  std::size_t begin_ = 0;              ///< where in the buffer the pending bytes begin
  std::size_t end_ = 0;                ///< where in the buffer the pending bytes end
  std::uint64_t base_ = 0;             ///< the offset in the file of the buffer's first byte
  std::uint64_t furthest_ = 0;         ///< the highest offset there was
  std::uint64_t furthest_before_ = 0;  ///< furthest_ before a member was checked
  bool ended_ = false;                 ///< the file has no more
  InputPart part_ = InputPart::kPlain;
  std::uint64_t member_ = 0;  ///< the offset of the member at hand
  z_stream inflater_{};
};

Status ByteSource::GzipReader::init() {
  struct stat about {};
  if (::fstat(file_, &about) != 0) return unreadable();
  if (S_ISDIR(about.st_mode)) {
    errno = EISDIR;
    return unreadable();
  }
  if (S_ISREG(about.st_mode)) {
    bytes_in_all_ = static_cast<std::uint64_t>(about.st_size);
    // Standard input may stand behind its file's start.
    const off_t here = ::lseek(file_, 0, SEEK_CUR);
    if (here < 0) return unreadable();
    base_ = furthest_ = static_cast<std::uint64_t>(here);
  }
  if (const int code = ::inflateInit2(&inflater_, kGzipWindowBits); code != Z_OK)
    return Error{ErrorCode::kUnavailable, path_ + ": zlib cannot start: " + ::zError(code)};
  return {};
}

Result<std::size_t> ByteSource::GzipReader::read(std::span<char> room) {
  STREAMONCE_CHECK(!room.empty());
  while (true) {
    const Step done = STREAMONCE_TRY(step(room));
    if (done.count > 0) return done.count;
    if (!done.starved) continue;
    if (!ended_) {
      if (STREAMONCE_TRY(fill()) == Filled::kStopped) return std::size_t{0};
      continue;
    }
    if (part_ == InputPart::kMember || part_ == InputPart::kCheck)
      return broken("is cut short: the input ends at byte " + std::to_string(offset()));
    consume(pending().size());  // the rest is too short for the member that is searched for
    return std::size_t{0};
  }
}

Result<ByteSource::GzipReader::Step> ByteSource::GzipReader::step(std::span<char> room) {
  switch (part_) {
    case InputPart::kPlain:
      return step_plain(room);
    case InputPart::kCheck:
      return step_check();
    case InputPart::kMember:
      return step_member(room);
    case InputPart::kPadding:
      return step_padding();
    case InputPart::kSearch:
      return step_search();
  }
  STREAMONCE_CHECK(false);
}

ByteSource::GzipReader::Step ByteSource::GzipReader::step_plain(std::span<char> room) {
  const std::string_view bytes = pending();
  std::size_t count = plain_bytes(bytes, room.size());
  if (count == 0 && bytes.starts_with(kMagic)) {
    enter_member();
    return {};
  }
  if (count == 0 && ended_) count = std::min(bytes.size(), room.size());  // no member begins here
  if (count == 0) return {.starved = true};
  std::memcpy(room.data(), bytes.data(), count);
  consume(count);
  return {.count = count};
}

/// Goes through a member to see whether it is whole; what comes out is thrown away.
Result<ByteSource::GzipReader::Step> ByteSource::GzipReader::step_check() {
  if (!scratch_) scratch_ = std::make_unique<char[]>(kBufferBytes);
  const Step done = STREAMONCE_TRY(step_member({scratch_.get(), kBufferBytes}));
  if (part_ == InputPart::kCheck) return Step{.starved = done.starved};
  const std::uint64_t start = member_;
  if (!go_to(start)) return unreadable();
  enter_member();
  part_ = InputPart::kMember;
  furthest_ = furthest_before_;
  return Step{};
}

Result<ByteSource::GzipReader::Step> ByteSource::GzipReader::step_member(std::span<char> room) {
  const auto room_bytes = static_cast<uInt>(std::min(room.size(), kBufferBytes));
  const std::size_t input_bytes = pending().size();
  inflater_.next_in = reinterpret_cast<Bytef*>(buffer_.get() + begin_);
  inflater_.avail_in = static_cast<uInt>(input_bytes);
  inflater_.next_out = reinterpret_cast<Bytef*>(room.data());
  inflater_.avail_out = room_bytes;
  const int code = ::inflate(&inflater_, Z_SYNC_FLUSH);
  consume(input_bytes - inflater_.avail_in);
  const std::size_t count = room_bytes - inflater_.avail_out;
  if (code == Z_STREAM_END) {
    part_ = InputPart::kPadding;
    return Step{.count = count};
  }
  if (code == Z_OK || code == Z_BUF_ERROR) return Step{.count = count, .starved = count == 0};
  // What came out before the fault is handed over first; inflate then says the same again.
  if (count > 0) return Step{.count = count};
  if (code == Z_MEM_ERROR) return Error{ErrorCode::kUnavailable, path_ + ": zlib has no memory"};
  return broken("is broken at byte " + std::to_string(offset()) + ": " +
                (inflater_.msg != nullptr ? inflater_.msg : ::zError(code)));
}

ByteSource::GzipReader::Step ByteSource::GzipReader::step_padding() {
  const std::string_view bytes = pending();
  const std::size_t zeros = std::min(bytes.find_first_not_of('\0'), bytes.size());
  consume(zeros);
  if (zeros == bytes.size()) return {.starved = true};
  part_ = InputPart::kPlain;
  return {};
}

ByteSource::GzipReader::Step ByteSource::GzipReader::step_search() {
  const std::string_view bytes = pending();
  consume(plain_bytes(bytes, bytes.size()));
  if (pending().size() < kHeaderBytes) return {.starved = true};
  if (is_plausible(pending().substr(0, kHeaderBytes)))
    enter_member();
  else
    consume(1);
  return {};
}

/// Waits for input, and takes what there is of it.
Result<ByteSource::GzipReader::Filled> ByteSource::GzipReader::fill() {
  make_room();
  while (true) {
    if (stopped_ && stopped_()) return Filled::kStopped;
    pollfd wait = {.fd = file_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, kWaitMs);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    if (ready < 0) return unreadable();
    const ssize_t count = ::read(file_, buffer_.get() + end_, kBufferBytes - end_);
    if (count > 0) {
      end_ += static_cast<std::size_t>(count);
      return Filled::kMore;
    }
    if (count == 0) {
      ended_ = true;
      return Filled::kEnd;
    }
    if (errno != EINTR && errno != EAGAIN) return unreadable();
  }
}

/// Drops what is not needed from the front of the buffer once there is no room behind it.
void ByteSource::GzipReader::make_room() {
  std::size_t kept = 0;  // bytes before the pending ones
  if (part_ == InputPart::kMember) {
    kept = std::min(
        {begin_, kHistoryBytes,
         static_cast<std::size_t>(std::min<std::uint64_t>(offset() - member_, kHistoryBytes))});
  }
  const std::size_t from = begin_ - kept;
  if (end_ < kBufferBytes && from < end_) return;
  std::memmove(buffer_.get(), buffer_.get() + from, end_ - from);
  base_ += from;
  begin_ -= from;
  end_ -= from;
  STREAMONCE_CHECK(end_ < kBufferBytes);
}

void ByteSource::GzipReader::enter_member() {
  part_ = bytes_in_all_ ? InputPart::kCheck : InputPart::kMember;
  member_ = offset();
  furthest_before_ = furthest_;
  ::inflateReset(&inflater_);
}

/// Begins the search for the next member. @return the error of the member at hand
Error ByteSource::GzipReader::broken(std::string_view how) {
  Error error{ErrorCode::kProtocol, path_ + ": the gzip member at byte " + std::to_string(member_) +
                                        ' ' + std::string(how) + "; skipped up to the next member" +
                                        (bytes_in_all_ ? ""
                                                       : ", and what was read of it before may be "
                                                         "wrong")};
  go_to(member_ + 1);  // right behind the member's first byte, or as near to that as can be
  part_ = InputPart::kSearch;
  return error;
}

/// Goes on with the byte `target` of the file. @return false: that is no longer to be had
bool ByteSource::GzipReader::go_to(std::uint64_t target) {
  if (target >= base_) {
    begin_ = static_cast<std::size_t>(target - base_);
    return true;
  }
  begin_ = 0;
  if (!bytes_in_all_ || ::lseek(file_, static_cast<off_t>(target), SEEK_SET) < 0) return false;
  base_ = target;
  end_ = 0;
  ended_ = false;
  return true;
}

Error ByteSource::GzipReader::unreadable() const {
  return Error{ErrorCode::kUnavailable, path_ + ": cannot be read: " + std::strerror(errno)};
}

Result<ByteSource> ByteSource::open(const std::string& path, Stopped stopped) {
  // Without O_NONBLOCK, open() would wait for a FIFO's writer, where nothing can stop it. Reads
  // wait in a poll all the same. Standard input is shared with others, and its flags are left
  // alone.
  const int file = path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  const std::string name = path == "-" ? "standard input" : path;
  if (file < 0) {
    return Error{ErrorCode::kUnavailable, name + ": cannot be opened: " + std::strerror(errno)};
  }
  auto reader = std::make_unique<GzipReader>(name, file, std::move(stopped));
  STREAMONCE_TRY(reader->init());
  return ByteSource(std::move(reader));
}

ByteSource::ByteSource(std::unique_ptr<GzipReader> reader) : reader_(std::move(reader)) {}
ByteSource::ByteSource(ByteSource&& other) noexcept = default;
ByteSource& ByteSource::operator=(ByteSource&& other) noexcept = default;
ByteSource::~ByteSource() = default;

Result<std::size_t> ByteSource::read(std::span<char> room) {
  return reader_->read(room);
}

std::uint64_t ByteSource::bytes_read() const {
  return reader_->bytes_read();
}

std::optional<std::uint64_t> ByteSource::bytes_in_all() const {
  return reader_->bytes_in_all();
}

}  // namespace streamonce::handler::dumps
