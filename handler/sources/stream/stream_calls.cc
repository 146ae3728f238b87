#include "handler/sources/stream/stream_calls.h"

#include <chrono>
#include <utility>

#include "handler/services/dynamodb_streams.h"
#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

/// The most time that an answer has: longer than any healthy one takes, and longer than a batch is
/// applied for, during which nobody reads it.
constexpr std::chrono::milliseconds kAnswerTimeout{10'000};

std::string_view name_of(StreamOperation operation) {
  switch (operation) {
    case StreamOperation::kDescribe:
      return dynamodb_streams::kDescribeStream;
    case StreamOperation::kIterator:
      return dynamodb_streams::kGetShardIterator;
    case StreamOperation::kRecords:
      return dynamodb_streams::kGetRecords;
  }
  STREAMONCE_CHECK(false);
}

std::size_t bytes_max(StreamOperation operation) {
  return operation == StreamOperation::kRecords ? dynamodb_streams::kPageBytesMax
                                                : dynamodb_streams::kDescriptionBytesMax;
}

}  // namespace

StreamCall::StreamCall(Options options, aws::JsonAnswerReader& reader)
    : JsonCall({.operation = name_of(options.operation),
                .timeout = kAnswerTimeout,
                .deadline = options.deadline,
                .answer_bytes_max = bytes_max(options.operation)},
               reader),
      stream_options_(std::move(options)) {}

std::string_view StreamCall::operation_name() const {
  return name_of(operation());
}

}  // namespace streamonce::handler
