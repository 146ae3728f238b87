#include "runtime/base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace streamonce {
namespace {

constexpr std::size_t kReadBytes = 64UL * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
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
  const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin
                                                               : std::fopen(path.c_str(), "rb"));
  if (!file) return unreadable(path);
  const auto chunk = std::make_unique_for_overwrite<char[]>(kReadBytes);
  while (const std::size_t count = std::fread(chunk.get(), 1, kReadBytes, file.get())) {
    if (!payload.append({chunk.get(), count})) {
      return Error{ErrorCode::kTooLarge,
                   path + ": is larger than " + std::to_string(payload.bytes_max()) + " bytes"};
    }
  }
  if (std::ferror(file.get()) != 0) return unreadable(path);
  return {};
}

bool file_exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
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
