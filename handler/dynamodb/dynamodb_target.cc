#include "handler/dynamodb/dynamodb_target.h"

#include <chrono>
#include <cstddef>
#include <utility>

#include "handler/dynamodb/transaction_run.h"
#include "runtime/base/check.h"

namespace streamonce::handler::dynamodb {
namespace {

/// Longer than any healthy transaction takes, short enough that a lost one can be sent again.
/// Source: the AWS SDKs ask for at least 1 s with transactions, since a retry meets the first
/// attempt still at work before that.
constexpr std::chrono::milliseconds kRequestTimeout{5'000};

/// Room for 100 reasons with an item each. Marks are at most 2 KB, and if somebody made them
/// larger, halving the pack makes the answer smaller.
constexpr std::size_t kAnswerBytesMax = 1024UL * 1024;

/// Commits that make a transaction full: each has at least two actions, the mark's and a write.
constexpr std::size_t kPackCommitsMax = kActionsMax / 2;

/// Clocks that differ by less do not explain a refused signature.
/// Source: botocore, CLOCK_SKEW_ERRORS; services take signatures for 5 minutes.
constexpr std::chrono::minutes kClockSkewLeast{4};

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

Result<std::unique_ptr<DynamoDbTarget>> DynamoDbTarget::create(DynamoDbOptions options,
                                                               runtime::HttpTransport& transport,
                                                               Clock& clock, Logger& logger) {
  STREAMONCE_TRY(check_options(options));
  std::string url = STREAMONCE_TRY(endpoint_of(options.endpoint_url, options.region)) + "/";
  return std::unique_ptr<DynamoDbTarget>(
      new DynamoDbTarget(std::move(options), std::move(url), transport, clock, logger));
}

DynamoDbTarget::DynamoDbTarget(DynamoDbOptions options, std::string url,
                               runtime::HttpTransport& transport, Clock& clock, Logger& logger)
    : options_(std::move(options)),
      url_(std::move(url)),
      signing_{.region = options_.region,
               .service = "dynamodb",
               .access_key_id = options_.access_key_id,
               .secret_access_key = options_.secret_access_key,
               .session_token = options_.session_token,
               .time = {}},
      transport_(transport),
      clock_(clock),
      logger_(logger),
      random_(options_.random_seed),
      pack_size_(kPackCommitsMax) {}

void DynamoDbTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                            SteadyTime deadline) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  Run(*this, commits, outcomes, deadline).work();
}

std::string DynamoDbTarget::draw_token() {
  std::string token;
  for (int word = 0; word < 2; ++word) {
    const std::uint64_t bits = random_();
    for (int shift = 60; shift >= 0; shift -= 4) token += kHexDigits[(bits >> shift) & 0xFU];
  }
  return token;
}

bool DynamoDbTarget::mend_clock(std::optional<WallTime> service_time) {
  if (!service_time || clock_offset_) return false;
  const auto offset = *service_time - clock_.now();
  if (std::chrono::abs(offset) < kClockSkewLeast) return false;
  clock_offset_ = offset;
  logger_.log(LogLevel::kWarn, "clock differs from the service's",
              {{"seconds", std::chrono::duration_cast<std::chrono::seconds>(offset).count()}});
  return true;
}

runtime::HttpRequest DynamoDbTarget::request_for(std::span<const Commit* const> commits,
                                                 std::string_view token) const {
  const TableNames tables{.items = options_.table, .ledger = options_.ledger_table};
  runtime::AwsSigning signing = signing_;
  if (clock_offset_) signing.time = clock_.now() + *clock_offset_;
  return {.method = runtime::HttpMethod::kPost,
          .url = url_,
          .headers = {"Content-Type: application/x-amz-json-1.0",
                      "X-Amz-Target: DynamoDB_20120810.TransactWriteItems"},
          .body = transact_request(commits, tables, token),
          .timeout = kRequestTimeout,
          .body_bytes_max = kAnswerBytesMax,
          .signing = signing,
          .use_proxy = true};
}

}  // namespace streamonce::handler::dynamodb
