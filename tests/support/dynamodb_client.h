// tests/support/dynamodb_client.h: a plain client of DynamoDB and its streams, for tests.
//
// A call that is expected to work adds a test failure when it does not, and gives an empty value.
//
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::testing {

struct TableOptions {
  /// Name and type (S, N or B) of the partition key, and of the sort key if there is one.
  std::vector<std::pair<std::string, std::string>> key = {{"pk", "S"}};
  /// The stream's view type, as in NEW_AND_OLD_IMAGES; empty: no stream.
  std::string stream_view_type = {};
};

class DynamoDbClient {
 public:
  explicit DynamoDbClient(std::string endpoint_url);

  /// Makes one request, as in ("PutItem", {{"TableName", "orders"}, ...}).
  /// @error kRejected     the service refused it; the message is its code and words
  /// @error as HttpTransport has them
  Result<nlohmann::json> call(std::string_view operation, const nlohmann::json& body);
  /// Calls an operation of DynamoDB Streams, as in ("DescribeStream", ...).
  Result<nlohmann::json> call_streams(std::string_view operation, const nlohmann::json& body);

  void create_table(const std::string& table, const TableOptions& options = {});
  /// Creates a ledger as the target expects it.
  void create_ledger(const std::string& table) { create_table(table, {.key = {{"id", "S"}}}); }
  void put(const std::string& table, const nlohmann::json& item);
  /// Calls UpdateItem with SET of these attributes.
  void update(const std::string& table, const nlohmann::json& key, const nlohmann::json& values);
  void remove(const std::string& table, const nlohmann::json& key);
  /// The item, if it is there.
  std::optional<nlohmann::json> get(const std::string& table, const nlohmann::json& key);
  /// All items, in no order that means anything.
  std::vector<nlohmann::json> scan(const std::string& table);

  std::string stream_arn(const std::string& table);
  /// All records of the table's stream so far, in order, as Lambda hands them over.
  std::vector<nlohmann::json> stream_records(const std::string& table);

 private:
  Result<nlohmann::json> request(const std::string& target, const nlohmann::json& body);
  nlohmann::json must(Result<nlohmann::json> result);
  void read_shard(const std::string& arn, const std::string& shard,
                  std::vector<nlohmann::json>& records);

  const std::string endpoint_url_;
  SystemClock clock_;
  const std::unique_ptr<runtime::HttpTransport> transport_;
};

/// The event of one invocation: `{"Records":[...]}`.
std::string lambda_event(std::span<const nlohmann::json> records);

}  // namespace streamonce::testing
