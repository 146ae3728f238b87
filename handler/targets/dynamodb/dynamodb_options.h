// handler/targets/dynamodb/dynamodb_options.h: what a DynamoDB target has to be told, and its
// rules.
//
// Source:  DynamoDB, "Naming rules".
// Threads: a value and a pure function.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/aws/credentials.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::dynamodb {

/// How many transactions are in flight unless told otherwise: enough that the service's answers
/// overlap with our own work, few enough that a throttled table is not buried under our retries.
inline constexpr int kTransactionsInFlight = 8;
inline constexpr int kTransactionsInFlightMax = 64;

struct DynamoDbOptions {
  std::string ledger_table;  ///< holds the marks; partition key `id` (S), no sort key
  std::string region;        ///< as in `eu-central-1`
  /// `http://host:port` or `https://host`, with or without a path; empty: the Region's own
  /// endpoint.
  std::string endpoint_url;
  std::shared_ptr<aws::CredentialsProvider> credentials;  ///< as whom the service is called
  int transactions_in_flight = kTransactionsInFlight;     ///< 1 to kTransactionsInFlightMax
  /// Seeds request tokens and jitter. It must differ from process to process: draw it from the
  /// system's randomness, outside of tests.
  std::uint64_t random_seed = 0;
};

/// Checks the name of a table that is to be written, whose marks are in `ledger_table`.
/// @error kInvalidArgument  it is no name of a table, or the ledger's
Status check_target_table(std::string_view table, std::string_view ledger_table);

/// Checks what can be checked without calling the service; `now` is the time by our clock.
/// @error kInvalidArgument  an option breaks its rule, or there are no credentials; the message
///                          names it, never a credential
/// @error any other code    what the provider of the credentials says
Status check_options(const DynamoDbOptions& options, WallTime now);

}  // namespace streamonce::handler::dynamodb
