#include "handler/targets/dynamodb/dynamodb_options.h"

#include <string>

#include "runtime/aws/dynamodb_names.h"
#include "runtime/aws/endpoint.h"

namespace streamonce::handler::dynamodb {
Status check_target_table(std::string_view table, std::string_view ledger_table) {
  if (!aws::is_table_name(table))
    return invalid_argument(
        "the target table's name must be 3 to 255 characters out of a-z A-Z 0-9 _ - .");
  if (table == ledger_table)
    return invalid_argument("the ledger must be another table than the target (STREAMONCE_LEDGER)");
  return {};
}

Status check_options(const DynamoDbOptions& options, WallTime now) {
  if (!aws::is_table_name(options.ledger_table))
    return invalid_argument(
        "the ledger table's name must be 3 to 255 characters out of a-z A-Z 0-9 _ - . "
        "(STREAMONCE_LEDGER)");
  if (options.credentials == nullptr) return aws::check_credentials({});
  STREAMONCE_TRY(options.credentials->get(now));
  if (options.transactions_in_flight < 1 ||
      options.transactions_in_flight > kTransactionsInFlightMax)
    return invalid_argument("transactions in flight must be 1 to " +
                            std::to_string(kTransactionsInFlightMax));
  const aws::Region region = STREAMONCE_TRY(aws::Region::parse(options.region));
  STREAMONCE_TRY(aws::endpoint_of(aws::kDynamoDb, region, options.endpoint_url));
  return {};
}

}  // namespace streamonce::handler::dynamodb
