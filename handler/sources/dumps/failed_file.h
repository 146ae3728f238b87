// handler/sources/dumps/failed_file.h: the file that keeps what could not be applied, in a form
// that `bootstrap replay` takes.
//
// Threads: one thread at a time.
// Signals: a limit on file size (RLIMIT_FSIZE) is an error here only if SIGXFSZ is ignored;
//          otherwise it ends the process.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::handler::dumps {

/// What is done with a file that was there before.
enum class Existing : std::uint8_t {
  kRefused,   ///< it is never written to
  kAppended,  ///< lines are added to it; one that a killed process left unfinished is ended first
};

/// Lines of JSON in a file, readable by its owner only, since it holds items. Nothing is created
/// before the first line, unless open() is called.
///
/// After an error the file is cut back to its last whole line and closed, and every further call
/// has the same error, which tells path, reason and how many lines the file holds.
class FailedFile {
 public:
  explicit FailedFile(std::string path, Existing existing = Existing::kRefused);
  /// Finishes the file as well as it can; only finish() tells how that went.
  ~FailedFile();
  FailedFile(const FailedFile&) = delete;
  FailedFile& operator=(const FailedFile&) = delete;

  /// Opens the file, creating it if need be, before there is a line for it: so that what is wrong
  /// with its path is seen at once. Does nothing if it is open.
  /// @error kUnavailable  as append
  Status open();
  /// Takes one line, without its end. Line ends within it, which mean nothing in JSON, become
  /// spaces. Not after finish().
  /// @error kUnavailable  the file cannot be created or written; neither this line nor, possibly,
  ///                      some before it are in the file
  Status append(std::string_view line);
  /// Hands what is buffered to the operating system.
  /// @error kUnavailable  as append
  Status flush();
  /// Flushes, and waits until all is on the disk. Does nothing if there is no file.
  /// @error kUnavailable  as append; or the disk does not confirm
  Status sync();
  /// Flushes, waits until all is on the disk, and closes. Does nothing if there is no file.
  /// @error kUnavailable  as append; or the disk does not confirm
  Status finish();

  /// Whole lines that are in the file or, while there is no error, in the buffer; those that were
  /// there before are not counted.
  std::uint64_t lines() const;
  const std::string& path() const;

 private:
  Status create();
  Status go_to_end();
  Error cut_back(std::string_view unwritten, int reason);
  Error fail(std::string_view what, int reason);

  std::string path_;
  Existing existing_;
  int file_ = -1;
  std::string buffer_;               ///< whole lines that are not in the file
  std::uint64_t lines_ = 0;          ///< how many lines are in file and buffer
  std::uint64_t bytes_in_file_ = 0;  ///< the bytes of the file's whole lines, and of what was there
  std::uint64_t lines_in_file_ = 0;
  std::optional<Error> error_;
  bool finished_ = false;
};

/// A name for what fails of `dump`, in the current folder, that no file has: the last name of its
/// path and `.failed.ndjson`, else `.failed.2.ndjson` and so on. For a failed file it is the next
/// name of that row. For `-` it begins with `stdin`, for a path without a last name with `dump`. A
/// name that would be too long is cut.
std::string free_failed_path(std::string_view dump);

/// Whether the last name of `path` is one that free_failed_path() gives.
bool is_failed_path(std::string_view path);

}  // namespace streamonce::handler::dumps
