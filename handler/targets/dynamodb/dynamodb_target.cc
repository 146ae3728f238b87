#include "handler/targets/dynamodb/dynamodb_target.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "handler/targets/dynamodb/transaction_run.h"
#include "runtime/base/check.h"

namespace streamonce::handler::dynamodb {
namespace {

/// The most bytes of an answer, which hold the reasons of 100 actions: 50 have marks that are
/// returned, 2.6 KB each at most (a name of 1,200 bytes, which JSON may double where it has quotes,
/// and a version), are 130 KB, and messages of 150 bytes are 15 KB more. Should somebody have made
/// the marks larger, halving the pack makes the answer smaller. A hostile answer of this size takes
/// a few milliseconds to read.
constexpr std::size_t kAnswerBytesMax = 256UL * 1024;

/// The same where entries with content may come back: one of them, with all that JSON may make of
/// its 400 KB, has room, and halving the pack makes the answer of more as small.
constexpr std::size_t kWholeAnswerBytesMax = 4UL * 1024 * 1024;
static_assert(kWholeAnswerBytesMax > kAnswerBytesMax + 6 * kContentBytesMax);

/// How many commits fill a transaction: each has at least two actions, the mark's and a write.
constexpr std::size_t kPackCommitsMax = kActionsMax / 2;

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

Result<std::unique_ptr<DynamoDbTarget>> DynamoDbTarget::create(DynamoDbOptions options,
                                                               runtime::HttpTransport& transport,
                                                               Clock& clock, Logger& logger) {
  STREAMONCE_TRY(check_options(options));
  ApiOptions api{.url = STREAMONCE_TRY(endpoint_of(options.endpoint_url, options.region)) + "/",
                 .region = options.region,
                 .access_key_id = options.access_key_id,
                 .secret_access_key = options.secret_access_key,
                 .session_token = options.session_token,
                 .random_seed = options.random_seed};
  return std::unique_ptr<DynamoDbTarget>(
      new DynamoDbTarget(std::move(options), std::move(api), transport, clock, logger));
}

DynamoDbTarget::DynamoDbTarget(DynamoDbOptions options, ApiOptions api,
                               runtime::HttpTransport& transport, Clock& clock, Logger& logger)
    : options_(std::move(options)),
      service_(std::move(api), transport, clock, logger),
      marks_(options_.ledger_table, options_.region, service_),
      table_faults_(options_.ledger_table, options_.region, service_),
      reader_(service_.requests().secrets()),
      pack_size_(kPackCommitsMax) {}

void DynamoDbTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                            SteadyTime deadline) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  Run run(*this, commits, outcomes, deadline);
  run.work();
  run.blame_tables();
}

std::vector<MarkResult> DynamoDbTarget::read_marks(std::span<const std::string_view> ledger_ids,
                                                   Reading reading, SteadyTime deadline) {
  return marks_.read(ledger_ids, reading, deadline);
}

std::string DynamoDbTarget::draw_token() {
  std::string token;
  for (int word = 0; word < 2; ++word) {
    const std::uint64_t bits = service_.random()();
    for (int shift = 60; shift >= 0; shift -= 4) token += kHexDigits[(bits >> shift) & 0xFU];
  }
  return token;
}

runtime::HttpRequest DynamoDbTarget::request_for(std::span<const Commit* const> commits,
                                                 std::string_view token) {
  runtime::HttpRequest request =
      service_.requests().make("DynamoDB_20120810.TransactWriteItems",
                               transact_request(commits, options_.ledger_table, token));
  const bool has_seen = std::any_of(commits.begin(), commits.end(),
                                    [](const Commit* commit) { return commit->seen.has_value(); });
  request.body_bytes_max = has_seen ? kWholeAnswerBytesMax : kAnswerBytesMax;
  return request;
}

}  // namespace streamonce::handler::dynamodb
