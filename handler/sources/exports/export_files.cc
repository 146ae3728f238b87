#include "handler/sources/exports/export_files.h"

#include <unistd.h>

#include <utility>

namespace streamonce::handler::exports {

ExportFile::ExportFile(int descriptor, std::uint64_t bytes, std::string md5)
    : descriptor_(descriptor),
      bytes_(bytes),
      md5_(std::move(md5)) {}

ExportFile::ExportFile(ExportFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      bytes_(other.bytes_),
      md5_(std::move(other.md5_)) {}

ExportFile& ExportFile::operator=(ExportFile&& other) noexcept {
  if (this == &other) return *this;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  bytes_ = other.bytes_;
  md5_ = std::move(other.md5_);
  return *this;
}

ExportFile::~ExportFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace streamonce::handler::exports
