#include "tests/support/fake_shards.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using runtime::HttpResponse;

constexpr std::string_view kStreamsTarget = "X-Amz-Target: DynamoDBStreams_20120810.";
constexpr std::string_view kShardIteratorStart = "\"iter\\ator/\n";

HttpResponse success_with(const json& body) {
  return {.status = 200, .headers = {}, .body = body.dump()};
}

HttpResponse not_found(const std::string& what) {
  return refusal(400, "ResourceNotFoundException", "Requested resource not found: " + what);
}

std::string streams_operation_of(const runtime::HttpRequest& request) {
  for (const std::string& header : request.headers)
    if (header.starts_with(kStreamsTarget)) return header.substr(kStreamsTarget.size());
  return "";
}

/// A time as a `Date` header has it.
std::string date_header_value(WallTime time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  STREAMONCE_CHECK(::gmtime_r(&seconds, &parts) != nullptr);
  std::array<char, 40> text{};
  STREAMONCE_CHECK(std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts) >
                   0);
  return text.data();
}

std::string padded(std::size_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

}  // namespace

/// A place in a shard: `shard|position|empty pages before it|when it was made`.
struct FakeShards::Iterator {
  std::string shard;
  std::size_t position = 0;
  std::size_t empty = 0;
  SteadyTime made = {};
};

std::string FakeShards::text_of(const Iterator& iterator) const {
  return std::string(kShardIteratorStart) + iterator.shard + "|" +
         std::to_string(iterator.position) + "|" + std::to_string(iterator.empty) + "|" +
         std::to_string(iterator.made.time_since_epoch().count());
}

std::string FakeShards::add(std::string_view parent, std::chrono::hours age) {
  const auto made = (clock_.now() - age).time_since_epoch().count();
  FakeShard shard;
  shard.id =
      "shardId-" + padded(static_cast<std::size_t>(made), 20) + "-" + padded(++shards_made_, 8);
  shard.parent = parent;
  shards.push_back(shard);
  return shard.id;
}

FakeShard& FakeShards::shard(std::string_view id) {
  const auto found = std::find_if(shards.begin(), shards.end(),
                                  [&](const FakeShard& each) { return each.id == id; });
  STREAMONCE_CHECK(found != shards.end());
  return *found;
}

std::vector<std::string> FakeShards::split(std::string_view id, std::size_t count) {
  const std::string parent(id);
  close(parent);
  std::vector<std::string> children;
  for (std::size_t i = 0; i < count; ++i) children.push_back(add(parent));
  return children;
}

std::string FakeShards::put(std::string_view id, const std::string& item,
                            const std::string& value) {
  return write(id, "MODIFY",
               {{"Keys", {{"id", {{"S", item}}}}},
                {"NewImage", {{"id", {{"S", item}}}, {"value", {{"S", value}}}}}});
}

std::string FakeShards::remove(std::string_view id, const std::string& item) {
  return write(id, "REMOVE", {{"Keys", {{"id", {{"S", item}}}}}});
}

std::string FakeShards::write(std::string_view id, const std::string& event_name, json record) {
  const std::string number = "1" + padded(++records_made_, 20);
  record["SequenceNumber"] = number;
  record["StreamViewType"] = view_type;
  record["ApproximateCreationDateTime"] =
      std::chrono::floor<std::chrono::seconds>(clock_.now() + ahead).time_since_epoch().count();
  shard(id).records.push_back(
      {.number = number,
       .json = {{"eventID", "id-" + number}, {"eventName", event_name}, {"dynamodb", record}}});
  return number;
}

std::size_t FakeShards::count(std::string_view operation) const {
  return static_cast<std::size_t>(
      std::count_if(seen.begin(), seen.end(),
                    [&](const StreamCall& call) { return call.operation == operation; }));
}

std::vector<std::string> FakeShards::iterators() const {
  std::vector<std::string> texts;
  for (const StreamCall& call : seen) {
    if (call.operation != "GetShardIterator") continue;
    std::string text = call.body["ShardIteratorType"].get<std::string>() + " " +
                       call.body["ShardId"].get<std::string>();
    if (call.body.contains("SequenceNumber"))
      text += " " + call.body["SequenceNumber"].get<std::string>();
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<HttpResponse> FakeShards::answer(const StreamCall& call) {
  Result<HttpResponse> answer = undated_answer(call);
  if (answer && tells_time)
    answer->headers.emplace_back("date", date_header_value(clock_.now() + ahead));
  return answer;
}

Result<HttpResponse> FakeShards::undated_answer(const StreamCall& call) {
  std::optional<Result<HttpResponse>> result;
  if (fault) result = fault(call);
  seen.push_back(call);
  if (result) return *std::move(result);
  if (call.operation == "DescribeStream") return describe(call.body);
  if (call.operation == "GetShardIterator") return get_iterator(call.body);
  if (call.operation == "GetRecords") return get_records(call.body);
  return refusal(400, "UnknownOperationException", "");
}

HttpResponse FakeShards::describe(const json& body) const {
  if (body["StreamArn"] != arn) return not_found("the stream");
  const std::string after = body.value("ExclusiveStartShardId", "");
  json description = {{"StreamArn", arn},
                      {"StreamStatus", status},
                      {"StreamViewType", view_type},
                      {"Shards", json::array()}};
  bool is_behind = after.empty();
  for (const FakeShard& each : shards) {
    if (!each.is_listed) continue;
    if (is_behind && description["Shards"].size() == listing_size) {
      description["LastEvaluatedShardId"] = description["Shards"].back()["ShardId"];
      break;
    }
    if (is_behind) {
      json listed = {{"ShardId", each.id}, {"SequenceNumberRange", json::object()}};
      if (!each.parent.empty()) listed["ParentShardId"] = each.parent;
      listed["SequenceNumberRange"]["StartingSequenceNumber"] = "1";
      if (each.is_closed && !each.is_shown_open)
        listed["SequenceNumberRange"]["EndingSequenceNumber"] = "9";
      description["Shards"].push_back(listed);
    }
    is_behind = is_behind || each.id == after;
  }
  return success_with({{"StreamDescription", description}});
}

HttpResponse FakeShards::get_iterator(const json& body) {
  const std::string id = body["ShardId"].get<std::string>();
  const auto found = std::find_if(shards.begin(), shards.end(),
                                  [&](const FakeShard& each) { return each.id == id; });
  if (body["StreamArn"] != arn || found == shards.end() || !found->exists)
    return not_found("the shard");
  const std::string type = body["ShardIteratorType"].get<std::string>();
  Iterator iterator{.shard = id, .empty = empty_pages, .made = clock_.steady_now()};
  if (type == "TRIM_HORIZON") {
    iterator.position = found->trimmed;
  } else if (type == "LATEST") {
    iterator.position = found->records.size();
  } else {
    const auto number =
        std::find_if(found->records.begin(), found->records.end(), [&](const FakeRecord& each) {
          return each.number == body["SequenceNumber"].get<std::string>();
        });
    if (number == found->records.end())
      return refusal(400, "ValidationException", "Invalid SequenceNumber");
    const auto place = static_cast<std::size_t>(number - found->records.begin());
    if (place < found->trimmed)
      return refusal(400, "TrimmedDataAccessException", "The number is beyond the trim point");
    iterator.position = place + (type == "AFTER_SEQUENCE_NUMBER" ? 1 : 0);
  }
  return success_with({{"ShardIterator", text_of(iterator)}});
}

HttpResponse FakeShards::get_records(const json& body) {
  std::string text = body["ShardIterator"].get<std::string>();
  STREAMONCE_CHECK(text.starts_with(kShardIteratorStart) && body["Limit"] == 1000);
  text.erase(0, kShardIteratorStart.size());
  Iterator iterator{.shard = text.substr(0, text.find('|'))};
  std::int64_t made = 0;
  const int parts = std::sscanf(text.c_str() + iterator.shard.size(), "|%zu|%zu|%ld",
                                &iterator.position, &iterator.empty, &made);
  STREAMONCE_CHECK(parts == 3);
  iterator.made = SteadyTime(SteadyTime::duration(made));
  const FakeShard& from = shard(iterator.shard);
  if (!from.exists) return not_found("the shard");
  if (clock_.steady_now() - iterator.made > iterator_life)
    return refusal(400, "ExpiredIteratorException", "Iterator expired");
  if (iterator.position < from.trimmed)
    return refusal(400, "TrimmedDataAccessException", "The iterator is beyond the trim point");
  json page = {{"Records", json::array()}};
  Iterator next{.shard = from.id, .position = iterator.position, .made = clock_.steady_now()};
  if (iterator.empty > 0) {
    next.empty = iterator.empty - 1;
    page["NextShardIterator"] = text_of(next);
    return success_with(page);
  }
  const std::size_t end = std::min(from.records.size(), iterator.position + page_size);
  for (; next.position < end; ++next.position)
    page["Records"].push_back(from.records[next.position].json);
  next.empty = empty_pages;
  if (!from.is_closed || end < from.records.size()) page["NextShardIterator"] = text_of(next);
  return success_with(page);
}

runtime::HttpRequestId FakeShardsTransport::start(runtime::HttpRequest request) {
  Pending pending{.id = ++last_id_, .at = clock_.steady_now() + latency};
  pending.call = {.at = clock_.steady_now(),
                  .operation = streams_operation_of(request),
                  .body = json::parse(request.body, /*cb=*/nullptr, /*allow_exceptions=*/false)};
  pending.call.request = std::move(request);
  STREAMONCE_CHECK(pending.call.body.is_object());
  pending_.push_back(std::move(pending));
  in_flight_most = std::max(in_flight_most, pending_.size());
  return last_id_;
}

std::optional<runtime::HttpCompletion> FakeShardsTransport::wait_any(
    std::optional<SteadyTime> until) {
  if (on_wait) on_wait();
  const auto next = std::min_element(pending_.begin(), pending_.end(),
                                     [](const auto& a, const auto& b) { return a.at < b.at; });
  const bool is_there = next != pending_.end() && (!until || next->at <= *until);
  if (!is_there && !until) return std::nullopt;
  const SteadyTime time = is_there ? next->at : *until;
  clock_.advance(std::max(time - clock_.steady_now(), SteadyTime::duration::zero()));
  if (!is_there) return std::nullopt;
  Pending done = std::move(*next);
  pending_.erase(next);
  Result<HttpResponse> result = service_.answer(done.call);
  // A fault that is a timeout comes when that has passed.
  if (!result && result.error().code == ErrorCode::kTimeout && done.call.request.timeout)
    clock_.advance(*done.call.request.timeout);
  return runtime::HttpCompletion{.id = done.id, .result = std::move(result)};
}

std::string FakeShardsTransport::cancel(runtime::HttpRequestId id) {
  std::erase_if(pending_, [id](const Pending& each) { return each.id == id; });
  return "no answer in time";
}

}  // namespace streamonce::testing
