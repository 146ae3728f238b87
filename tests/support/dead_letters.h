// tests/support/dead_letters.h: dead letters in the forms of each destination.
//
// Source:  as events/dumps/dead_letter.h has it.

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/stream_event.h"

namespace streamonce::testing {

/// Where in a stream the records of a batch are.
struct BatchRange {
  std::string stream_arn = std::string(kStreamArn);
  std::string shard_id = "shardId-00000001763685862580-0fa4d1b2";
  std::string first = "1";
  std::string last = "2";
};

inline nlohmann::json batch_info(const BatchRange& range) {
  return {{"shardId", range.shard_id},
          {"startSequenceNumber", range.first},
          {"endSequenceNumber", range.last},
          {"approximateArrivalOfFirstRecord", "2026-11-21T00:44:23Z"},
          {"approximateArrivalOfLastRecord", "2026-11-21T00:44:25Z"},
          {"streamArn", range.stream_arn}};
}

/// What Lambda sends to SQS and SNS: no records.
inline nlohmann::json lambda_pointer(const BatchRange& range) {
  return {
      {"requestContext", {{"condition", "RetryAttemptsExhausted"}, {"approximateInvokeCount", 4}}},
      {"responseContext", {{"statusCode", 200}, {"functionError", "Unhandled"}}},
      {"version", "1.0"},
      {"timestamp", "2026-11-21T00:45:02.123Z"},
      {"DDBStreamBatchInfo", batch_info(range)}};
}

/// What EventBridge Pipes sends to its dead-letter queue.
inline nlohmann::json pipes_pointer(const BatchRange& range) {
  return {{"context", {{"condition", "RetryAttemptsExhausted"}}},
          {"version", "1.0"},
          {"DDBStreamBatchInfo", batch_info(range)}};
}

/// What Lambda puts into S3: `records` are there, as an escaped text.
inline nlohmann::json s3_letter(const std::vector<std::string>& records) {
  nlohmann::json letter = lambda_pointer({});
  letter["payload"] = event_of(records);
  return letter;
}

/// `letter` in the envelope of SNS.
inline nlohmann::json in_notification(const nlohmann::json& letter) {
  return {{"Type", "Notification"}, {"MessageId", "22b80b92"}, {"Message", letter.dump()}};
}

/// `letters` as `aws sqs receive-message` prints them.
inline nlohmann::json received(const std::vector<nlohmann::json>& letters) {
  nlohmann::json messages = nlohmann::json::array();
  for (const nlohmann::json& letter : letters)
    messages.push_back({{"MessageId", "m" + std::to_string(messages.size() + 1)},
                        {"ReceiptHandle", "handle"},
                        {"Body", letter.dump()}});
  return {{"Messages", messages}};
}

/// The event that Lambda makes of messages: ids and bodies.
inline nlohmann::json queue_event(
    const std::vector<std::pair<std::string, std::string>>& messages) {
  nlohmann::json event = {{"Records", nlohmann::json::array()}};
  for (const auto& [id, body] : messages)
    event["Records"].push_back({{"messageId", id},
                                {"receiptHandle", "handle"},
                                {"body", body},
                                {"eventSource", "aws:sqs"},
                                {"awsRegion", "eu-west-1"}});
  return event;
}

}  // namespace streamonce::testing
