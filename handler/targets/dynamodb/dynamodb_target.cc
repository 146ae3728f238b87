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
  aws::Calls calls(service_,
                   {.deadline = deadline,
                    .in_flight_max = static_cast<std::size_t>(options_.transactions_in_flight),
                    .second_in_flight_max = static_cast<std::size_t>(options_.puts_in_flight)});
  std::vector<Standing> standing(commits.size(), Standing::kOpen);
  ItemPutRun puts(*this, commits, outcomes, calls);
  if (keeps_marks_in_items()) {
    refuse_for_items(commits, outcomes, standing);
    puts.begin(standing);
  }
  TransactionRun transactions(*this, commits, outcomes, calls, deadline);
  transactions.begin(standing);
  while (calls.unfinished() > 0) {
    std::optional<aws::CallEnd> end = calls.wait_any(transactions.wake_time());
    if (end) {
      if (const std::optional<PutEnd> put = puts.take(*end))
        transactions.take(*put);
      else
        transactions.take(*std::move(end));
    }
    transactions.send_left(puts.unfinished() == 0);
  }
  transactions.finish();
  if (keeps_marks_in_items()) settle_done(commits, outcomes, deadline);
  take_counts();
}

/// Fails the commits that cannot be kept by marks in the items. One of an item that has the
/// reserved attribute from its source: its mark would have no place. And one with what a view
/// remembers, as an entry of another pipeline of this name may hold it.
void DynamoDbTarget::refuse_for_items(std::span<const Commit> commits, std::span<Outcome> outcomes,
                                      std::span<Standing> standing) const {
  for (std::size_t i = 0; i < commits.size(); ++i) {
    const Commit& commit = commits[i];
    std::string reason;
    if (commit.writes.size() != 1 || !commit.additions.empty() || !commit.content.empty()) {
      reason =
          "the ledger's entry of this item holds what a view remembers, from when this pipeline "
          "had another view: give the pipeline another name, or set marks to ledger";
    } else if (commit.writes.front().operation == Operation::kPut &&
               has_attribute(commit.writes.front().image_json, options_.version_attribute)) {
      reason = "the item has the attribute " + options_.version_attribute +
               ", which its mark is to be kept in: let version_attribute name one that no item has";
    } else {
      continue;
    }
    standing[i] = Standing::kEnded;
    outcomes[i] = {.result = CommitResult::kFailed, .reason = std::move(reason)};
    if (!commit.writes.empty()) outcomes[i].refused_writes = {0};
  }
}

/// Settles those of items with the reserved attribute that later changes have outdated.
void DynamoDbTarget::settle_done(std::span<const Commit> commits, std::span<Outcome> outcomes,
                                 SteadyTime deadline) {
  std::vector<MarkPlace> places;
  std::vector<std::size_t> of_place;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    if (outcomes[i].result != CommitResult::kFailed || commits[i].writes.size() != 1) continue;
    const Write& write = commits[i].writes.front();
    if (write.operation != Operation::kPut ||
        !has_attribute(write.image_json, options_.version_attribute))
      continue;
    places.push_back({.ledger_id = commits[i].ledger_id, .table = write.table, .key = write.key});
    of_place.push_back(i);
  }
  if (places.empty()) return;
  const std::vector<MarkResult> marks = marks_.read(places, Reading::kVersions, deadline);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (!marks[i] || !*marks[i]) continue;
    const events::Version& there = (*marks[i])->version;
    const Commit& commit = commits[of_place[i]];
    if (there < commit.version) continue;
    outcomes[of_place[i]] = {
        .result = there == commit.version ? CommitResult::kAlreadyApplied : CommitResult::kStale,
        .reason = {}};
  }
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
