// tests/support/export_writer.h: writes a folder as DynamoDB exports a table to S3.
//
// Source:  DynamoDB developer guide, "DynamoDB table export output format"; scylladb
//          test_export.py, run against AWS: what checksums are called, and that a file may
//          be empty.
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/digest.h"
#include "tests/support/gzip.h"

namespace streamonce::testing {

struct ExportOptions {
  std::string table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders";
  std::string id = "01795300000000-a1b2c3d4";
  std::string time = "2026-11-21T22:26:40.250Z";
  std::string prefix = "backups/";       ///< of the bucket's keys
  std::string checksum_ending = ".md5";  ///< `.checksum` as the guide has it
};

/// An export that is being written; finish() makes its manifests.
class ExportWriter {
 public:
  /// @param folder  is made
  explicit ExportWriter(std::string folder, ExportOptions options = {})
      : folder_(std::move(folder)),
        options_(std::move(options)) {
    std::filesystem::create_directories(folder_ + "/data");
  }

  /// Adds a data file of these items.
  void add(const std::vector<nlohmann::json>& items) {
    std::string text;
    for (const nlohmann::json& item : items) {
      nlohmann::json line;
      line["Item"] = item;
      text += line.dump() + "\n";
    }
    add_file(gzip_of(text), items.size());
  }
  /// Adds a data file of these bytes, which is said to have so many items. @return its name
  std::string add_file(std::string_view bytes, std::uint64_t items) {
    const std::string name = "part" + std::to_string(files_.size()) + ".json.gz";
    write("data/" + name, bytes);
    nlohmann::json file;
    file["itemCount"] = items;
    file["md5Checksum"] = md5_of(bytes);
    file["etag"] = "0123456789abcdef0123456789abcdef-1";
    file["dataFileS3Key"] = options_.prefix + "AWSDynamoDB/" + options_.id + "/data/" + name;
    files_.push_back(std::move(file));
    items_ += items;
    return name;
  }

  /// Writes the manifests as they stand; may be called again after changes.
  void finish() {
    write("_started", "");
    std::string list;
    for (const nlohmann::json& file : files_) list += file.dump() + "\n";
    write_with_checksum("manifest-files", list);
    nlohmann::json summary = {{"version", "2023-08-01"},
                              {"exportArn", options_.table_arn + "/export/" + options_.id},
                              {"startTime", options_.time},
                              {"endTime", options_.time},
                              {"tableArn", options_.table_arn},
                              {"tableId", "b116b490-6460-4d4a-9a6b-5d360abf4fb3"},
                              {"exportTime", options_.time},
                              {"s3Bucket", "exports"},
                              {"s3Prefix", options_.prefix},
                              {"s3SseAlgorithm", "AES256"},
                              {"s3SseKmsKeyId", nullptr},
                              {"manifestFilesS3Key", options_.prefix + "AWSDynamoDB/" +
                                                         options_.id + "/manifest-files.json"},
                              {"billedSizeBytes", 1000},
                              {"itemCount", items_},
                              {"outputFormat", "DYNAMODB_JSON"},
                              {"outputView", "NULL"},
                              {"exportType", "FULL_EXPORT"}};
    for (const auto& [name, value] : summary_changes_.items()) summary[name] = value;
    write_with_checksum("manifest-summary", summary.dump());
  }

  /// Members of the summary that are to be otherwise: for finish().
  nlohmann::json& summary_changes() { return summary_changes_; }
  /// The lines of the list of files: for finish().
  std::vector<nlohmann::json>& files() { return files_; }

  /// Writes a file of the export, as it is.
  void write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void remove(const std::string& name) const { std::filesystem::remove(path(name)); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  const std::string& folder() const { return folder_; }
  const ExportOptions& options() const { return options_; }

  static std::string md5_of(std::string_view bytes) {
    Md5 md5;
    md5.append(bytes);
    return md5.base64();
  }

 private:
  void write_with_checksum(const std::string& name, std::string_view text) {
    write(name + ".json", text);
    write(name + options_.checksum_ending, md5_of(text));
  }

  const std::string folder_;
  const ExportOptions options_;
  std::vector<nlohmann::json> files_;
  std::uint64_t items_ = 0;
  nlohmann::json summary_changes_ = nlohmann::json::object();
};

}  // namespace streamonce::testing
