// handler/services/dynamodb_tables.h: requests and answers of DynamoDB about whole tables:
// DescribeTable, what else describes one, and Scan of parts of all items.
//
// Source:  DynamoDB API reference, DescribeTable, TableDescription, DescribeTimeToLive,
//          DescribeContinuousBackups and Scan.
// Threads: pure functions and values; one reader for each thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/aws/api_client.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler::dynamodb_tables {

inline constexpr std::string_view kDescribeTable = "DescribeTable";
inline constexpr std::string_view kDescribeTimeToLive = "DescribeTimeToLive";
inline constexpr std::string_view kDescribeBackups = "DescribeContinuousBackups";
inline constexpr std::string_view kScan = "Scan";

/// The most bytes of a description: 25 indexes and 40 replicas with the longest names take a tenth.
inline constexpr std::size_t kDescriptionBytesMax = 1024UL * 1024;

/// The most items of a page of a Scan, and the most bytes of its answer: a key has 3 KB and two
/// names of 255 bytes at most, a ledger's id and version 2 KB and 100 bytes, and JSON may escape
/// each byte into six.
inline constexpr int kScanItemsMax = 500;
inline constexpr std::size_t kScanBytesMax = 12UL * 1024 * 1024;

/// One attribute of a table's key.
struct KeyAttribute {
  std::string name;
  char type = 'S';  ///< `S`, `N` or `B`

  friend bool operator==(const KeyAttribute&, const KeyAttribute&) = default;
};

/// What DescribeTable says of a table.
struct TableDescription {
  std::string arn;                ///< empty: the answer does not tell it
  std::string status;             ///< as in `ACTIVE`
  std::vector<KeyAttribute> key;  ///< one or two; the partition key first
  /// The newest stream's, which may be disabled; empty: the table never had one.
  std::string latest_stream_arn;
  bool stream_enabled = false;
  std::string stream_view_type;  ///< as in `NEW_IMAGE`; empty: not told
  std::uint64_t item_count = 0;  ///< some hours old: the service counts every 6 hours
  std::uint64_t size_bytes = 0;  ///< of all items, as old as their count
  bool is_on_demand = false;     ///< whether each read and write is paid for, and none provisioned
  std::uint64_t read_units = 0;  ///< provisioned for a second; 0 where it is on demand
  std::uint64_t write_units = 0;
  /// Whether the table is encrypted with a key of KMS that the service can no longer use.
  bool is_key_inaccessible = false;
  std::string kms_key_arn;  ///< empty: it is the service's own key, or not told
  /// The other Regions that have a replica: where there are any, it is a global table.
  std::vector<std::string> replica_regions;
  bool is_protected = false;  ///< whether it cannot be deleted before its protection is
};

/// Whether items of a table go by themselves once the time in an attribute has passed.
struct TimeToLive {
  bool is_enabled = false;  ///< or is being enabled
  std::string attribute;    ///< which attribute; empty: none was ever named
};

/// The body of a request that describes `table`, a name or an ARN, whichever of the descriptions.
std::string describe_request(std::string_view table);

/// What a page of a Scan is to have. Borrows its texts.
struct ScanPage {
  std::string_view table;  ///< a name or an ARN
  /// The top-level attributes to read of each item, distinct; none: whole items.
  std::span<const std::string> attributes = {};
  /// The key of the latest page, as JSON; empty: the first page.
  std::string_view behind = {};
  std::string_view filter = {};  ///< a filter expression; empty: all items
  /// The values that the filter names, all strings: `:p` and its text, in turns.
  std::span<const std::string> filter_values = {};
  bool is_consistent = false;
  /// Which of how many parts of the table it is a page of.
  std::uint32_t segment = 0;
  std::uint32_t segments = 1;
  int items_max = kScanItemsMax;  ///< 0: as many as the service gives, which is 1 MB of them
};

/// The body of a request for a page. Attributes are named `#0`, `#1` and so on in expressions, in
/// their order.
std::string scan_request(const ScanPage& page);

/// What a page of a Scan says besides its items.
struct ScannedPage {
  std::string next_key;         ///< as JSON, for ScanPage::behind; empty: it was the last page
  double read_units = 0;        ///< what the service charges for it
  std::uint64_t evaluated = 0;  ///< items that were looked at, also those that were left out
};

/// Reads answers; keeps its buffers from one to the next.
class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;

  /// @error kProtocol  the answer is no description of a table with a key
  Result<TableDescription> description(PayloadView answer);

  /// @error kProtocol  the answer does not tell the status of expiry
  Result<TimeToLive> time_to_live(PayloadView answer);

  /// Whether the table can be restored to a point in time, and so be exported.
  /// @error kProtocol  the answer does not tell it
  Result<bool> has_recovery(PayloadView answer);

  /// Takes the raw JSON of one item, a view into the answer.
  using TakeItem = std::function<void(std::string_view item)>;

  /// Hands out the items of a page, each of which is a well-formed JSON object.
  /// @error kProtocol  the answer is no page: nothing of what was handed out counts
  Result<ScannedPage> page(PayloadView answer, const TakeItem& take);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// What a failed call of `operation` on `table` means.
Error error_of(std::string_view operation, std::string_view table, const aws::ApiError& failed);

}  // namespace streamonce::handler::dynamodb_tables
