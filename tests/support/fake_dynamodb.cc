#include "tests/support/fake_dynamodb.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "tests/support/condition_expression.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using runtime::HttpResponse;

constexpr const char* kPrefix = "com.amazonaws.dynamodb.v20120810#";
constexpr std::size_t kActionsMax = 100;

HttpResponse error(int status, const std::string& code, const std::string& message) {
  const json body = {{"__type", kPrefix + code}, {"message", message}};
  return {.status = status, .headers = {}, .body = body.dump()};
}

HttpResponse cancelled_for(const json& reasons) {
  const json body = {{"__type", std::string(kPrefix) + "TransactionCanceledException"},
                     {"Message", "Transaction cancelled"},
                     {"CancellationReasons", reasons}};
  return {.status = 400, .headers = {}, .body = body.dump()};
}

HttpResponse reasonless(const json& request) {
  json reasons = json::array();
  for (std::size_t i = 0; i < request["TransactItems"].size(); ++i)
    reasons.push_back({{"Code", "None"}});
  return cancelled_for(reasons);
}

/// The Put, the Delete, the Update or the ConditionCheck of an action.
const json& inner(const json& action) {
  return action.begin().value();
}

const json& item_of(const json& action) {
  return action.contains("Put") ? action["Put"]["Item"] : inner(action)["Key"];
}

}  // namespace

runtime::HttpRequestId FakeDynamoDb::start(runtime::HttpRequest request) {
  SeenRequest now{.at = clock_.steady_now(), .request = std::move(request)};
  json body = json::parse(now.request.body, /*cb=*/nullptr, /*allow_exceptions=*/false);
  STREAMONCE_CHECK(body.is_object());
  if (body.contains("TransactItems")) {
    now.token = body["ClientRequestToken"].get<std::string>();
    for (const json& action : body["TransactItems"])
      if (inner(action)["TableName"] == ledger)
        now.ledger_ids.push_back(item_of(action)["id"]["S"].get<std::string>());
  } else if (body.contains("Item")) {
    now.key = body["Item"][key_name]["S"].get<std::string>();
  }

  Pending pending{.id = ++last_id_,
                  .body = now.request.body,
                  .body_into = now.request.body_into,
                  .request = std::move(body),
                  .fault = fault ? fault(now) : Fault{}};
  const auto timeout = now.request.timeout.value();
  pending.connection = take_connection(now.request.fresh_connection);
  const bool is_dead = dead_connections_.contains(pending.connection);
  if (is_dead) pending.fault = {.kind = FaultKind::kLostRequest, .latency = 2 * timeout};
  const bool is_late = pending.fault.kind == FaultKind::kSlow || pending.fault.latency > timeout;
  pending.applies_at = now.at + (is_late ? 2 * timeout : pending.fault.latency);
  pending.answers_at = now.at + (is_late ? timeout : pending.fault.latency);
  if (is_late) pending.answer = Error{ErrorCode::kTimeout, "no answer in time"};
  seen.push_back(std::move(now));
  pending_.push_back(std::move(pending));
  in_flight_most = std::max(in_flight_most, in_flight());
  return last_id_;
}

std::size_t FakeDynamoDb::take_connection(bool fresh) {
  if (fresh || kept_connections_.empty()) return ++connections;
  const std::size_t connection = kept_connections_.front();
  kept_connections_.erase(kept_connections_.begin());
  return connection;
}

void FakeDynamoDb::kill_kept_connections() {
  dead_connections_.insert(kept_connections_.begin(), kept_connections_.end());
}

std::size_t FakeDynamoDb::in_flight() const {
  return static_cast<std::size_t>(std::count_if(
      pending_.begin(), pending_.end(), [](const Pending& each) { return !each.abandoned; }));
}

/// The pending request that something happens to next.
std::vector<FakeDynamoDb::Pending>::iterator FakeDynamoDb::next_event() {
  const auto time_of = [](const Pending& each) {
    if (each.abandoned) return each.applies_at;
    return each.applied ? each.answers_at : std::min(each.applies_at, each.answers_at);
  };
  return std::min_element(
      pending_.begin(), pending_.end(),
      [&](const Pending& a, const Pending& b) { return time_of(a) < time_of(b); });
}

std::optional<runtime::HttpCompletion> FakeDynamoDb::wait_any(std::optional<SteadyTime> until) {
  while (in_flight() > 0) {
    const auto next = next_event();
    const bool answers = !next->abandoned && (next->applied || next->answers_at < next->applies_at);
    const SteadyTime time = answers ? next->answers_at : next->applies_at;
    if (until && time > *until) break;
    clock_.advance(std::max(time - clock_.steady_now(), SteadyTime::duration::zero()));
    if (!answers) {
      carry_out(*next);
      next->applied = true;
      if (next->abandoned) pending_.erase(next);
      continue;
    }
    runtime::HttpCompletion completion{.id = next->id, .result = std::move(*next->answer)};
    if (completion.result) kept_connections_.push_back(next->connection);
    if (completion.result && next->body_into != nullptr) {
      next->body_into->clear();
      STREAMONCE_CHECK(next->body_into->append(std::exchange(completion.result->body, {})));
    }
    next->abandoned = true;
    if (next->applied) pending_.erase(next);
    return completion;
  }
  if (until && in_flight() > 0)
    clock_.advance(std::max(*until - clock_.steady_now(), SteadyTime::duration::zero()));
  return std::nullopt;
}

std::string FakeDynamoDb::cancel(runtime::HttpRequestId id) {
  for (Pending& each : pending_) {
    if (each.id != id || each.abandoned) continue;
    each.abandoned = true;
    ++cancelled;
  }
  std::erase_if(pending_, [](const Pending& each) { return each.abandoned && each.applied; });
  return "no answer in time";
}

void FakeDynamoDb::drain() {
  std::sort(pending_.begin(), pending_.end(),
            [](const Pending& a, const Pending& b) { return a.applies_at < b.applies_at; });
  for (Pending& each : pending_)
    if (!each.applied) carry_out(each);
  pending_.clear();
}

void FakeDynamoDb::carry_out(Pending& pending) {
  const auto answer_with = [&](Result<HttpResponse> answer) {
    if (!pending.answer) pending.answer = std::move(answer);
  };
  switch (pending.fault.kind) {
    case FaultKind::kLostRequest:
      return answer_with(Error{ErrorCode::kUnavailable, "connection reset"});
    case FaultKind::kThrottled:
      return answer_with(error(400, "ThrottlingException", "Rate exceeded"));
    case FaultKind::kInternalError:
      return answer_with(error(500, "InternalServerError", "internal"));
    case FaultKind::kReasonless:
      return answer_with(reasonless(pending.request));
    case FaultKind::kAnswer:
      return answer_with(HttpResponse{.status = pending.fault.status,
                                      .headers = pending.fault.headers,
                                      .body = pending.fault.body});
    default:
      break;
  }
  HttpResponse response = pending.request.contains("TransactItems")  ? transact(pending)
                          : pending.request.contains("RequestItems") ? get(pending)
                                                                     : put(pending);
  switch (pending.fault.kind) {
    case FaultKind::kLostAnswer:
      return answer_with(Error{ErrorCode::kUnavailable, "connection reset"});
    case FaultKind::kTooLarge:
      return answer_with(Error{ErrorCode::kTooLarge, "the body is over its bound"});
    case FaultKind::kLateError:
      return answer_with(error(500, "InternalServerError", "internal"));
    case FaultKind::kGarbage:
      return answer_with(HttpResponse{.status = 200, .headers = {}, .body = "<html></html>"});
    case FaultKind::kCutShort:
      response.body.pop_back();
      return answer_with(std::move(response));
    default:
      return answer_with(std::move(response));
  }
}

HttpResponse FakeDynamoDb::transact(const Pending& pending) {
  const std::string token = pending.request["ClientRequestToken"].get<std::string>();
  if (const auto known = bodies_by_token_.find(token); known != bodies_by_token_.end()) {
    if (known->second == pending.body) return {.status = 200, .headers = {}, .body = "{}"};
    return error(400, "IdempotentParameterMismatchException", "");
  }
  const json& actions = pending.request["TransactItems"];
  if (actions.size() > kActionsMax)
    return error(400, "ValidationException", "Member must have length less than or equal to 100");
  std::set<std::string> items;
  json reasons = json::array();
  bool is_cancelled = false;
  for (const json& action : actions) {
    if (absent.contains(inner(action)["TableName"].get<std::string>()))
      return error(400, "ResourceNotFoundException", "Requested resource not found");
    const std::string& key = inner(action)["TableName"] == ledger ? "id" : key_name;
    const std::string name = inner(action)["TableName"].dump() + item_of(action)[key].dump();
    if (!items.insert(name).second)
      return error(400, "ValidationException", "multiple operations on one item");
    if (item_of(action).contains("invalid"))
      return error(400, "ValidationException", "An item is invalid");
    reasons.push_back(reason_of(action, pending.fault));
    if (reasons.back()["Code"] != "None") is_cancelled = true;
  }
  if (is_cancelled) return cancelled_for(reasons);
  for (const json& action : actions) write(action);
  bodies_by_token_[token] = pending.body;
  return {.status = 200, .headers = {}, .body = "{}"};
}

HttpResponse FakeDynamoDb::put(const Pending& pending) {
  const json action = {{"Put", pending.request}};
  const json& item = pending.request["Item"];
  if (absent.contains(pending.request["TableName"].get<std::string>()))
    return error(400, "ResourceNotFoundException", "Requested resource not found");
  if (item.contains("invalid")) return error(400, "ValidationException", "An item is invalid");
  if (item.contains("mistyped"))
    return error(400, "ValidationException",
                 "One or more parameter values were invalid: Type mismatch for key");
  const json reason = reason_of(action, pending.fault);
  if (reason["Code"] == "TransactionConflict")
    return error(400, "TransactionConflictException", "Transaction is ongoing for the item");
  if (reason["Code"] != "None") {
    json body = {{"__type", std::string(kPrefix) + "ConditionalCheckFailedException"},
                 {"message", "The conditional request failed"}};
    if (reason.contains("Item")) body["Item"] = reason["Item"];
    return {.status = 400, .headers = {}, .body = body.dump()};
  }
  write(action);
  return {.status = 200, .headers = {}, .body = "{}"};
}

HttpResponse FakeDynamoDb::get(const Pending& pending) {
  json body = {{"Responses", json::object()}, {"UnprocessedKeys", json::object()}};
  for (const auto& [table, asked] : pending.request["RequestItems"].items()) {
    json& found = body["Responses"][table] = json::array();
    for (const json& key : asked["Keys"]) {
      const json* there = find_there({{"Get", {{"TableName", table}, {"Key", key}}}});
      if (there != nullptr) found.push_back(*there);
    }
  }
  return {.status = 200, .headers = {}, .body = body.dump()};
}

/// What is there where an action writes or looks; null: nothing.
const json* FakeDynamoDb::find_there(const json& action) {
  const std::string table = inner(action)["TableName"].get<std::string>();
  const json& key = item_of(action)[table == ledger ? "id" : key_name];
  const auto found = tables[table].find(key["S"].get<std::string>());
  return found == tables[table].end() ? nullptr : &found->second;
}

json FakeDynamoDb::reason_of(const json& action, const Fault& with) {
  const json& item = item_of(action);
  if (item.contains("mistyped"))
    return {{"Code", "ValidationError"}, {"Message", "Type mismatch for key"}};
  if (action.contains("Update")) return reason_of_update(action["Update"], with);
  const std::string name = item[inner(action)["TableName"] == ledger ? "id" : key_name]["S"];
  if (with.conflicting.contains(name))
    return {{"Code", with.reason_code}, {"Message", "Transaction is ongoing for the item"}};
  const json* there = find_there(action);
  const std::optional<bool> holds = condition_holds(inner(action), there);
  STREAMONCE_CHECK(holds.has_value());
  if (*holds) return {{"Code", "None"}};
  json reason = {{"Code", "ConditionalCheckFailed"}, {"Message", "The conditional request failed"}};
  const bool tells = inner(action).value("ReturnValuesOnConditionCheckFailure", "") == "ALL_OLD";
  if (tells && there != nullptr) reason["Item"] = *there;
  return reason;
}

json FakeDynamoDb::reason_of_update(const json& update, const Fault& with) {
  const std::string key = update["Key"][key_name]["S"].get<std::string>();
  if (with.conflicting.contains(key))
    return {{"Code", with.reason_code}, {"Message", "Transaction is ongoing for the item"}};
  const json& row = tables[update["TableName"].get<std::string>()][key];
  for (const auto& [alias, name] : update["ExpressionAttributeNames"].items())
    if (row.contains(name.get<std::string>()) && !row[name.get<std::string>()].contains("N"))
      return {{"Code", "ValidationError"},
              {"Message", "An operand in the update expression has an incorrect data type"}};
  return {{"Code", "None"}};
}

void FakeDynamoDb::write(const json& action) {
  if (action.contains("ConditionCheck")) return;
  const std::string table = inner(action)["TableName"].get<std::string>();
  const json& item = item_of(action);
  const std::string key = item[table == ledger ? "id" : key_name]["S"].get<std::string>();
  if (action.contains("Delete")) {
    tables[table].erase(key);
    return;
  }
  if (action.contains("Update")) {
    json& row = tables[table][key];
    row.update(item);
    for (const auto& [alias, name] : action["Update"]["ExpressionAttributeNames"].items()) {
      json& number = row[name.get<std::string>()]["N"];
      const json& added = action["Update"]["ExpressionAttributeValues"][":" + alias.substr(1)]["N"];
      number = std::to_string((number.is_null() ? 0 : std::stoll(number.get<std::string>())) +
                              std::stoll(added.get<std::string>()));
    }
    return;
  }
  if (table == ledger) ++times_applied[{key, item["v"]["S"].get<std::string>()}];
  tables[table][key] = item;
}

}  // namespace streamonce::testing
