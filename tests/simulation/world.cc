#include "tests/simulation/world.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/base/check.h"
#include "tests/simulation/violation.h"
#include "tests/support/signed_request.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;
using runtime::HttpResponse;
using std::chrono::milliseconds;

constexpr const char* kFaultNames[] = {
    "none",         "lost request", "lost answer",       "slow",
    "throttled",    "conflict",     "throttled reasons", "corrupted",
    "error before", "error after",  "truncated",         "page",
    "reasonless"};

/// The time that a request needs to be answered; the code under test may look at the clock a moment
/// before it starts a few requests.
constexpr milliseconds kAnswerTimeLeast{10};

/// How many of 100 marks and rows of a request are hindered where some are.
constexpr int kHinderedPercent = 40;

std::string http_date(WallTime time) {
  const std::time_t whole =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&whole, &utc);
  std::array<char, 40> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

HttpResponse error(int status, const std::string& code) {
  return {.status = status, .headers = {}, .body = R"({"__type":"x#)" + code + "\"}"};
}

/// A cancelled transaction with no reason for any of its actions.
HttpResponse reasonless(const std::string& body) {
  std::string reasons;
  for (std::size_t at = body.find("\"TableName\""); at != std::string::npos;
       at = body.find("\"TableName\"", at + 1))
    reasons += (reasons.empty() ? "" : ",") + std::string(R"({"Code":"None"})");
  return {.status = 400,
          .headers = {},
          .body = R"({"__type":"x#TransactionCanceledException","CancellationReasons":[)" +
                  reasons + "]}"};
}

/// The rows that a request adds to, as Service has their names in `hindered`.
std::set<std::string> rows_added_to(const std::string& body) {
  std::set<std::string> rows;
  const std::string action = R"("Update":{)";
  for (std::size_t at = body.find(action); at != std::string::npos;
       at = body.find(action, at + 1)) {
    const std::size_t start = at + action.size();
    rows.insert(body.substr(start, body.find(R"(,"UpdateExpression")", start) - start));
  }
  return rows;
}

/// The rows with marks that a transaction would write, or that are read, as Service has their
/// names.
std::set<std::string> rows_with_marks(const std::string& body) {
  std::set<std::string> rows;
  const bool writes = body.find(R"("ExpressionAttributeNames":{"#m":)") != std::string::npos;
  const bool reads = body.find(R"("ExpressionAttributeNames":{"#a":)") != std::string::npos;
  if (!writes && !reads) return rows;
  const json request = json::parse(body);
  const auto note = [&rows](const std::string& table, const json& key) {
    rows.insert("\"TableName\":" + json(table).dump() + ",\"Key\":" + key.dump());
  };
  if (reads) {
    for (const auto& [table, asked] : request["RequestItems"].items())
      for (const json& key : asked["Keys"]) note(table, key);
    return rows;
  }
  for (const json& action : request["TransactItems"]) {
    const json& write = action.begin().value();
    if (!write.contains("ExpressionAttributeNames")) continue;
    note(write["TableName"],
         write.contains("Key") ? write["Key"] : json{{"id", write["Item"]["id"]}});
  }
  return rows;
}

/// Some of the marks that a request would write, of the rows that it adds to, and of those that
/// have marks.
std::set<std::string> some_of(Random& random, const std::string& body) {
  std::set<std::string> marks;
  const std::string before = R"("id":{"S":"sim|)";
  for (std::size_t at = body.find(before); at != std::string::npos;
       at = body.find(before, at + 1)) {
    const std::size_t start = at + before.size() - 4;
    if (random.chance(kHinderedPercent))
      marks.insert(body.substr(start, body.find('"', start) - start));
  }
  for (const std::string& row : rows_added_to(body))
    if (random.chance(kHinderedPercent)) marks.insert(row);
  for (const std::string& row : rows_with_marks(body))
    if (random.chance(kHinderedPercent)) marks.insert(row);
  return marks;
}

}  // namespace

World::Operation World::operation_of(const runtime::HttpRequest& request) {
  const std::string& target = request.headers.at(1);
  if (target.ends_with(".BatchGetItem")) return Operation::kRead;
  return target.ends_with(".PutItem") ? Operation::kPut : Operation::kTransact;
}

World::Fault World::draw_fault() {
  if (is_down) return random_.chance(50) ? Fault::kLostRequest : Fault::kErrorBefore;
  if (!random_.chance(fault_percent)) return Fault::kNone;
  return static_cast<Fault>(random_.between(1, std::size(kFaultNames) - 1));
}

WallTime World::true_time() const {
  constexpr milliseconds kStart{1'795'221'862'580};  // 2026-11-21T00:44:22.580Z
  return WallTime(kStart + std::chrono::duration_cast<milliseconds>(now().time_since_epoch()));
}

std::size_t World::spoiled() const {
  const auto none = faults.find(kFaultNames[0]);
  std::size_t sum = 0;
  for (const auto& [name, count] : faults) sum += count;
  return none == faults.end() ? sum : sum - none->second;
}

void World::start(std::size_t client, runtime::HttpRequestId id, runtime::HttpRequest request,
                  std::size_t connection, bool is_dead) {
  ++requests;
  const std::set<std::string> rows = rows_added_to(request.body);
  if (!rows.empty()) ++requests_that_add;
  for (const Flight& other : flights_)
    for (const std::string& row : other.rows)
      require(other.client != client || other.abandoned || !rows.contains(row),
              "two transactions at once add to " + row);
  const auto timeout = request.timeout.value();
  Flight flight{.client = client,
                .id = id,
                .operation = operation_of(request),
                .body = std::move(request.body),
                .rows = rows,
                .body_into = request.body_into,
                .connection = connection,
                .signed_at = testing::signed_at(request),
                .fault = is_dead ? Fault::kLostRequest : draw_fault()};
  if (is_dead)
    ++dead_ends_;
  else
    ++faults[kFaultNames[static_cast<std::size_t>(flight.fault)]];
  const milliseconds latency(random_.between(1, 30));
  const bool unanswered = is_dead || flight.fault == Fault::kSlow;
  flight.arrives = steady_ + (unanswered ? timeout + milliseconds(random_.below(20'000)) : latency);
  flight.answers = steady_ + (unanswered ? timeout : latency + milliseconds(random_.below(20)));
  if (unanswered) flight.answer = Error{ErrorCode::kTimeout, "no answer in time"};
  flights_.push_back(std::move(flight));
}

std::list<World::Flight>::iterator World::next_arrival() {
  return std::min_element(flights_.begin(), flights_.end(), [](const Flight& a, const Flight& b) {
    return std::pair(a.arrived, a.arrives) < std::pair(b.arrived, b.arrives);
  });
}

void World::advance_to(SteadyTime time) {
  while (!flights_.empty()) {
    const auto next = next_arrival();
    if (next->arrived || next->arrives > time) break;
    steady_ = std::max(steady_, next->arrives);
    arrive(*next);
    if (next->abandoned) flights_.erase(next);
  }
  steady_ = std::max(steady_, time);
}

void World::drain() {
  for (auto next = next_arrival(); next != flights_.end() && !next->arrived; next = next_arrival())
    advance_to(next->arrives);
  flights_.clear();
}

void World::arrive(Flight& flight) {
  flight.arrived = true;
  Result<HttpResponse> answer = answer_to(flight);
  if (!flight.answer) flight.answer = std::move(answer);
}

Result<HttpResponse> World::answer_to(Flight& flight) {
  if (flight.fault != Fault::kLostRequest &&
      std::chrono::abs(flight.signed_at - true_time()) > std::chrono::minutes(5)) {
    ++refused_signatures_;
    HttpResponse response = error(400, "InvalidSignatureException");
    response.headers.emplace_back("date", http_date(true_time()));
    return response;
  }
  switch (flight.fault) {
    case Fault::kLostRequest:
      return Error{ErrorCode::kUnavailable, "connection reset"};
    case Fault::kThrottled:
      return error(400, "ThrottlingException");
    case Fault::kErrorBefore:
      return error(500, "InternalServerError");
    case Fault::kReasonless:
      if (flight.operation == Operation::kTransact) return reasonless(flight.body);
      break;
    case Fault::kCorrupted:
      return HttpResponse{.status = 200, .headers = {{"x-amz-crc32", "1"}}, .body = "{}"};
    default:
      break;
  }
  HttpResponse response = carry_out(flight);
  switch (flight.fault) {
    case Fault::kLostAnswer:
      return Error{ErrorCode::kUnavailable, "connection reset"};
    case Fault::kErrorAfter:
      return error(500, "InternalServerError");
    case Fault::kTruncated:
      response.body.resize(random_.below(response.body.size()));
      return response;
    case Fault::kPage:
      return HttpResponse{.status = 200, .headers = {}, .body = R"({"message":"please log in"})"};
    default:
      return response;
  }
}

HttpResponse World::carry_out(const Flight& flight) {
  const bool is_conflict = flight.fault == Fault::kConflict;
  const bool hinders = is_conflict || flight.fault == Fault::kThrottledReasons;
  if (flight.operation == Operation::kPut) {
    if (!hinders || !random_.chance(kHinderedPercent)) return service_.put(flight.body);
    return service_.put(flight.body, is_conflict ? "TransactionConflictException"
                                                 : "ProvisionedThroughputExceededException");
  }
  const std::set<std::string> hindered =
      hinders ? some_of(random_, flight.body) : std::set<std::string>{};
  if (flight.operation == Operation::kRead) return service_.read(flight.body, hindered);
  return service_.transact(flight.body, hindered,
                           is_conflict ? "TransactionConflict" : "ThrottlingError");
}

WallTime SimulatedClock::now() const {
  return world_.true_time() + world_.clock_ahead;
}

void SimulatedClock::sleep_for(milliseconds duration) {
  const SteadyTime end = world_.now() + duration;
  world_.on_wait();
  world_.advance_to(end);
}

SimulatedTransport::~SimulatedTransport() {
  for (World::Flight& flight : world_.flights_)
    if (flight.client == client_) flight.abandoned = true;
  std::erase_if(world_.flights_,
                [](const World::Flight& flight) { return flight.abandoned && flight.arrived; });
}

runtime::HttpRequestId SimulatedTransport::start(runtime::HttpRequest request) {
  require(world_.now() + kAnswerTimeLeast <= deadline_,
          "a request was started that could not be answered in time");
  std::size_t connection = 0;
  if (request.fresh_connection || kept_.empty()) {
    connection = ++connections_;
  } else {
    connection = kept_.front();
    kept_.pop_front();
  }
  world_.start(client_, ++last_id_, std::move(request), connection, dead_.contains(connection));
  world_.advance_to(world_.now() + world_.work);
  return last_id_;
}

std::string SimulatedTransport::cancel(runtime::HttpRequestId id) {
  for (World::Flight& flight : world_.flights_)
    if (flight.client == client_ && flight.id == id) flight.abandoned = true;
  std::erase_if(world_.flights_,
                [](const World::Flight& flight) { return flight.abandoned && flight.arrived; });
  return "no answer in time";
}

std::optional<runtime::HttpCompletion> SimulatedTransport::wait_any(
    std::optional<SteadyTime> until) {
  world_.on_wait();
  const auto mine = [&](const World::Flight& flight) {
    return flight.client == client_ && !flight.abandoned;
  };
  const auto soonest = [&] {
    auto best = world_.flights_.end();
    for (auto it = world_.flights_.begin(); it != world_.flights_.end(); ++it)
      if (mine(*it) && (best == world_.flights_.end() || it->answers < best->answers)) best = it;
    return best;
  };
  const auto next = soonest();
  if (next == world_.flights_.end()) return std::nullopt;
  if (until && next->answers > *until) {
    world_.advance_to(*until);
    return std::nullopt;
  }
  world_.advance_to(next->answers);
  STREAMONCE_CHECK(next->answer.has_value());
  runtime::HttpCompletion completion{.id = next->id, .result = std::move(*next->answer)};
  if (completion.result) kept_.push_back(next->connection);
  if (completion.result && next->body_into != nullptr) {
    next->body_into->clear();
    require(next->body_into->append(std::exchange(completion.result->body, {})),
            "an answer that has no room");
  }
  if (next->arrived)
    world_.flights_.erase(next);
  else
    next->abandoned = true;  // the request times out here, and arrives later
  world_.advance_to(world_.now() + world_.work);
  return completion;
}

}  // namespace streamonce::simulation
