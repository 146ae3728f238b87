// handler/targets/dynamodb/dynamodb_options.h: what a DynamoDB target has to be told, and its
// rules.
//
// Source:  DynamoDB, "Naming rules".
// Threads: a value and a pure function.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "handler/targets/figures.h"
#include "runtime/aws/credentials.h"
#include "runtime/aws/request_signer.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::dynamodb {

/// How many transactions are in flight unless told otherwise: enough that the service's answers
/// overlap with our own work, few enough that a throttled table is not buried under our retries.
inline constexpr int kTransactionsInFlight = 8;
inline constexpr int kTransactionsInFlightMax = 64;

/// The same of single puts, where marks are in the items: one change is in each, where a
/// transaction has up to fifty.
inline constexpr int kPutsInFlight = 32;
inline constexpr int kPutsInFlightMax = 64;

struct DynamoDbOptions {
  /// Holds the marks; partition key `id` (S), no sort key. A name, or an ARN as the tables of all
  /// writes then have: see runtime/aws/table_arn.h.
  std::string ledger_table;
  std::string region;  ///< that of the tables, as in `eu-central-1`
  /// `http://host:port` or `https://host`, with or without a path; empty: the Region's own
  /// endpoint.
  std::string endpoint_url;
  std::shared_ptr<aws::CredentialsProvider> credentials;  ///< as whom the service is called
  int transactions_in_flight = kTransactionsInFlight;     ///< 1 to kTransactionsInFlightMax
  /// The attribute of the items that has their marks: see item_mark.h. Empty: the ledger has them.
  std::string version_attribute = {};
  int puts_in_flight = kPutsInFlight;  ///< 1 to kPutsInFlightMax
  /// Where the target counts what its requests take, all but the time; then the service is asked,
  /// too, what it charges. Borrowed: it must outlive the target. Null: nothing is counted.
  TargetFigures* figures = nullptr;
  /// Seeds request tokens and jitter. It must differ from process to process: draw it from the
  /// system's randomness, outside of tests.
  std::uint64_t random_seed = 0;
};

/// Checks what can be checked without calling the service; `now` is the time by our clock. Waits
/// for credentials for 5 s at most, as far as their source can keep to it.
/// @error kInvalidArgument  an option breaks its rule, or there are no credentials; the message
///                          names it, never a credential
/// @error any other code    what the provider of the credentials says
Status check_options(const DynamoDbOptions& options, WallTime now);

/// Where DynamoDB is, and as whom it is called: as DynamoDbOptions has it. Borrows its texts.
struct DynamoDbPlace {
  const std::string& region;
  const std::string& endpoint_url;
  std::shared_ptr<aws::CredentialsProvider> credentials;
  std::uint64_t random_seed = 0;
};

/// The service at a place, for whoever makes a client of it.
/// @error kInvalidArgument  the Region or the endpoint is malformed
Result<aws::ServiceOptions> service_at(DynamoDbPlace place);

}  // namespace streamonce::handler::dynamodb
