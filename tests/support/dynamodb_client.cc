#include "tests/support/dynamodb_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <utility>

#include "runtime/http/curl_transport.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/signed_request.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

/// The most pages of a scan, a stream or a shard: far more than any test has.
constexpr int kPagesMax = 10'000;
constexpr std::size_t kAnswerBytesMax = 16UL * 1024 * 1024;

/// A record of GetRecords as Lambda has it: with its stream's ARN, whole seconds, and the members
/// of userIdentity in lower case.
json to_lambda_record(json record, const std::string& arn) {
  record["eventSourceARN"] = arn;
  json& change = record["dynamodb"];
  if (change.contains("ApproximateCreationDateTime"))
    change["ApproximateCreationDateTime"] =
        change["ApproximateCreationDateTime"].get<std::int64_t>();
  if (const auto user = record.find("userIdentity"); user != record.end()) {
    if (user->is_null()) {
      record.erase(user);
    } else if (user->contains("PrincipalId")) {
      *user = {{"principalId", user->at("PrincipalId")}, {"type", user->at("Type")}};
    }
  }
  return record;
}

}  // namespace

DynamoDbClient::DynamoDbClient(std::string endpoint_url)
    : endpoint_url_(std::move(endpoint_url)),
      transport_(runtime::make_curl_transport(
          {.ca_bundle_path = "", .user_agent = "streamonce-tests"}, clock_)) {}

Result<json> DynamoDbClient::call(std::string_view operation, const json& body) {
  return request("DynamoDB_20120810." + std::string(operation), body);
}

Result<json> DynamoDbClient::call_streams(std::string_view operation, const json& body) {
  return request("DynamoDBStreams_20120810." + std::string(operation), body);
}

Result<json> DynamoDbClient::request(const std::string& target, const json& body) {
  runtime::HttpRequest request{
      .method = runtime::HttpMethod::kPost,
      .url = endpoint_url_ + "/",
      .headers = {"Content-Type: application/x-amz-json-1.0", "X-Amz-Target: " + target},
      .body = body.dump(),
      .timeout = std::chrono::seconds(60),
      .body_bytes_max = kAnswerBytesMax};
  sign(request,
       {.access_key_id = kLocalAccessKeyId,
        .secret_access_key = kLocalSecretAccessKey,
        .session_token = {},
        .expiry = {}},
       kLocalRegion, clock_.now());
  const runtime::HttpResponse response =
      STREAMONCE_TRY(runtime::perform(*transport_, std::move(request)));
  json answer = json::parse(response.body, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object())
    return Error{ErrorCode::kProtocol, target + ": HTTP " + std::to_string(response.status)};
  if (response.status != 200) {
    const std::string message = answer.value("message", answer.value("Message", ""));
    return Error{ErrorCode::kRejected, answer.value("__type", "") + ": " + message};
  }
  return answer;
}

json DynamoDbClient::must(Result<json> result) {
  if (result) return std::move(result).value();
  ADD_FAILURE() << result.error().message;
  return json::object();
}

void DynamoDbClient::create_table(const std::string& table, const TableOptions& options) {
  json body = {{"TableName", table}, {"BillingMode", "PAY_PER_REQUEST"}};
  for (std::size_t i = 0; i < options.key.size(); ++i) {
    const auto& [name, type] = options.key[i];
    body["AttributeDefinitions"].push_back({{"AttributeName", name}, {"AttributeType", type}});
    body["KeySchema"].push_back({{"AttributeName", name}, {"KeyType", i == 0 ? "HASH" : "RANGE"}});
  }
  if (!options.stream_view_type.empty())
    body["StreamSpecification"] = {{"StreamEnabled", true},
                                   {"StreamViewType", options.stream_view_type}};
  must(call("CreateTable", body));
}

void DynamoDbClient::put(const std::string& table, const json& item) {
  must(call("PutItem", {{"TableName", table}, {"Item", item}}));
}

void DynamoDbClient::update(const std::string& table, const json& key, const json& values) {
  json body = {{"TableName", table}, {"Key", key}};
  std::string expression = "SET ";
  int index = 0;
  for (const auto& [name, value] : values.items()) {
    const std::string place = std::to_string(index);
    expression += index == 0 ? "#a" : ", #a";
    expression += place;
    expression += " = :a";
    expression += place;
    body["ExpressionAttributeNames"]["#a" + place] = name;
    body["ExpressionAttributeValues"][":a" + place] = value;
    ++index;
  }
  body["UpdateExpression"] = expression;
  must(call("UpdateItem", body));
}

void DynamoDbClient::remove(const std::string& table, const json& key) {
  must(call("DeleteItem", {{"TableName", table}, {"Key", key}}));
}

std::optional<json> DynamoDbClient::get(const std::string& table, const json& key) {
  json answer =
      must(call("GetItem", {{"TableName", table}, {"Key", key}, {"ConsistentRead", true}}));
  if (!answer.contains("Item")) return std::nullopt;
  return std::move(answer["Item"]);
}

std::vector<json> DynamoDbClient::scan(const std::string& table) {
  std::vector<json> items;
  json body = {{"TableName", table}, {"ConsistentRead", true}};
  for (int page = 0; page < kPagesMax; ++page) {
    json answer = must(call("Scan", body));
    for (json& item : answer["Items"]) items.push_back(std::move(item));
    if (!answer.contains("LastEvaluatedKey")) return items;
    body["ExclusiveStartKey"] = std::move(answer["LastEvaluatedKey"]);
  }
  ADD_FAILURE() << "the scan does not end";
  return items;
}

std::string DynamoDbClient::stream_arn(const std::string& table) {
  const json answer = must(call("DescribeTable", {{"TableName", table}}));
  if (!answer.contains("Table")) return {};
  return answer["Table"].value("LatestStreamArn", "");
}

std::vector<json> DynamoDbClient::stream_records(const std::string& table) {
  const std::string arn = stream_arn(table);
  std::vector<json> records;
  json body = {{"StreamArn", arn}};
  for (int page = 0; page < kPagesMax; ++page) {
    const json answer = must(call_streams("DescribeStream", body));
    if (!answer.contains("StreamDescription")) return records;
    const json& stream = answer["StreamDescription"];
    // Parents come before their children here.
    for (const json& shard : stream["Shards"])
      read_shard(arn, shard["ShardId"].get<std::string>(), records);
    if (!stream.contains("LastEvaluatedShardId")) return records;
    body["ExclusiveStartShardId"] = stream["LastEvaluatedShardId"];
  }
  ADD_FAILURE() << "the list of shards does not end";
  return records;
}

void DynamoDbClient::read_shard(const std::string& arn, const std::string& shard,
                                std::vector<json>& records) {
  json answer = must(call_streams(
      "GetShardIterator",
      {{"StreamArn", arn}, {"ShardId", shard}, {"ShardIteratorType", "TRIM_HORIZON"}}));
  json iterator = answer.value("ShardIterator", json());
  // An open shard always has a next iterator; an empty page is its end for now.
  for (int page = 0; page < kPagesMax && iterator.is_string(); ++page) {
    answer = must(call_streams("GetRecords", {{"ShardIterator", iterator}}));
    if (answer.value("Records", json::array()).empty()) return;
    for (json& record : answer["Records"])
      records.push_back(to_lambda_record(std::move(record), arn));
    iterator = answer.value("NextShardIterator", json());
  }
}

std::string lambda_event(std::span<const json> records) {
  json event = {{"Records", json::array()}};
  for (const json& record : records) event["Records"].push_back(record);
  return event.dump();
}

}  // namespace streamonce::testing
