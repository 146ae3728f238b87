#include "runtime/base/file.h"

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

}  // namespace

Status read_file(const std::string& path, Payload& payload) {
  payload.clear();
  const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin
                                                               : std::fopen(path.c_str(), "rb"));
  if (!file) return unreadable(path);
  const auto chunk = std::make_unique<char[]>(kReadBytes);
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
