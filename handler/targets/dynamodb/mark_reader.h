// handler/targets/dynamodb/mark_reader.h: reads marks from the ledger table, and from items where
// these have them; writes nothing.
//
// Marks are read with BatchGetItem, strongly consistent, 100 of them in a request, and several
// requests in flight. What a request leaves unread (UnprocessedKeys, which is how a throttled table
// answers) is asked for again after a pause, until the deadline. Entries that are read whole may be
// too much for one answer: then fewer are asked for at once.
//
// Where marks are in the items, these are read first, and the ledger is asked for those that are
// not there: an item that is removed in between has its entry by then.
//
// Source:  DynamoDB API reference, BatchGetItem.
// Threads: one thread at a time. Borrows: the service, which must outlive the reader; nothing else
//          may be in flight on its transport during read().

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/services/dynamodb_items.h"
#include "handler/targets/target.h"
#include "runtime/aws/json_call.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"

namespace streamonce::handler::dynamodb {

struct MarkReaderOptions {
  std::string ledger_table;            ///< as DynamoDbOptions::ledger_table
  std::string version_attribute = {};  ///< the same
  std::string region;                  ///< for messages
  std::size_t requests_in_flight = 1;  ///< 1 or more
};

class MarkReader {
 public:
  MarkReader(MarkReaderOptions options, aws::ServiceClient& service);
  ~MarkReader();
  MarkReader(const MarkReader&) = delete;
  MarkReader& operator=(const MarkReader&) = delete;

  /// Does what Target::read_marks() says.
  std::vector<MarkResult> read(std::span<const MarkPlace> places, Reading reading,
                               SteadyTime deadline);

 private:
  class Kept;      // where marks are kept
  class Ledger;    // in the ledger
  class Rows;      // in the items of one table
  class MarkRead;  // the reading of some

  void read_rows(std::span<const MarkPlace> places, std::vector<MarkResult>& results,
                 SteadyTime deadline);

  const MarkReaderOptions options_;
  aws::ServiceClient& service_;
  aws::JsonAnswerReader answers_;
  dynamodb_items::BatchAnswerReader entries_;
};

}  // namespace streamonce::handler::dynamodb
