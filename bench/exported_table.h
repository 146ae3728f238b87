// bench/exported_table.h: an export of a table to S3, in a folder, and how a program loads it.
//
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace streamonce::bench {

/// What the versions of an exported table's marks end with.
inline constexpr const char* kExportVersionEnd = "1795299940000000";

/// Writes an export of the items of records `first` to `first` + `count` - 1, as Load has their
/// images, in four data files.
/// @error kUnavailable  the folder cannot be written
Status write_export(const std::string& folder, std::uint64_t first, std::size_t count,
                    std::size_t record_bytes);

/// What a process took.
struct ProcessCost {
  std::chrono::nanoseconds wall{0};
  std::chrono::nanoseconds cpu{0};  ///< of user and system
  std::uint64_t peak_memory = 0;    ///< in bytes
};

/// Runs `program` to its end in `folder`, with standard output and error in `log_path`.
/// @error kRejected  it did not end with status 0; the message has its log
Result<ProcessCost> run_program(const std::string& program,
                                const std::vector<std::string>& arguments,
                                const std::vector<std::string>& environment,
                                const std::string& folder, const std::string& log_path);

}  // namespace streamonce::bench
