#include "handler/targets/sqlite/untouched_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

namespace streamonce::handler::sqlite {
namespace {

/// The pause between two looks at a file that somebody is about to change.
constexpr std::chrono::milliseconds kPause{5};

/// How many failures may be due to writers; the last is taken to be the file's own.
constexpr int kSharedFailuresMax = 20;

enum class FileState { kNothing, kAlone, kShared, kUnsettled };

/// The file as it is at one moment.
struct Sight {
  FileState state = FileState::kNothing;
  std::string path;  ///< symbolic links followed, as SQLite does to find the files beside it
  struct stat file {};
};

Error system_error(int number) {
  return {ErrorCode::kInvalidArgument, std::strerror(number)};
}

/// The size of the file; none: it is absent.
Result<std::optional<off_t>> size_of(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) == 0) return std::optional<off_t>(file.st_size);
  if (errno == ENOENT) return std::optional<off_t>();
  return system_error(errno);
}

/// Checks that the folder is there: without it, a run that writes could not create the file either.
Status check_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return {};
  return Error{ErrorCode::kInvalidArgument, "the folder of the file does not exist"};
}

Result<Sight> look(const std::string& path) {
  Sight sight;
  if (::stat(path.c_str(), &sight.file) != 0) {
    if (errno != ENOENT) return system_error(errno);
    STREAMONCE_TRY(check_folder(path));
    return sight;
  }
  std::error_code error;
  sight.path = std::filesystem::canonical(path, error).string();
  if (error) return system_error(error.value());
  if (!S_ISREG(sight.file.st_mode)) return Error{ErrorCode::kInvalidArgument, "not a regular file"};
  // SQLite takes an empty file for an empty database, whatever lies beside it.
  if (sight.file.st_size == 0) return sight;

  const std::optional<off_t> log = STREAMONCE_TRY(size_of(sight.path + "-wal"));
  const std::optional<off_t> memory = STREAMONCE_TRY(size_of(sight.path + "-shm"));
  const std::optional<off_t> journal = STREAMONCE_TRY(size_of(sight.path + "-journal"));
  if (journal.value_or(0) > 0)
    sight.state = FileState::kUnsettled;
  else if (log && memory)
    sight.state = FileState::kShared;
  else
    sight.state = log.value_or(0) > 0 ? FileState::kUnsettled : FileState::kAlone;
  return sight;
}

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/// Whether nobody has written to the file between the two looks.
bool unchanged(const Sight& before, const Sight& after) {
  const struct stat& a = before.file;
  const struct stat& b = after.file;
  return before.state == after.state && a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
         a.st_size == b.st_size && same_time(a.st_mtim, b.st_mtim) &&
         same_time(a.st_ctim, b.st_ctim);
}

}  // namespace

Result<bool> UntouchedFile::read(const std::function<Status(Database&)>& work,
                                 SteadyTime deadline) {
  const auto read_once = [&](const Sight& sight) -> Status {
    const ReadWay way = sight.state == FileState::kAlone ? ReadWay::kAlone : ReadWay::kShared;
    const std::unique_ptr<Database> database =
        STREAMONCE_TRY(Database::open_read_only(sight.path, way, clock_, deadline));
    return work(*database);
  };
  int failures = 0;
  for (;;) {
    const Sight before = STREAMONCE_TRY(look(path_));
    if (before.state == FileState::kNothing) return false;
    if (before.state != FileState::kUnsettled) {
      const Status done = read_once(before);
      const bool is_shared = before.state == FileState::kShared;
      // Beside writers, SQLite sees to it that what is read is whole. But one of them may have
      // taken the log away between our look and SQLite's, or be mending one that was left.
      const bool counts = is_shared ? done || ++failures == kSharedFailuresMax
                                    : unchanged(before, STREAMONCE_TRY(look(path_)));
      if (counts && !done) return done.error();
      if (counts) return true;
    }
    if (clock_.steady_now() + kPause >= deadline) {
      return Error{ErrorCode::kTimeout,
                   "the file has a write-ahead log without its shared memory, or a journal, or is "
                   "being changed all the time: a run that writes, or sqlite3, puts it right"};
    }
    clock_.sleep_for(kPause);
  }
}

}  // namespace streamonce::handler::sqlite
