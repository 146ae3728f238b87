#include "tests/support/streams_server.h"

#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/payload.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

/// A put as GetRecords gives it: without the stream's ARN, and with the time as a text.
json put_of(const std::string& number) {
  const json item = {{"id", {{"S", "n" + number}}}, {"value", {{"S", number}}}};
  return {{"eventID", "id-" + number},
          {"eventName", "INSERT"},
          {"eventSource", "aws:dynamodb"},
          {"dynamodb",
           {{"ApproximateCreationDateTime", "2026-11-21T00:44:23+00:00"},
            {"Keys", {{"id", item["id"]}}},
            {"NewImage", item},
            {"SequenceNumber", number},
            {"StreamViewType", "NEW_AND_OLD_IMAGES"}}}};
}

}  // namespace

StreamsServer::StreamsServer(std::size_t records)
    : server_([this](const ServerRequest& request) { return handle(request); }) {
  stream_.arn = kStreamArn;
  stream_.record = put_of;
  for (std::size_t i = 1; i <= records; ++i) stream_.numbers.push_back(std::to_string(1'000 + i));
}

std::vector<std::string> StreamsServer::environment() const {
  return {"AWS_ENDPOINT_URL_DYNAMODB_STREAMS=" + server_.url(""), "AWS_ACCESS_KEY_ID=x",
          "AWS_SECRET_ACCESS_KEY=y"};
}

BatchRange StreamsServer::range(int first, int last) const {
  return {.stream_arn = stream_.arn,
          .shard_id = stream_.shard,
          .first = std::to_string(first),
          .last = std::to_string(last)};
}

ServerReply StreamsServer::handle(const ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  Payload body;
  stream_.start({.method = runtime::HttpMethod::kPost,
                 .headers = {"X-Amz-Target: " + request.header("x-amz-target")},
                 .body = request.body,
                 .timeout = std::chrono::seconds(60),
                 .body_into = &body});
  const auto done = stream_.wait_any(std::nullopt);
  STREAMONCE_CHECK(done && done->result);
  return reply(answer(done->result->status, body.text()));
}

}  // namespace streamonce::testing
