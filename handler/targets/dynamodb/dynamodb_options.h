// handler/targets/dynamodb/dynamodb_options.h: what a DynamoDB target has to be told, and its rules.
//
// Source:  DynamoDB, "Naming rules"; AWS General Reference, endpoints.
// Threads: a value and pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;                           ///< empty: none
  int transactions_in_flight = kTransactionsInFlight;  ///< 1 to kTransactionsInFlightMax
  /// Seeds request tokens and jitter. It must differ from process to process: draw it from the
  /// system's randomness, outside of tests.
  std::uint64_t random_seed = 0;
};

/// The URL that requests for `region` go to: `endpoint_url` without a slash at its end, if it is
/// not empty, or else the Region's public endpoint.
/// @error kInvalidArgument  the URL is not http or https with a host, or has a query or user name
///                          in it; or the Region is absent or not of a Region's form
Result<std::string> endpoint_of(std::string_view endpoint_url, std::string_view region);

/// The URL for DynamoDB Streams, which has endpoints of its own; otherwise as endpoint_of().
Result<std::string> streams_endpoint_of(std::string_view endpoint_url, std::string_view region);

/// The credentials that requests are signed with. Borrows its texts.
struct Credentials {
  std::string_view access_key_id;
  std::string_view secret_access_key;
  std::string_view session_token;  ///< empty: none
};

/// @error kInvalidArgument  one is absent, or could not stand in a header; the message holds none
Status check_credentials(const Credentials& credentials);

/// Checks the name of a table that is to be written, whose marks are in `ledger_table`.
/// @error kInvalidArgument  it is no name of a table, or the ledger's
Status check_target_table(std::string_view table, std::string_view ledger_table);

/// Checks what can be checked without the network.
/// @error kInvalidArgument  an option breaks its rule; the message names it, never a credential
Status check_options(const DynamoDbOptions& options);

}  // namespace streamonce::handler::dynamodb
