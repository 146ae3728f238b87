#include "tests/support/fake_stream.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using runtime::HttpResponse;

constexpr std::string_view kTarget = "X-Amz-Target: DynamoDBStreams_20120810.";
constexpr std::string_view kIteratorStart = "\"iter\\ator/\n";

/// An iterator at the record `position`, with `empty_pages` before that.
std::string iterator_at(std::size_t position, std::size_t empty_pages) {
  return std::string(kIteratorStart) + std::to_string(position) + "|" + std::to_string(empty_pages);
}

HttpResponse success(const json& body) {
  return {.status = 200, .headers = {}, .body = body.dump()};
}

json record_of(const std::string& number) {
  return {{"eventID", "id-" + number},
          {"eventName", "INSERT"},
          {"dynamodb", {{"Keys", {{"pk", {{"S", "k"}}}}}, {"SequenceNumber", number}}}};
}

std::string operation_of(const runtime::HttpRequest& request) {
  for (const std::string& header : request.headers)
    if (header.starts_with(kTarget)) return header.substr(kTarget.size());
  return "";
}

}  // namespace

HttpResponse refusal(int status, const std::string& code, const std::string& message) {
  const json body = {{"__type", "com.amazonaws.dynamodb.v20120810#" + code}, {"message", message}};
  return {.status = status, .headers = {}, .body = body.dump()};
}

runtime::HttpRequestId FakeStream::start(runtime::HttpRequest request) {
  STREAMONCE_CHECK(!pending_ && request.body_into != nullptr);
  StreamCall call{.at = clock_.steady_now(),
                  .operation = operation_of(request),
                  .body = json::parse(request.body, /*cb=*/nullptr, /*allow_exceptions=*/false)};
  call.request = std::move(request);
  STREAMONCE_CHECK(call.body.is_object());
  std::optional<Result<HttpResponse>> result;
  if (fault) result = fault(call);
  if (!result) result = answer(call);
  Payload& body = *call.request.body_into;
  body.clear();
  if (*result && !body.append(std::exchange((*result)->body, {})))
    result = Error{ErrorCode::kTooLarge, "the body is over its bound"};
  const bool is_late = !*result && result->error().code == ErrorCode::kTimeout;
  answers_at_ = call.at + (is_late ? call.request.timeout.value() : latency);
  seen.push_back(std::move(call));
  pending_ = runtime::HttpCompletion{.id = ++last_id_, .result = std::move(*result)};
  return last_id_;
}

std::optional<runtime::HttpCompletion> FakeStream::wait_any(std::optional<SteadyTime> until) {
  if (!pending_) return std::nullopt;
  const bool in_time = !until || answers_at_ <= *until;
  const SteadyTime time = in_time ? answers_at_ : *until;
  clock_.advance(std::max(time - clock_.steady_now(), SteadyTime::duration::zero()));
  if (!in_time) return std::nullopt;
  return std::exchange(pending_, std::nullopt);
}

std::string FakeStream::cancel(runtime::HttpRequestId id) {
  if (!pending_ || pending_->id != id) return {};
  pending_.reset();
  ++cancelled;
  return "no answer in time";
}

std::size_t FakeStream::count(const std::string& operation) const {
  return static_cast<std::size_t>(
      std::count_if(seen.begin(), seen.end(),
                    [&](const StreamCall& call) { return call.operation == operation; }));
}

HttpResponse FakeStream::answer(const StreamCall& call) const {
  if (call.operation == "GetShardIterator") return get_iterator(call.body);
  if (call.operation == "GetRecords") return get_records(call.body);
  return refusal(400, "UnknownOperationException", "");
}

HttpResponse FakeStream::get_iterator(const json& body) const {
  if (body["StreamArn"] != arn || body["ShardId"] != shard)
    return refusal(400, "ResourceNotFoundException", "Requested resource not found");
  const auto number =
      std::find(numbers.begin(), numbers.end(), body["SequenceNumber"].get<std::string>());
  if (number == numbers.end()) return refusal(400, "ValidationException", "Invalid SequenceNumber");
  std::size_t position = static_cast<std::size_t>(number - numbers.begin());
  if (body["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER") ++position;
  if (position < trimmed)
    return refusal(400, "TrimmedDataAccessException", "The sequence number is beyond trim point");
  return success({{"ShardIterator", iterator_at(position, empty_pages)}});
}

HttpResponse FakeStream::get_records(const json& body) const {
  std::string iterator = body["ShardIterator"].get<std::string>();
  STREAMONCE_CHECK(iterator.starts_with(kIteratorStart) && body["Limit"] == 1000);
  iterator.erase(0, kIteratorStart.size());
  std::size_t position = std::stoul(iterator);
  const std::size_t empty = std::stoul(iterator.substr(iterator.find('|') + 1));
  if (position < trimmed)
    return refusal(400, "TrimmedDataAccessException", "The iterator is beyond the trim point");
  json page = {{"Records", json::array()}};
  if (empty > 0) {
    page["NextShardIterator"] = iterator_at(position, empty - 1);
    return success(page);
  }
  const std::size_t end = std::min(numbers.size(), position + page_size);
  for (; position < end; ++position)
    page["Records"].push_back(record ? record(numbers[position]) : record_of(numbers[position]));
  if (!closed || end < numbers.size())
    page["NextShardIterator"] = iterator_at(position, empty_pages);
  return success(page);
}

}  // namespace streamonce::testing
