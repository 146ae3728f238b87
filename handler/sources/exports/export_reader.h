// handler/sources/exports/export_reader.h: an export, opened: its summary and its list of data
// files, both checked, and the data files, each of which is checked before a line of it is used.
//
// Source:  DynamoDB developer guide, "DynamoDB table export output format". The checksums of both
//          manifests are in files whose names end in `.md5`, where the guide says `.checksum`
//          (scylladb#29924); manifests name data files from the bucket's root, where they are no
//          more once somebody has copied or moved them.
// Threads: one thread at a time. Borrows: the files, which must outlive it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/exports/manifest.h"
#include "handler/sources/exports/export_files.h"
#include "runtime/base/result.h"

namespace streamonce::handler::exports {

/// Whether files must be as their checksums tell.
enum class Checksums : std::uint8_t { kChecked, kIgnored };

/// Why a data file cannot be used.
struct FileFault {
  bool is_missing = false;  ///< else it is damaged, or cannot be read
  std::string reason;
};

class ExportReader {
 public:
  /// Reads summary and list.
  /// @error kRejected     an export that cannot be loaded; the message says how to export again
  /// @error any other     a file is absent, cannot be read, is not as its checksum tells or is
  ///                      malformed, or the counts do not add up; the message names the file
  static Result<ExportReader> open(ExportFiles& files, Checksums checksums);

  const events::ExportSummary& summary() const { return summary_; }
  const std::vector<events::ManifestFile>& data_files() const { return data_files_; }

  /// Gets a data file, and checks it: beside the manifest first, and then by its key, if it is not
  /// there or is refused. If it is at neither place, what was refused first is told.
  /// @return none: it cannot be used, and `fault` says why
  std::optional<ExportFile> fetch(const events::ManifestFile& file, FileFault& fault);

 private:
  ExportReader(ExportFiles& files, Checksums checksums) : files_(&files), checksums_(checksums) {}

  ExportFiles* files_;
  Checksums checksums_;
  events::ExportSummary summary_;
  std::vector<events::ManifestFile> data_files_;
};

}  // namespace streamonce::handler::exports
