#include "bench/local_tables.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/http/curl_transport.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/signed_request.h"

namespace streamonce::bench {

using nlohmann::json;

LocalTables::LocalTables(std::string endpoint_url)
    : endpoint_url_(std::move(endpoint_url)),
      transport_(
          runtime::make_curl_transport({.ca_bundle_path = {}, .user_agent = "bench"}, clock_)) {}

Result<std::string> LocalTables::call(std::string_view operation, std::string body) {
  runtime::HttpRequest request{
      .method = runtime::HttpMethod::kPost,
      .url = endpoint_url_ + "/",
      .headers = {"Content-Type: application/x-amz-json-1.0",
                  "X-Amz-Target: DynamoDB_20120810." + std::string(operation)},
      .body = std::move(body)};
  testing::sign(request,
                {.access_key_id = testing::kLocalAccessKeyId,
                 .secret_access_key = testing::kLocalSecretAccessKey,
                 .session_token = {},
                 .expiry = {}},
                testing::kLocalRegion, clock_.now());
  runtime::HttpResponse response =
      STREAMONCE_TRY(runtime::perform(*transport_, std::move(request)));
  if (response.status == 200) return std::move(response.body);
  return Error{ErrorCode::kRejected, std::string(operation) + ": " + response.body};
}

Result<std::size_t> LocalTables::create(const std::string& table, const std::string& key) {
  const json body = {
      {"TableName", table},
      {"BillingMode", "PAY_PER_REQUEST"},
      {"KeySchema", {{{"AttributeName", key}, {"KeyType", "HASH"}}}},
      {"AttributeDefinitions", {{{"AttributeName", key}, {"AttributeType", "S"}}}},
  };
  STREAMONCE_TRY(call("CreateTable", body.dump()));
  return std::size_t{0};
}

Result<std::string> LocalTables::items(const std::string& table) {
  const json body = {{"TableName", table}, {"ConsistentRead", true}};
  const json page =
      json::parse(STREAMONCE_TRY(call("Scan", body.dump())), nullptr, /*allow_exceptions=*/false);
  return page.value("Items", json::array()).dump();
}

Result<std::size_t> LocalTables::count(const std::string& table) {
  std::size_t total = 0;
  json body = {{"TableName", table}, {"Select", "COUNT"}};
  while (true) {
    const json page =
        json::parse(STREAMONCE_TRY(call("Scan", body.dump())), nullptr, /*allow_exceptions=*/false);
    total += page.value("Count", std::size_t{0});
    if (!page.contains("LastEvaluatedKey")) return total;
    body["ExclusiveStartKey"] = page["LastEvaluatedKey"];
  }
}

}  // namespace streamonce::bench
