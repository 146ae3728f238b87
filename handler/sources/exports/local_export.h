// handler/sources/exports/local_export.h: an export in a folder, as somebody has copied it from its
// bucket.
//
// Threads: one thread at a time.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "handler/sources/exports/export_files.h"
#include "runtime/base/result.h"

namespace streamonce::handler::exports {

class LocalExport final : public ExportFiles {
 public:
  /// @error kUnavailable  `folder` is no folder, or cannot be read
  static Result<std::unique_ptr<ExportFiles>> open(const std::string& folder);

  /// Opens the file, and reads it once, for its MD5.
  Result<std::optional<ExportFile>> fetch(std::string_view name) override;
  Result<std::optional<ExportFile>> fetch_key(std::string_view key) override;
  const std::string& name() const override { return folder_; }

 private:
  explicit LocalExport(std::string folder) : folder_(std::move(folder)) {}

  const std::string folder_;  // without a slash at its end
};

}  // namespace streamonce::handler::exports
