// handler/commands/verify/report_file.h: the file that a comparison tells its findings to.
//
// What is found of a part of the work is kept apart until the part is done, and then goes into the
// file as a whole: so a comparison that is ended in its middle, and goes on later, has each finding
// once. What is kept so is in memory as long as it is small, and in a file without a name
// otherwise.
//
// The file has mode 0600, since keys are in it, and comes to be with the first finding.
//
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/temporary_file.h"

namespace streamonce::handler::verify {

/// The most bytes of findings that are kept in memory, of all parts together.
inline constexpr std::size_t kKeptBytesMax = 4UL * 1024 * 1024;

/// `NAME.verify.ndjson` in the current folder, or with the first number that is free.
std::string free_report_path(std::string_view name);

class ReportFile {
 public:
  /// @param path    of the file; it must not exist, but for `length` bytes of an earlier run
  /// @param folder  for what is too large to be kept in memory
  ReportFile(std::string path, std::uint64_t length, std::string folder);
  ~ReportFile();
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;

  /// Opens what an earlier run has left, and cuts off what it had not counted.
  /// @error kInvalidArgument  the file is not there, or is shorter; the message says what to do
  Status resume();

  /// Takes a finding of a part, one line.
  /// @error kUnavailable  it cannot be kept, neither in memory nor in the folder
  Status take(std::size_t part, std::string_view line);

  /// Puts what was found of a part into the file, and onto the disk.
  /// @error kUnavailable  the file cannot be written
  Status finish(std::size_t part);

  /// The bytes of the file that are counted: those of parts that are done.
  std::uint64_t length() const { return length_; }
  const std::string& path() const { return path_; }
  bool is_empty() const { return length_ == 0; }

 private:
  /// What is kept of a part.
  struct Kept {
    std::string text = {};
    std::optional<TemporaryFile> file = {};  // what came before the text
  };

  Status open();
  Status append(std::string_view text);
  Status append_file(TemporaryFile file);
  Status spill();

  const std::string path_;
  std::uint64_t length_;
  const std::string folder_;
  int descriptor_ = -1;
  std::map<std::size_t, Kept> kept_;
  std::size_t kept_bytes_ = 0;  // in memory
};

}  // namespace streamonce::handler::verify
