#include "handler/targets/dynamodb/dynamodb_options.h"

#include <chrono>
#include <string>
#include <utility>

#include "runtime/aws/dynamodb_names.h"
#include "runtime/aws/endpoint.h"
#include "runtime/aws/table_arn.h"

namespace streamonce::handler::dynamodb {
namespace {

/// The most time that credentials are fetched in at the start: Lambda ends its init phase, which
/// this is a part of, after 10 s, and the reason would be lost.
constexpr std::chrono::seconds kStartFetchTime{5};

}  // namespace

Status check_options(const DynamoDbOptions& options, WallTime now) {
  if (!aws::is_table(options.ledger_table))
    return invalid_argument(
        "the ledger table must be named by 3 to 255 characters out of a-z A-Z 0-9 _ - . or by its "
        "ARN (STREAMONCE_LEDGER)");
  if (options.credentials == nullptr) return aws::check_credentials({});
  STREAMONCE_TRY(options.credentials->get(now, kStartFetchTime));
  if (options.transactions_in_flight < 1 ||
      options.transactions_in_flight > kTransactionsInFlightMax)
    return invalid_argument("transactions in flight must be 1 to " +
                            std::to_string(kTransactionsInFlightMax));
  if (options.puts_in_flight < 1 || options.puts_in_flight > kPutsInFlightMax)
    return invalid_argument("puts in flight must be 1 to " + std::to_string(kPutsInFlightMax));
  const aws::Region region = STREAMONCE_TRY(aws::Region::parse(options.region));
  STREAMONCE_TRY(aws::endpoint_of(aws::kDynamoDb, region, options.endpoint_url));
  return {};
}

Result<aws::ServiceOptions> service_at(DynamoDbPlace place) {
  aws::Region region = STREAMONCE_TRY(aws::Region::parse(place.region));
  std::string url =
      STREAMONCE_TRY(aws::endpoint_of(aws::kDynamoDb, region, place.endpoint_url)) + "/";
  return aws::ServiceOptions{.service = aws::kDynamoDb,
                             .region = std::move(region),
                             .url = std::move(url),
                             .credentials = std::move(place.credentials),
                             .random_seed = place.random_seed};
}

}  // namespace streamonce::handler::dynamodb
