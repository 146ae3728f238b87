// tests/support/stream_event.h: writes DynamoDB stream events as Lambda delivers them.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace streamonce::testing {

inline constexpr std::string_view kStreamArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";

/// One record. JSON members are raw JSON; an empty one is left out.
struct RecordText {
  std::string event_name = "INSERT";
  std::string sequence_number = "100";
  std::string keys = R"({"id":{"S":"a"}})";
  std::string new_image = {};
  std::string old_image = {};
  std::string view_type = "NEW_AND_OLD_IMAGES";
  std::string arn = std::string(kStreamArn);
  std::string created_at = "1763685862";
  std::string more = {};  ///< further members of the record, each with a comma before it
};

inline std::string to_json(const RecordText& record) {
  std::string json =
      R"({"eventID":"1","eventName":")" + record.event_name +
      R"(","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-west-1",)" +
      R"("dynamodb":{"ApproximateCreationDateTime":)" + record.created_at;
  if (!record.keys.empty()) json += R"(,"Keys":)" + record.keys;
  if (!record.new_image.empty()) json += R"(,"NewImage":)" + record.new_image;
  if (!record.old_image.empty()) json += R"(,"OldImage":)" + record.old_image;
  json += R"(,"SequenceNumber":")" + record.sequence_number + R"(","SizeBytes":26)";
  if (!record.view_type.empty()) json += R"(,"StreamViewType":")" + record.view_type + '"';
  json += "}";
  if (!record.arn.empty()) json += R"(,"eventSourceARN":")" + record.arn + '"';
  return json + record.more + "}";
}

inline std::string event_of(const std::vector<std::string>& records) {
  std::string json = R"({"Records":[)";
  for (std::size_t i = 0; i < records.size(); ++i) json += (i == 0 ? "" : ",") + records[i];
  return json + "]}";
}

/// The key `{"id":{"S":"ID"}}`.
inline std::string key_of(std::string_view id) {
  return R"({"id":{"S":")" + std::string(id) + R"("}})";
}

/// A put of `{"id":ID,"value":VALUE}`.
inline std::string put(std::string_view id, std::string_view sequence_number,
                       std::string_view value, std::string_view event_name = "MODIFY") {
  return to_json({.event_name = std::string(event_name),
                  .sequence_number = std::string(sequence_number),
                  .keys = key_of(id),
                  .new_image = R"({"id":{"S":")" + std::string(id) + R"("},"value":{"S":")" +
                               std::string(value) + R"("}})"});
}

inline std::string remove(std::string_view id, std::string_view sequence_number) {
  return to_json({.event_name = "REMOVE",
                  .sequence_number = std::string(sequence_number),
                  .keys = key_of(id)});
}

}  // namespace streamonce::testing
