#include "handler/services/dynamodb_streams.h"

#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/json_text.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb_streams {

namespace {

namespace ondemand = simdjson::ondemand;

std::string_view name_of(IteratorStart start) {
  switch (start) {
    case IteratorStart::kAt:
      return "AT_SEQUENCE_NUMBER";
    case IteratorStart::kAfter:
      return "AFTER_SEQUENCE_NUMBER";
    case IteratorStart::kTrimHorizon:
      return "TRIM_HORIZON";
    case IteratorStart::kLatest:
      return "LATEST";
  }
  STREAMONCE_CHECK(false);
}

/// Reads a text into a string of its own.
bool read_own_text(ondemand::value value, std::string& text) {
  std::string_view found;
  if (!json::read_text(value, found)) return false;
  text = found;
  return true;
}

bool read_shard(ondemand::value value, ListedShard& shard) {
  return json::each_member(value, [&](std::string_view name, ondemand::value content) {
    if (name == "ShardId") return read_own_text(content, shard.id);
    if (name == "ParentShardId") return read_own_text(content, shard.parent);
    if (name != "SequenceNumberRange") return json::pass_over(content);
    std::string_view end;
    const bool good =
        json::each_member(content, [&](std::string_view member, ondemand::value text) {
          return member == "EndingSequenceNumber" ? json::read_text(text, end)
                                                  : json::pass_over(text);
        });
    shard.is_closed = !end.empty();
    return good;
  });
}

bool read_shards(ondemand::value value, std::vector<ListedShard>& shards) {
  ondemand::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return false;
  for (auto each : list) {
    ondemand::value element;
    ListedShard shard;
    if (each.get(element) != simdjson::SUCCESS || !read_shard(element, shard)) return false;
    if (shard.id.empty()) return false;
    shards.push_back(std::move(shard));
  }
  return true;
}

bool read_description(ondemand::value value, StreamDescription& description) {
  return json::each_member(value, [&](std::string_view name, ondemand::value content) {
    std::string_view status;
    if (name == "Shards") return read_shards(content, description.shards);
    if (name == "LastEvaluatedShardId") return read_own_text(content, description.last_shard);
    if (name == "StreamViewType") return read_own_text(content, description.view_type);
    if (name != "StreamStatus") return json::pass_over(content);
    if (!json::read_text(content, status)) return false;
    description.is_enabled = status == "ENABLED" || status == "ENABLING";
    return true;
  });
}

}  // namespace

std::string description_request(std::string_view stream_arn, std::string_view after) {
  std::string body = R"({"StreamArn":)";
  append_json_string(body, stream_arn);
  if (!after.empty()) {
    body += R"(,"ExclusiveStartShardId":)";
    append_json_string(body, after);
  }
  return body + R"(,"Limit":100})";
}

std::string iterator_request(const ShardPlace& place) {
  std::string body = R"({"StreamArn":)";
  append_json_string(body, place.stream_arn);
  body += R"(,"ShardId":)";
  append_json_string(body, place.shard_id);
  body += R"(,"ShardIteratorType":)";
  append_json_string(body, name_of(place.start));
  if (place.start == IteratorStart::kAt || place.start == IteratorStart::kAfter) {
    body += R"(,"SequenceNumber":)";
    append_json_string(body, place.sequence_number);
  }
  return body + '}';
}

std::string records_request(std::string_view iterator) {
  std::string body = R"({"ShardIterator":)";
  append_json_string(body, iterator);
  body += R"(,"Limit":1000})";
  return body;
}

struct AnswerReader::Parser {
  simdjson::ondemand::parser parser;
};

AnswerReader::AnswerReader() : parser_(std::make_unique<Parser>()) {}

AnswerReader::~AnswerReader() = default;

Result<StreamDescription> AnswerReader::description(PayloadView answer) {
  ondemand::document document;
  StreamDescription description;
  bool is_there = false;
  if (json::open(parser_->parser, answer, document) != simdjson::SUCCESS ||
      !json::read_member(document, "StreamDescription",
                         [&](ondemand::value content) {
                           is_there = true;
                           return read_description(content, description);
                         }) ||
      !is_there) {
    return Error{ErrorCode::kProtocol,
                 "DescribeStream: the answer has no StreamDescription whose Shards have a ShardId "
                 "each: no DynamoDB stream"};
  }
  return description;
}

Result<std::string> AnswerReader::iterator(PayloadView answer) {
  std::string iterator = STREAMONCE_TRY(member(answer, "ShardIterator"));
  if (iterator.empty())
    return Error{ErrorCode::kProtocol, "GetShardIterator: the answer has no ShardIterator"};
  return iterator;
}

Result<std::string> AnswerReader::next_iterator(PayloadView answer) {
  return member(answer, "NextShardIterator");
}

Result<std::string> AnswerReader::member(PayloadView answer, std::string_view name) {
  simdjson::ondemand::document document;
  std::string_view found;
  // The parser unescapes into a buffer of its own, so that the answer's bytes stay as they are.
  if (json::open(parser_->parser, answer, document) != simdjson::SUCCESS ||
      !json::read_member(document, name, [&](simdjson::ondemand::value content) {
        return json::read_text(content, found);
      }))
    return Error{ErrorCode::kProtocol,
                 "the answer's " + std::string(name) + " is not a string: no DynamoDB stream"};
  return std::string(found);
}

bool is_expired_iterator(const aws::ApiError& failed) {
  return failed.code == "ExpiredIteratorException";
}

bool is_trimmed(const aws::ApiError& failed) {
  return failed.code == "TrimmedDataAccessException";
}

bool is_not_found(const aws::ApiError& failed) {
  return failed.code == "ResourceNotFoundException";
}

Error error_of(std::string_view operation, const aws::ApiError& failed) {
  Error error = with_context(operation, failed.error);
  if (error.code != ErrorCode::kRejected) return error;
  if (is_trimmed(failed)) {
    error.code = ErrorCode::kExpired;
    error.message = "the stream no longer has the records: it keeps them for 24 hours; " +
                    std::move(error.message);
  }
  if (is_not_found(failed)) {
    error.message =
        "the source table's stream or this shard of it was not found, which is also what is seen "
        "once the table or the stream has been deleted for over 24 hours; " +
        std::move(error.message);
  }
  return error;
}

}  // namespace streamonce::handler::dynamodb_streams
