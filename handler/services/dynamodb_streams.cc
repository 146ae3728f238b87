#include "handler/services/dynamodb_streams.h"

#include <utility>

#include "runtime/base/json_text.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb_streams {

std::string iterator_request(const ShardPlace& place) {
  std::string body = R"({"StreamArn":)";
  append_json_string(body, place.stream_arn);
  body += R"(,"ShardId":)";
  append_json_string(body, place.shard_id);
  body += place.start == IteratorStart::kAt
              ? R"(,"ShardIteratorType":"AT_SEQUENCE_NUMBER","SequenceNumber":)"
              : R"(,"ShardIteratorType":"AFTER_SEQUENCE_NUMBER","SequenceNumber":)";
  append_json_string(body, place.sequence_number);
  body += '}';
  return body;
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

Error error_of(std::string_view operation, const aws::ApiError& failed) {
  Error error = with_context(operation, failed.error);
  if (error.code != ErrorCode::kRejected) return error;
  if (failed.code == "TrimmedDataAccessException") {
    error.code = ErrorCode::kExpired;
    error.message = "the stream no longer has the records: it keeps them for 24 hours; " +
                    std::move(error.message);
  }
  if (failed.code == "ResourceNotFoundException") {
    error.message =
        "the source table's stream or this shard of it was not found, which is also what is seen "
        "once the table or the stream has been deleted for over 24 hours; " +
        std::move(error.message);
  }
  return error;
}

}  // namespace streamonce::handler::dynamodb_streams
