#include "handler/targets/dynamodb/dynamodb_target.h"

#include <chrono>
#include <cstddef>
#include <utility>

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
              .region = options_.region,
              .requests_in_flight = static_cast<std::size_t>(options_.transactions_in_flight)},
             service_),
      table_faults_(options_.ledger_table, options_.region, service_),
      pack_size_(kPackCommitsMax) {}

void DynamoDbTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                            SteadyTime deadline) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  TransactionRun run(*this, commits, outcomes, deadline);
  run.work();
  run.blame_tables();
  take_counts();
}

std::vector<MarkResult> DynamoDbTarget::read_marks(std::span<const std::string_view> ledger_ids,
                                                   Reading reading, SteadyTime deadline) {
  std::vector<MarkResult> marks = marks_.read(ledger_ids, reading, deadline);
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
