#include "handler/sources/dumps/inputs.h"

#include <fts.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "handler/sources/dumps/failed_file.h"

namespace streamonce::handler::dumps {
namespace {

struct CloseWalk {
  void operator()(FTS* walk) const { ::fts_close(walk); }
};

Error unreadable(const std::string& path, int reason) {
  return Error{ErrorCode::kUnavailable, path + ": cannot be read: " + std::strerror(reason)};
}

/// Adds `entry` to `found` if it is a file.
Status take(const FTSENT& entry, Listing& found) {
  switch (entry.fts_info) {
    case FTS_F:
    case FTS_SLNONE:  // a link to nothing
      if (is_failed_path(entry.fts_path))
        ++found.failed_files;
      else
        found.files.emplace_back(entry.fts_path, entry.fts_pathlen);
      return {};
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
      return unreadable(entry.fts_path, entry.fts_errno);
    default:  // a folder, a folder that is above it already, a FIFO, a device
      return {};
  }
}

/// Whether `folder` is, or is below, the folder `root`, by the links too that list_files() follows.
/// What cannot be read is passed over.
bool reaches(std::string root, const struct stat& folder) {
  char* const roots[] = {root.data(), nullptr};
  const std::unique_ptr<FTS, CloseWalk> walk(
      ::fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, /*compar=*/nullptr));
  if (!walk) return false;
  while (const FTSENT* entry = ::fts_read(walk.get())) {
    if (entry->fts_info == FTS_D && entry->fts_statp->st_dev == folder.st_dev &&
        entry->fts_statp->st_ino == folder.st_ino)
      return true;
  }
  return false;
}

/// The error of a failed file in a folder that is replayed. `name` is the last part of its path.
Error is_read_again(const std::string& failed_path, const std::string& dump,
                    const std::string& name) {
  return Error{ErrorCode::kInvalidArgument,
               "--failed: " + failed_path + " would be in the folder " + dump +
                   ", and the next replay of that would read it as a dump: name it " + name +
                   ".failed.ndjson, which a replay of a folder leaves out, or name a file "
                   "elsewhere"};
}

}  // namespace

Result<Listing> list_files(const std::string& path) {
  if (path == "-") return Listing{.files = {path}};
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return unreadable(path, errno);
  if (!S_ISDIR(about.st_mode)) return Listing{.files = {path}};
  std::string root = path;
  char* const roots[] = {root.data(), nullptr};
  const std::unique_ptr<FTS, CloseWalk> walk(
      ::fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, /*compar=*/nullptr));
  if (!walk) return unreadable(path, errno);
  Listing found;
  // At the end fts_read() returns null with errno 0.
  for (errno = 0; const FTSENT* entry = ::fts_read(walk.get()); errno = 0) {
    STREAMONCE_TRY(take(*entry, found));
  }
  if (errno != 0) return unreadable(path, errno);
  std::sort(found.files.begin(), found.files.end());
  return found;
}

Status check_failed_path(const std::vector<std::string>& dumps, const std::string& failed_path) {
  if (is_failed_path(failed_path)) return {};
  const std::size_t name = failed_path.rfind('/') + 1;  // npos + 1 is 0
  const std::string folder = name == 0 ? "." : failed_path.substr(0, name);
  struct stat about {};
  if (::stat(folder.c_str(), &about) != 0) return {};  // the file cannot be created either
  for (const std::string& dump : dumps) {
    if (dump == "-" || !reaches(dump, about)) continue;
    return is_read_again(failed_path, dump, failed_path.substr(name));
  }
  return {};
}

}  // namespace streamonce::handler::dumps
