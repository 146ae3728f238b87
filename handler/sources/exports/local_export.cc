#include "handler/sources/exports/local_export.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "runtime/base/digest.h"

namespace streamonce::handler::exports {
namespace {

constexpr std::size_t kReadBytes = 256UL * 1024;

Error unreadable(const std::string& path, int reason) {
  return {ErrorCode::kUnavailable, path + ": cannot be read: " + std::strerror(reason)};
}

/// Closes a descriptor that no ExportFile has yet.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace

Result<std::unique_ptr<ExportFiles>> LocalExport::open(const std::string& folder) {
  struct stat about {};
  if (::stat(folder.c_str(), &about) != 0) return unreadable(folder, errno);
  if (!S_ISDIR(about.st_mode)) {
    return Error{ErrorCode::kUnavailable,
                 folder +
                     ": is no folder: expected the one of an export, with "
                     "manifest-summary.json, manifest-files.json and data/"};
  }
  std::string name = folder;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return std::unique_ptr<ExportFiles>(new LocalExport(std::move(name)));
}

Result<std::optional<ExportFile>> LocalExport::fetch(std::string_view name) {
  const std::string path = folder_ + "/" + std::string(name);
  // Without O_NONBLOCK, a FIFO would be waited for.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.number() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<ExportFile>();
    return unreadable(path, errno);
  }
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return unreadable(path, errno);
  if (!S_ISREG(about.st_mode))
    return Error{ErrorCode::kUnavailable, path + ": cannot be read: it is no regular file"};
  Md5 md5;
  std::uint64_t bytes = 0;
  const auto buffer = std::make_unique<char[]>(kReadBytes);
  while (true) {
    const ssize_t count = ::read(file.number(), buffer.get(), kReadBytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(path, errno);
    if (count == 0) break;
    md5.append({buffer.get(), static_cast<std::size_t>(count)});
    bytes += static_cast<std::uint64_t>(count);
  }
  if (::lseek(file.number(), 0, SEEK_SET) != 0) return unreadable(path, errno);
  return std::optional<ExportFile>(ExportFile(file.release(), bytes, md5.base64()));
}

Result<std::optional<ExportFile>> LocalExport::fetch_key(std::string_view /*key*/) {
  return std::optional<ExportFile>();
}

}  // namespace streamonce::handler::exports
