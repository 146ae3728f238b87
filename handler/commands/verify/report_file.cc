#include "handler/commands/verify/report_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/base/file.h"

namespace streamonce::handler::verify {
namespace {

Error unwritten(const std::string& path) {
  return {ErrorCode::kUnavailable, path + ": cannot be written: " + std::strerror(errno)};
}

/// Closes a file at the end of a scope.
class Closer {
 public:
  explicit Closer(int descriptor) : descriptor_(descriptor) {}
  ~Closer() { ::close(descriptor_); }
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;

 private:
  const int descriptor_;
};

}  // namespace

std::string free_report_path(std::string_view name) {
  std::string path = std::string(name) + ".verify.ndjson";
  for (int number = 2; file_exists(path); ++number)
    path = std::string(name) + ".verify." + std::to_string(number) + ".ndjson";
  return path;
}

ReportFile::ReportFile(std::string path, std::uint64_t length, std::string folder)
    : path_(std::move(path)),
      length_(length),
      folder_(std::move(folder)) {}

ReportFile::~ReportFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status ReportFile::resume() {
  if (length_ == 0) return {};
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor_ < 0)
    return invalid_argument(path_ + ": the report of the earlier run cannot be opened: " +
                            std::strerror(errno) + ". Remove the state file to begin anew");
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  const auto wanted = static_cast<off_t>(length_);
  if (end < wanted)
    return invalid_argument(path_ + ": the report has " + std::to_string(end) +
                            " bytes, and the state file tells of " + std::to_string(length_) +
                            ". Remove the state file to begin anew");
  if (::ftruncate(descriptor_, wanted) != 0 || ::lseek(descriptor_, wanted, SEEK_SET) != wanted)
    return unwritten(path_);
  return {};
}

Status ReportFile::take(std::size_t part, std::string_view line) {
  Kept& kept = kept_[part];
  kept.text.append(line).append("\n");
  kept_bytes_ += line.size() + 1;
  return kept_bytes_ <= kKeptBytesMax ? Status() : spill();
}

/// Puts all that is kept in memory into files.
Status ReportFile::spill() {
  for (auto& [part, kept] : kept_) {
    if (kept.text.empty()) continue;
    if (!kept.file) kept.file = STREAMONCE_TRY(TemporaryFile::create(folder_));
    STREAMONCE_TRY(kept.file->append(kept.text));
    kept.text.clear();
  }
  kept_bytes_ = 0;
  return {};
}

Status ReportFile::open() {
  if (descriptor_ >= 0) return {};
  descriptor_ = ::open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  return descriptor_ >= 0 ? Status() : unwritten(path_);
}

Status ReportFile::append(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor_, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return unwritten(path_);
    length_ += static_cast<std::uint64_t>(count);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Status ReportFile::append_file(TemporaryFile file) {
  const int descriptor = file.release();
  const Closer closer(descriptor);
  std::array<char, 64UL * 1024> bytes;
  while (true) {
    const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return Error{ErrorCode::kUnavailable,
                   folder_ + ": what was kept cannot be read: " + std::strerror(errno)};
    if (count == 0) return {};
    STREAMONCE_TRY(append({bytes.data(), static_cast<std::size_t>(count)}));
  }
}

Status ReportFile::finish(std::size_t part) {
  const auto found = kept_.find(part);
  if (found == kept_.end()) return {};
  Kept kept = std::move(found->second);
  kept_.erase(found);
  kept_bytes_ -= kept.text.size();
  STREAMONCE_TRY(open());
  if (kept.file) STREAMONCE_TRY(append_file(*std::move(kept.file)));
  STREAMONCE_TRY(append(kept.text));
  return ::fsync(descriptor_) == 0 ? Status() : unwritten(path_);
}

}  // namespace streamonce::handler::verify
