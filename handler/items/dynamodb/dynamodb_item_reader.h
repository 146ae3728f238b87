// handler/items/dynamodb/dynamodb_item_reader.h: items of DynamoDB's tables, by BatchGetItem and by
// Scan.
//
// Items that are read by their keys are asked for 100 at once, in several requests at a time. What
// a request leaves unread (UnprocessedKeys, which is how a throttled table answers) is asked for
// again after a pause, until the deadline. Where an answer is too large, fewer keys or items are
// asked for at once from then on, and slowly more again. A key that makes a request invalid is
// found by asking for halves.
//
// Source:  DynamoDB API reference, BatchGetItem and Scan.
// Threads: one thread at a time for the reader and its walks, which it must outlive. Borrows: clock
//          and logger; they must outlive it.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_key.h"
#include "handler/items/dynamodb/item_calls.h"
#include "handler/items/item_reader.h"
#include "handler/services/dynamodb_items.h"
#include "handler/services/dynamodb_tables.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler::dynamodb {

/// The most bytes of an answer to BatchGetItem: one item must fit at least, which has 400 KB, each
/// of which JSON may escape into six, or an element of a list into seven.
inline constexpr std::size_t kBatchBytesMax = 4UL * 1024 * 1024;

/// The most bytes of a page of a Scan: the service gives 1 MB of items, which JSON spells likewise.
inline constexpr std::size_t kPageBytesMax = 8UL * 1024 * 1024;

/// How many requests for items by their keys are in flight.
inline constexpr std::size_t kBatchRequestsMax = 4;

class DynamoDbItemReader final : public ItemReader {
 public:
  /// `service` holds the URL that aws::endpoint_of() gave, with the slash behind it. Nothing else
  /// may use `transport`.
  DynamoDbItemReader(aws::ServiceOptions service, std::unique_ptr<runtime::HttpTransport> transport,
                     Clock& clock, Logger& logger);

  std::unique_ptr<ItemScan> scan(std::string table, Segment segment,
                                 Consistency consistency) override;
  std::vector<Result<std::string_view>> read(std::string_view table,
                                             std::span<const events::ItemKey> keys,
                                             Consistency consistency, SteadyTime deadline) override;
  void end_early_if(const std::function<bool()>& stopped) override { calls_.end_early_if(stopped); }
  double read_units() const override { return read_units_; }
  bool has_segments() const override { return true; }

 private:
  class Walk;   // dynamodb_item_scan.cc
  class Batch;  // one call of read()

  const std::unique_ptr<runtime::HttpTransport> transport_;
  aws::ServiceClient service_;
  ItemCalls calls_{service_};
  dynamodb_tables::AnswerReader pages_;
  dynamodb_items::BatchAnswerReader batches_;
  double read_units_ = 0;
  std::size_t keys_max_ = dynamodb_items::kBatchKeysMax;  // how many are asked for at once
  std::vector<std::unique_ptr<ItemCall>> answered_;       // the texts of the latest read()
};

}  // namespace streamonce::handler::dynamodb
