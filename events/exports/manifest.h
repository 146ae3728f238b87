// events/exports/manifest.h: what an export to S3 says of itself: its summary, and its list of data
// files.
//
// Source:  DynamoDB developer guide, "DynamoDB table export output format": manifest-summary.json
//          is one object, manifest-files.json has one object on each line.
// Threads: pure functions and values.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::events {

/// The most bytes of a summary, which has a dozen short members.
inline constexpr std::size_t kSummaryBytesMax = 64UL * 1024;

/// The most bytes of a list of data files, which has some 250 for each: room for more than the
/// 50,000 objects that DynamoDB's own import takes. Source: DynamoDB quotas, "Import from S3".
inline constexpr std::size_t kManifestBytesMax = 16UL * 1024 * 1024;

/// The first and the last time that an export may be of: DynamoDB's first day, and a year before
/// which sequence numbers made of times have one length.
inline constexpr WallTime kExportTimeFirst{std::chrono::seconds(1'326'844'800)};
inline constexpr WallTime kExportTimeLast{std::chrono::seconds(4'102'444'800)};

/// A summary that was checked.
struct ExportSummary {
  std::string arn;        ///< the export's; empty: not told
  std::string id;         ///< the last part of the ARN, as in `01693685827463-2d8752fd`
  std::string table_arn;  ///< the source table's
  std::string account;    ///< of the ARN, and the two below
  std::string region;
  std::string table;
  WallTime time;  ///< the time whose state of the table was exported
  std::uint64_t item_count = 0;
};

/// Reads a summary.
/// @error kRejected  it is of an export that cannot be loaded: an incremental one, or one in ION;
///                   the message says how to export again
/// @error kProtocol  it is no summary; the message says what was found and what was expected
Result<ExportSummary> parse_summary(PayloadView text);

/// One data file.
struct ManifestFile {
  std::string key;  ///< from the bucket's root
  std::string md5;  ///< of the compressed file, as base64; empty: not told
  std::uint64_t item_count = 0;

  /// The last part of the key.
  std::string_view base_name() const {
    return std::string_view(key).substr(key.rfind('/') + 1);  // npos + 1 is 0
  }
};

/// Reads a list of data files.
/// @error kProtocol  a line is no such file, or two have the same name; the message has the line's
///                   number
Result<std::vector<ManifestFile>> parse_manifest_files(PayloadView text);

/// Checks that the list's items add up to the summary's.
/// @error kProtocol  they do not; the message has both numbers
Status check_counts(const ExportSummary& summary, const std::vector<ManifestFile>& files);

}  // namespace streamonce::events
