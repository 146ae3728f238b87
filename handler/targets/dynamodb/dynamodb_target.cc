#include "handler/targets/dynamodb/dynamodb_target.h"

#include <chrono>
#include <cstddef>
#include <utility>

#include "handler/targets/dynamodb/item_mark.h"
#include "handler/targets/dynamodb/item_put_run.h"
#include "handler/targets/dynamodb/transaction_run.h"
#include "runtime/base/check.h"
#include "runtime/base/random_text.h"

namespace streamonce::handler::dynamodb {
namespace {

/// How many commits fill a transaction: each has at least one action, the mark's.
constexpr std::size_t kPackCommitsMax = kActionsMax;

}  // namespace

Result<std::unique_ptr<DynamoDbTarget>> DynamoDbTarget::create(DynamoDbOptions options,
                                                               runtime::HttpTransport& transport,
                                                               Clock& clock, Logger& logger) {
  STREAMONCE_TRY(check_options(options, clock.now()));
  aws::ServiceOptions service = STREAMONCE_TRY(service_at({.region = options.region,
                                                           .endpoint_url = options.endpoint_url,
                                                           .credentials = options.credentials,
                                                           .random_seed = options.random_seed}));
  return std::unique_ptr<DynamoDbTarget>(
      new DynamoDbTarget(std::move(options), std::move(service), transport, clock, logger));
}

DynamoDbTarget::DynamoDbTarget(DynamoDbOptions options, aws::ServiceOptions service,
                               runtime::HttpTransport& transport, Clock& clock, Logger& logger)
    : options_(std::move(options)),
      service_(std::move(service), transport, clock, logger),
      marks_({.ledger_table = options_.ledger_table,
              .version_attribute = options_.version_attribute,
              .region = options_.region,
              .requests_in_flight = static_cast<std::size_t>(options_.transactions_in_flight)},
             service_),
      table_faults_(options_.ledger_table, options_.region, service_),
      pack_size_(kPackCommitsMax) {}

void DynamoDbTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                            SteadyTime deadline) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  if (keeps_marks_in_items()) {
    commit_to_items(commits, outcomes, deadline);
  } else {
    TransactionRun run(*this, commits, outcomes, /*standing=*/{}, deadline);
    run.work();
    run.blame_tables();
  }
  take_counts();
}

/// Puts what is there, and makes transactions of the rest. A commit of an item that has the reserved
/// attribute from its source fails: its mark would have no place.
void DynamoDbTarget::commit_to_items(std::span<const Commit> commits, std::span<Outcome> outcomes,
                                     SteadyTime deadline) {
  std::vector<Standing> standing(commits.size(), Standing::kOpen);
  for (std::size_t i = 0; i < commits.size(); ++i) {
    STREAMONCE_CHECK(commits[i].writes.size() == 1 && commits[i].additions.empty());
    const Write& write = commits[i].writes.front();
    if (write.operation == Operation::kRemove ||
        !has_attribute(write.image_json, options_.version_attribute))
      continue;
    standing[i] = Standing::kEnded;
    outcomes[i] = {.result = CommitResult::kFailed,
                   .reason = "the item has the attribute " + options_.version_attribute +
                             ", which its mark is to be kept in: let version_attribute name one "
                             "that no item has",
                   .refused_writes = {0}};
  }
  ItemPutRun(*this, commits, outcomes, standing, deadline).work();
  TransactionRun run(*this, commits, outcomes, standing, deadline);
  run.work();
  run.blame_tables();
}

std::vector<MarkResult> DynamoDbTarget::read_marks(std::span<const MarkPlace> places,
                                                   Reading reading, SteadyTime deadline) {
  std::vector<MarkResult> marks = marks_.read(places, reading, deadline);
  take_counts();
  return marks;
}

/// Hands on what the engine has counted since the last time.
void DynamoDbTarget::take_counts() {
  const aws::CallCounts counts = std::exchange(service_.counts(), {});
  if (options_.figures == nullptr) return;
  options_.figures->conflicts += counts.conflicts;
  options_.figures->throttles += counts.throttles;
  options_.figures->retries += counts.retries;
}

std::string DynamoDbTarget::draw_token() {
  return random_hex(service_.random());
}

}  // namespace streamonce::handler::dynamodb
