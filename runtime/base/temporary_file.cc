#include "runtime/base/temporary_file.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/text.h"

namespace streamonce {
namespace {

Error unusable(const std::string& folder, int reason) {
  std::string message = "the folder for temporary files, " + in_quotes(folder) + ": ";
  message += reason == ENOSPC || reason == EDQUOT ? "there is no room left" : std::strerror(reason);
  return Error{ErrorCode::kFatal, std::move(message)};
}

}  // namespace

Result<TemporaryFile> TemporaryFile::create(const std::string& folder) {
  // mkostemp() wants six of that letter, and puts others in their places.
  std::string path = folder + "/streamonce-" + std::string(6, 'X');
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return unusable(folder, errno);
  ::unlink(path.c_str());
  return TemporaryFile(descriptor, folder);
}

TemporaryFile::TemporaryFile(int descriptor, std::string folder)
    : descriptor_(descriptor),
      folder_(std::move(folder)) {}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      folder_(std::move(other.folder_)) {}

TemporaryFile& TemporaryFile::operator=(TemporaryFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  std::swap(folder_, other.folder_);
  return *this;
}

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status TemporaryFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return unusable(folder_, count < 0 ? errno : EIO);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    size_ += static_cast<std::uint64_t>(count);
  }
  return {};
}

int TemporaryFile::release() {
  STREAMONCE_CHECK(descriptor_ >= 0 && ::lseek(descriptor_, 0, SEEK_SET) == 0);
  return std::exchange(descriptor_, -1);
}

}  // namespace streamonce
