// bench/endpoint.h: answers as DynamoDB does, at once or after a fixed time, and checks what it is
// sent, so that no number comes from skipped work.
//
// It expects the mark and the item of every record, each once, the item equal to the record's
// image:
//   mark and item in one TransactWriteItems, next to each other, the mark under a condition and
//   with the record's version; where there are views, in the item's place what the record does to
//   each of them, its row or the removal of its row, as bench/views.h has it;
//   or, where marks are in the items, an update as one PutItem of the item with its mark, under the
//   condition that the item's version is below; anything else in one TransactWriteItems with the
//   ledger's entry, which an insert checks and a removal puts;
//   or, as Powertools has it, the mark's PutItem under a condition, the item's PutItem or
//   DeleteItem and the mark's UpdateItem.
// Where views have to remember, it keeps what is written (bench/memory_tables.h), and holds what is
// there once the batch has been answered against what the views must have.
// Of a record that is said to be applied already, the mark alone is expected to have an effect: its
// condition fails, and nothing else may be sent after that.
// It counts the write units of what it is sent: bench/write_units.h.
//
// Source:  DynamoDB API reference, TransactWriteItems, PutItem, UpdateItem, CancellationReason;
//          DynamoDB developer guide, "Low-level API" (x-amz-crc32).
// Threads: any.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/http_server.h"
#include "bench/load.h"
#include "bench/memory_tables.h"
#include "bench/views.h"
#include "tests/support/certificates.h"

namespace streamonce::bench {

inline constexpr const char* kItemsTable = "bench-items";
inline constexpr const char* kLedgerTable = "bench-ledger";

/// How a contender writes: see above.
enum class Protocol : std::uint8_t { kTransactions, kMarksInItems, kPowertools };

/// What a batch must come to.
struct Expectation {
  std::uint64_t first = 0;  ///< number of the first record
  std::size_t count = 0;
  std::size_t record_bytes = kRecordBytes;
  Shape shape = Shape::kSixAttributes;
  std::span<const View> views = {};  ///< that are kept in the place of the items
  /// As Load has it. With views that have to remember it is 0 or `count`: a batch of new items,
  /// which begins with empty tables, or one of changes of the batch before.
  std::uint64_t items_behind = 0;
  Change change = Change::kInsert;  ///< of views always that
  bool already_applied = false;
  std::string_view version_end = {};  ///< of each mark; empty: its record's sequence number
  Protocol protocol = Protocol::kTransactions;
};

struct EndpointOptions {
  std::chrono::microseconds latency{0};  ///< from a request's last byte to its answer's first
  bool tls = false;
};

struct SentAction;

class Endpoint {
 public:
  explicit Endpoint(const EndpointOptions& options);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  /// `http://127.0.0.1:PORT`, or `https://localhost:PORT`.
  std::string url() const;
  /// The certificate that a client of a TLS endpoint must trust, as PEM.
  const std::string& ca_pem() const { return tls_.ca_pem; }

  /// From now on requests belong to this batch.
  void expect(const Expectation& expectation);
  /// The batch has been answered: what was wrong, a line each, at most a few. Empty: nothing.
  std::vector<std::string> finish();
  /// Of the last batch whose views have to remember.
  MemoryTables::Requests requests() const;
  /// What the requests of the last batch take, answered as they were.
  std::uint64_t write_units() const;
  /// Whether the requests of the batches to come are kept, as they come.
  void keep_requests(bool kept);
  /// Those of the last batch, in the order in which they came.
  std::vector<std::string> kept_requests() const;

 private:
  /// How often something was sent.
  struct Seen {
    std::size_t marks = 0;
    std::size_t items = 0;                             ///< of a lock of Powertools: its updates
    std::array<std::size_t, kAllViews.size()> rows{};  ///< what was done to each view
  };

  HttpServerReply handle(const HttpServerRequest& request);
  std::string body_for(std::string_view operation, const HttpServerRequest& request);
  std::string transact(const std::vector<SentAction>& actions);
  std::string put(const SentAction& action);
  std::string put_marked(const SentAction& action);
  std::string lock(const SentAction& action);
  std::string remove(const SentAction& action);
  std::string update(const SentAction& action);
  void count_units(const SentAction& action, bool is_in_transaction);
  bool has_marks_in_items() const;
  void take_item(const SentAction& action, std::string_view condition);
  /// Whether it is what becomes of the item that record `number` is of.
  bool is_of_record(const SentAction& action, std::uint64_t number) const;
  /// What the version of record `number` ends with, in any JSON.
  std::string version_end(std::uint64_t number) const;
  void take_row(const SentAction& action);
  void check_rows(std::size_t place);
  /// The place in the batch of the record that `json` is of.
  std::optional<std::size_t> place_of(std::string_view json) const;
  void take_mark(const SentAction& action);
  bool remembers() const;
  void check_tables();
  void complain(std::string text);
  void check_count(std::string_view what, std::size_t found, std::size_t expected);

  const EndpointOptions options_;
  testing::TlsServer tls_;
  mutable std::mutex mutex_;
  Expectation expectation_;
  std::unique_ptr<Load> load_;
  std::string item_there_;  // an item of the batch, for the size of those that are there
  std::vector<Seen> seen_;  // one for each record of the batch
  std::unordered_map<std::string, Seen> locks_;  // by Powertools' ids of marks
  MemoryTables tables_;
  MemoryTables::Requests requests_;
  std::uint64_t write_units_ = 0;
  bool keeps_requests_ = false;
  std::vector<std::string> kept_requests_;
  std::size_t complaint_count_ = 0;
  std::vector<std::string> complaints_;
  std::unique_ptr<HttpServer> server_;  // last: its threads use all of the above
};

}  // namespace streamonce::bench
