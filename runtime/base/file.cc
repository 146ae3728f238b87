#include "runtime/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>

namespace streamonce {
namespace {

/// A file that is open to be read, or standard input for `-`.
class ReadFile {
 public:
  explicit ReadFile(const std::string& path)
      : is_own_(path != "-"),
        file_(is_own_ ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO) {}
  ~ReadFile() {
    if (is_own_ && is_open()) ::close(file_);
  }
  ReadFile(const ReadFile&) = delete;
  ReadFile& operator=(const ReadFile&) = delete;

  /// Reads into `room`, as much as is there by now. @return how much; 0: the end; negative: errno
  /// says why not
  ssize_t read(std::span<char> room) const {
    ssize_t count = 0;
    do count = ::read(file_, room.data(), room.size());
    while (count < 0 && errno == EINTR);
    return count;
  }
  bool is_open() const { return file_ >= 0; }

 private:
  bool is_own_;
  int file_;
};

Error unreadable(const std::string& path) {
  return Error{ErrorCode::kUnavailable, path + ": cannot be read: " + std::strerror(errno)};
}

Error unwritten(const std::string& path, int reason) {
  return {ErrorCode::kUnavailable, path + ": cannot be written: " + std::strerror(reason)};
}

/// Writes all of `text`, and waits until the disk has it. @return 0, or why not
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0 ? EIO : errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

}  // namespace

Status replace_file(const std::string& path, std::string_view text) {
  // Another process with the same file has another name for its new one, and nobody can put a link
  // in its place that leads elsewhere.
  const std::string beside = path + "." + std::to_string(::getpid()) + ".new";
  const int file =
      ::open(beside.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return unwritten(beside, errno);
  const int failed = write_all(file, text);
  const int closed = ::close(file) == 0 ? 0 : errno;
  if (failed != 0 || closed != 0) {
    ::unlink(beside.c_str());
    return unwritten(beside, failed != 0 ? failed : closed);
  }
  if (std::rename(beside.c_str(), path.c_str()) == 0) return {};
  const int reason = errno;
  ::unlink(beside.c_str());
  return unwritten(path, reason);
}

Status read_file(const std::string& path, Payload& payload) {
  payload.clear();
  const ReadFile file(path);
  if (!file.is_open()) return unreadable(path);
  for (;;) {
    char behind = 0;  // where the payload is full, a byte more is too many
    const bool is_full = payload.room().empty();
    const ssize_t count = file.read(is_full ? std::span(&behind, 1) : payload.room());
    if (count < 0) return unreadable(path);
    if (count == 0) return {};
    if (is_full)
      return Error{ErrorCode::kTooLarge,
                   path + ": is larger than " + std::to_string(payload.bytes_max()) + " bytes"};
    payload.take_in(static_cast<std::size_t>(count));
  }
}

bool file_exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::optional<std::size_t> file_bytes(const std::string& path) {
  struct stat about {};
  if (path == "-" || ::stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode))
    return std::nullopt;
  return static_cast<std::size_t>(about.st_size);
}

void write_to_descriptor(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace streamonce
