// handler/targets/dynamodb/mark_reader.h: reads marks from the ledger table, and writes nothing.
//
// Marks are read with BatchGetItem, strongly consistent, one request at a time. What a request
// leaves unread (UnprocessedKeys, which is how a throttled table answers) is asked for again after
// a pause, until the deadline. Entries that are read whole may be too much for one answer: then
// fewer are asked for at once.
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

#include "handler/targets/target.h"
#include "runtime/aws/api_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/payload.h"

namespace streamonce::handler::dynamodb {

/// Source: BatchGetItem: a request holds up to 100 keys.
inline constexpr std::size_t kKeysMax = 100;

class MarkReader {
 public:
  MarkReader(std::string ledger_table, std::string region, ApiService& service);
  ~MarkReader();
  MarkReader(const MarkReader&) = delete;
  MarkReader& operator=(const MarkReader&) = delete;

  /// Does what Target::read_marks() says.
  std::vector<MarkResult> read(std::span<const std::string_view> ledger_ids, Reading reading,
                               SteadyTime deadline);

 private:
  class Run;     // one call of read()
  struct State;  // the parser

  const std::string ledger_table_;
  const std::string region_;  // for messages
  ApiService& service_;
  ApiClient api_;
  Payload answer_;
  std::unique_ptr<State> state_;
};

}  // namespace streamonce::handler::dynamodb
