// handler/sources/exports/export_files.h: where the files of an export lie: a folder, or a bucket.
//
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::handler::exports {

/// One file of an export, whole and open for reading from its start: the file itself, or a copy
/// that has no name and goes when it is closed. Not copyable; closes its descriptor.
class ExportFile {
 public:
  /// Owns `descriptor`.
  ExportFile(int descriptor, std::uint64_t bytes, std::string md5);
  ExportFile(ExportFile&& other) noexcept;
  ExportFile& operator=(ExportFile&& other) noexcept;
  ~ExportFile();

  int descriptor() const { return descriptor_; }
  std::uint64_t bytes() const { return bytes_; }
  /// The MD5 of all bytes, as base64: what a manifest says of a file.
  const std::string& md5() const { return md5_; }

 private:
  int descriptor_ = -1;
  std::uint64_t bytes_ = 0;
  std::string md5_;
};

class ExportFiles {
 public:
  virtual ~ExportFiles() = default;

  /// Gets the file `name`, which is relative to the export's own folder and without `..`:
  /// `manifest-summary.json`, `data/abc.json.gz`. What the network or the service spoils is asked
  /// for again.
  /// @return none: there is no such file
  /// @error any code but kRejected  it cannot be read; the message names the file and the reason.
  ///                  S3 says "access denied" of a file that is not there to who may not list the
  ///                  bucket: the message says both
  virtual Result<std::optional<ExportFile>> fetch(std::string_view name) = 0;

  /// The same for `key`, which is counted from the bucket's root, as manifests name files. A folder
  /// has no root, and no such file.
  virtual Result<std::optional<ExportFile>> fetch_key(std::string_view key) = 0;

  /// How the export is named to a person: the folder, or `s3://bucket/prefix`.
  virtual const std::string& name() const = 0;
};

}  // namespace streamonce::handler::exports
