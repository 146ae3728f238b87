// handler/targets/dynamodb/ledger_positions.h: positions of followed shards, in the ledger table.
//
// An entry has `id` (S), which is position_id(), `p` (S), the position's text, `at` (N), the time
// of its writing in epoch seconds, and, but for the stream's own, `ttl` (N): a shard's entry may go
// a week later, if the table has a time to live and nothing else is wanted. It has no `v`, and is
// no mark.
//
// Source:  DynamoDB API reference, GetItem, PutItem, DeleteItem.
// Threads: one thread at a time. Borrows: transport, clock, logger; they must outlive the object,
//          and nothing else may be in flight on the transport during its calls.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "handler/targets/position_store.h"
#include "runtime/aws/credentials.h"
#include "runtime/aws/json_call.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler::dynamodb {

struct LedgerPositionsOptions {
  std::string ledger_table = {};  ///< as DynamoDbOptions has it, and so are the next three
  std::string region = {};
  std::string endpoint_url = {};
  std::shared_ptr<aws::CredentialsProvider> credentials = {};
  std::string pipeline = {};    ///< as in ledger ids
  std::string stream_arn = {};  ///< of the stream that is followed
  std::uint64_t random_seed = 0;
  bool lasts = false;  ///< whether no entry that is saved may ever go by itself
};

class LedgerPositions final : public PositionStore {
 public:
  /// @error kInvalidArgument  the Region or the endpoint is malformed
  static Result<std::unique_ptr<PositionStore>> create(LedgerPositionsOptions options,
                                                       runtime::HttpTransport& transport,
                                                       Clock& clock, Logger& logger);
  ~LedgerPositions() override;
  LedgerPositions(const LedgerPositions&) = delete;
  LedgerPositions& operator=(const LedgerPositions&) = delete;

  Result<std::vector<std::optional<Position>>> load(std::span<const std::string> shards,
                                                    SteadyTime deadline) override;
  Status save(std::span<const ShardPosition> positions, SteadyTime deadline) override;
  Status forget(std::span<const std::string> shards, SteadyTime deadline) override;

 private:
  class EntryCall;  // one request, for one entry
  struct Parser;

  LedgerPositions(LedgerPositionsOptions options, aws::ServiceOptions service,
                  runtime::HttpTransport& transport, Clock& clock, Logger& logger);

  /// Calls `operation` with each of `bodies`, several at once, and hands each answer to `take`.
  Status call_all(std::string_view operation, std::vector<std::string> bodies, SteadyTime deadline,
                  const std::function<Status(std::size_t place, PayloadView answer)>& take);
  std::string start_of_body(std::string_view member, std::string_view shard) const;
  Result<std::optional<Position>> read(PayloadView answer);

  const LedgerPositionsOptions options_;
  aws::ServiceClient service_;
  aws::JsonAnswerReader answers_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace streamonce::handler::dynamodb
