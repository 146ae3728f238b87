#include "handler/sources/dumps/failed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler::dumps {
namespace {

constexpr std::size_t kUnwrittenBytesMax = 65'536;
/// The most bytes of a dump's name that are kept, so that the whole name stays below the 255 bytes
/// that file systems take.
constexpr std::size_t kNameBytesMax = 200;

constexpr std::string_view kMark = ".failed.";
constexpr std::string_view kEnding = "ndjson";

/// `name` without the ending of a failed file, which is kMark, perhaps a number and a dot, and
/// kEnding. All of `name`, if it is no failed file's.
std::string_view without_ending(std::string_view name) {
  std::string_view rest = name;
  if (!rest.ends_with(kEnding)) return name;
  rest.remove_suffix(kEnding.size());
  if (!rest.ends_with(kMark) && rest.ends_with('.')) {
    rest.remove_suffix(1);
    const std::size_t digits = rest.find_last_not_of("0123456789") + 1;  // npos + 1 is 0
    if (digits == rest.size()) return name;
    rest = rest.substr(0, digits);
  }
  if (!rest.ends_with(kMark)) return name;
  rest.remove_suffix(kMark.size());
  return rest.empty() ? name : rest;
}

std::string name_of(std::string_view dump) {
  if (dump == "-") return "stdin";
  while (dump.ends_with('/')) dump.remove_suffix(1);
  dump.remove_prefix(dump.rfind('/') + 1);  // npos + 1 is 0
  dump = without_ending(dump);
  if (dump.empty() || dump == "." || dump == "..") return "dump";
  return std::string(dump.substr(0, kNameBytesMax));
}

bool is_free(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) != 0;
}

}  // namespace

FailedFile::FailedFile(std::string path, Existing existing)
    : path_(std::move(path)),
      existing_(existing) {}

FailedFile::~FailedFile() {
  static_cast<void>(finish());
}

Status FailedFile::open() {
  STREAMONCE_CHECK(!finished_);
  if (error_) return *error_;
  return file_ < 0 ? create() : Status{};
}

Status FailedFile::append(std::string_view line) {
  STREAMONCE_CHECK(!finished_);
  if (error_) return *error_;
  if (file_ < 0) STREAMONCE_TRY(create());
  const std::size_t begin = buffer_.size();
  buffer_.append(line);
  for (std::size_t at = begin; (at = buffer_.find_first_of("\r\n", at)) != std::string::npos;)
    buffer_[at] = ' ';
  buffer_ += '\n';
  ++lines_;
  return buffer_.size() < kUnwrittenBytesMax ? Status{} : flush();
}

Status FailedFile::flush() {
  if (error_) return *error_;
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t count = ::write(file_, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    // A write that takes nothing and does not say why would be tried for ever.
    if (count <= 0) return cut_back(left, count == 0 ? EIO : errno);
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  bytes_in_file_ += buffer_.size();
  lines_in_file_ = lines_;
  buffer_.clear();
  return {};
}

Status FailedFile::sync() {
  if (error_) return *error_;
  if (file_ < 0) return {};
  STREAMONCE_TRY(flush());
  if (::fsync(file_) != 0) return fail("is perhaps not on the disk", errno);
  return {};
}

Status FailedFile::finish() {
  finished_ = true;
  STREAMONCE_TRY(sync());
  if (file_ < 0) return {};
  if (::close(std::exchange(file_, -1)) != 0) return fail("is perhaps not on the disk", errno);
  return {};
}

Status FailedFile::create() {
  const bool appends = existing_ == Existing::kAppended;
  const int flags = O_CREAT | O_CLOEXEC | (appends ? O_RDWR | O_APPEND : O_EXCL | O_WRONLY);
  file_ = ::open(path_.c_str(), flags, 0600);
  if (file_ < 0) return fail(appends ? "cannot be opened" : "cannot be created", errno);
  return appends ? go_to_end() : Status{};
}

/// Sees to it that what is added begins a line of its own.
Status FailedFile::go_to_end() {
  struct stat about {};
  if (::fstat(file_, &about) != 0) return fail("cannot be read", errno);
  bytes_in_file_ = static_cast<std::uint64_t>(about.st_size);
  char last = '\n';
  if (about.st_size > 0 && ::pread(file_, &last, 1, about.st_size - 1) != 1)
    return fail("cannot be read", errno);
  if (last == '\n') return {};
  if (::write(file_, "\n", 1) != 1) return fail("cannot be written", errno);
  ++bytes_in_file_;
  return {};
}

/// The error of a write that left `unwritten`, the end of the buffer, out of the file.
Error FailedFile::cut_back(std::string_view unwritten, int reason) {
  const std::string_view written(buffer_.data(), buffer_.size() - unwritten.size());
  const std::size_t whole = written.rfind('\n') + 1;  // npos + 1 is 0
  bytes_in_file_ += whole;
  lines_in_file_ += static_cast<std::uint64_t>(
      std::count(written.begin(), written.begin() + static_cast<std::ptrdiff_t>(whole), '\n'));
  if (::ftruncate(file_, static_cast<off_t>(bytes_in_file_)) != 0)
    return fail("cannot be written, and ends within a line", reason);
  return fail("cannot be written", reason);
}

Error FailedFile::fail(std::string_view what, int reason) {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
  buffer_ = {};
  lines_ = lines_in_file_;
  error_ = Error{ErrorCode::kUnavailable,
                 path_ + ": " + std::string(what) + ": " + std::strerror(reason) + "; it holds " +
                     std::to_string(lines_) + (lines_ == 1 ? " whole line" : " whole lines")};
  return *error_;
}

std::uint64_t FailedFile::lines() const {
  return lines_;
}

const std::string& FailedFile::path() const {
  return path_;
}

std::string free_failed_path(std::string_view dump) {
  const std::string name = name_of(dump) + std::string(kMark);
  std::string path = name + std::string(kEnding);
  for (std::uint64_t number = 2; !is_free(path); ++number)
    path = name + std::to_string(number) + '.' + std::string(kEnding);
  return path;
}

bool is_failed_path(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  return without_ending(path) != path;
}

}  // namespace streamonce::handler::dumps
