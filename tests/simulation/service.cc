#include "tests/simulation/service.h"

#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;
using runtime::HttpResponse;

constexpr const char* kPrefix = "com.amazonaws.dynamodb.v20120810#";
constexpr const char* kLedger = "ledger";
constexpr std::size_t kActionsMax = 100;

HttpResponse error(const std::string& code, const std::string& message) {
  const json body = {{"__type", kPrefix + code}, {"message", message}};
  return {.status = 400, .headers = {}, .body = body.dump()};
}

const json& inner(const json& action) {
  return action.contains("Put") ? action["Put"] : action["Delete"];
}

bool is_mark(const json& action) {
  return inner(action)["TableName"] == kLedger;
}

const json& key_attributes(const json& action) {
  return action.contains("Put") ? action["Put"]["Item"] : action["Delete"]["Key"];
}

std::string id_of(const json& action) {
  return key_attributes(action)["id"]["S"].get<std::string>();
}

std::string version_of(const json& mark) {
  return mark["v"]["S"].get<std::string>();
}

}  // namespace

HttpResponse Service::transact(const std::string& body, const std::set<std::string>& hindered,
                               const std::string& code) {
  const json request = json::parse(body, /*cb=*/nullptr, /*allow_exceptions=*/false);
  require(request.is_object(), "a request that is not JSON");
  const std::string token = request["ClientRequestToken"].get<std::string>();
  const auto known = tokens_.emplace(token, Token{.body = body, .committed = false}).first;
  require(known->second.body == body, "a token was used for other contents");
  if (known->second.committed) return {.status = 200, .headers = {}, .body = "{}"};
  const json& actions = request["TransactItems"];
  require(!actions.empty() && actions.size() <= kActionsMax, "a transaction over its bounds");
  std::set<std::string> distinct;
  json reasons = json::array();
  bool is_cancelled = false;
  for (const json& action : actions) {
    require(distinct.insert(inner(action)["TableName"].dump() + id_of(action)).second,
            "an item twice in one transaction");
    if (key_attributes(action).contains("invalid"))
      return error("ValidationException", "An item is invalid");
    reasons.push_back(reason_of(action, hindered, code));
    is_cancelled = is_cancelled || reasons.back()["Code"] != "None";
  }
  if (is_cancelled) {
    const json answer = {{"__type", std::string(kPrefix) + "TransactionCanceledException"},
                         {"CancellationReasons", reasons}};
    return {.status = 400, .headers = {}, .body = answer.dump()};
  }
  commit(actions);
  known->second.committed = true;
  return {.status = 200, .headers = {}, .body = "{}"};
}

HttpResponse Service::read(const std::string& body, const std::set<std::string>& unprocessed) {
  const json request = json::parse(body, /*cb=*/nullptr, /*allow_exceptions=*/false);
  require(request.is_object(), "a request that is not JSON");
  const json& asked = request["RequestItems"][kLedger];
  require(asked["ConsistentRead"] == true, "marks are read as they may have been once");
  constexpr std::size_t kKeysMax = 100;
  require(!asked["Keys"].empty() && asked["Keys"].size() <= kKeysMax, "a read over its bounds");
  const bool whole = asked["ProjectionExpression"] == "id, v, r, w";
  require(whole || asked["ProjectionExpression"] == "id, v", "a projection of another form");
  json answer = {{"Responses", {{kLedger, json::array()}}}, {"UnprocessedKeys", json::object()}};
  for (const json& key : asked["Keys"]) {
    const std::string id = key["id"]["S"].get<std::string>();
    if (unprocessed.contains(id)) {
      answer["UnprocessedKeys"][kLedger]["Keys"].push_back(key);
    } else if (const auto mark = marks_.find(id); mark != marks_.end()) {
      json& read = answer["Responses"][kLedger].emplace_back();
      for (const char* name : {"id", "v", "r", "w"})
        if (mark->second.contains(name) && (whole || *name == 'i' || *name == 'v'))
          read[name] = mark->second[name];
    }
  }
  return {.status = 200, .headers = {}, .body = answer.dump()};
}

json Service::reason_of(const json& action, const std::set<std::string>& hindered,
                        const std::string& code) {
  if (key_attributes(action).contains("mistyped"))
    return {{"Code", "ValidationError"}, {"Message", "Type mismatch for key"}};
  if (!is_mark(action)) {
    if (owner_holds(action)) return {{"Code", "None"}};
    return {{"Code", "ConditionalCheckFailed"}, {"Message", "The conditional request failed"}};
  }
  if (hindered.contains(id_of(action)))
    return {{"Code", code}, {"Message", "Transaction is ongoing for the item"}};
  if (holds(inner(action))) return {{"Code", "None"}};
  json reason = {{"Code", "ConditionalCheckFailed"}, {"Message", "The conditional request failed"}};
  const auto mark = marks_.find(id_of(action));
  if (mark != marks_.end()) reason["Item"] = mark->second;
  return reason;
}

/// Whether the condition that a mark is put under holds.
bool Service::holds(const json& put) const {
  if (!put.contains("ConditionExpression")) return true;
  const auto mark = marks_.find(put["Item"]["id"]["S"].get<std::string>());
  const bool exists = mark != marks_.end();
  const std::string condition = put["ConditionExpression"].get<std::string>();
  const auto value = [&](const char* name) {
    return put["ExpressionAttributeValues"][name]["S"].get<std::string>();
  };
  if (condition == "attribute_not_exists(v) OR v < :v")
    return !exists || version_of(mark->second) < value(":v");
  if (condition == "attribute_not_exists(id)") return !exists;
  if (condition == "attribute_exists(id) AND attribute_not_exists(id)") return false;
  if (!exists || version_of(mark->second) != value(":s")) return false;
  if (condition == "v = :s") return true;
  if (condition == "v = :s AND attribute_not_exists(r)") return !mark->second.contains("r");
  require(condition == "v = :s AND r = :r", "a condition that the model does not know");
  return mark->second.contains("r") && mark->second["r"]["S"] == value(":r");
}

/// Whether the condition on the owner holds that an item is written under.
bool Service::owner_holds(const json& action) const {
  const json& write = inner(action);
  if (!write.contains("ConditionExpression")) return true;
  const json& names = write["ExpressionAttributeNames"];
  const json& values = write["ExpressionAttributeValues"];
  require(names["#k"] == "id", "a condition on something else than the key");
  require(write["ReturnValuesOnConditionCheckFailure"] == "NONE", "another's item comes back");
  const json* there = find_item(id_of(action));
  std::string expected;
  bool is_owned = true;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string number = std::to_string(i);
    expected += (i == 0 ? "#o" : " AND #o") + number + " = :o" + number;
    const std::string name = names["#o" + number].get<std::string>();
    is_owned = is_owned && there != nullptr && there->contains(name) &&
               (*there)[name] == values[":o" + number];
  }
  require(write["ConditionExpression"] == "attribute_not_exists(#k) OR (" + expected + ")",
          "a condition that the model does not know");
  return there == nullptr || is_owned;
}

const json* Service::find_item(const std::string& key) const {
  const auto found = items_.find(key);
  return found == items_.end() ? nullptr : &found->second;
}

void Service::commit(const json& actions) {
  std::set<std::string> keys;
  std::set<std::string> ids;
  for (const json& action : actions) {
    const std::string id = id_of(action);
    if (is_mark(action)) {
      require(action.contains("Put"), "a mark was removed: " + id);
      look_at_mark(id, inner(action));
      marks_[id] = key_attributes(action);
      ids.insert(id);
      continue;
    }
    keys.insert(id);
    look_at_item(action, find_item(id));
    if (action.contains("Put"))
      items_[id] = key_attributes(action);
    else
      items_.erase(id);
  }
  look_at_written(keys, ids);
}

std::string Service::mark_text(const std::string& id, const std::string& name) const {
  const auto mark = marks_.find(id);
  if (mark == marks_.end() || !mark->second.contains(name)) return {};
  return mark->second[name]["S"].get<std::string>();
}

std::string Service::item(const std::string& key) const {
  const json* found = find_item(key);
  return found == nullptr ? "" : found->dump();
}

namespace {

/// The key of the item that a mirror's mark is of.
std::string key_of_mark(const std::string& id) {
  return id.substr(id.rfind(':') + 1);
}

}  // namespace

void MirrorService::look_at_mark(const std::string& id, const json& put) {
  const std::string key = key_of_mark(id);
  require(id == Source::ledger_id(key), "a mark of an unknown name: " + id);
  check_mark(key, mark_text(id, "v"), put["Item"]);
}

void MirrorService::look_at_written(const std::set<std::string>& keys,
                                    const std::set<std::string>& ids) {
  std::set<std::string> touched = keys;
  for (const std::string& id : ids) touched.insert(key_of_mark(id));
  for (const std::string& key : touched) check_item(key);
}

/// Checks G2 and G3: effects on one item come in increasing version, and nothing passes a flawed
/// change.
void MirrorService::check_mark(const std::string& key, const std::string& old_version,
                               const json& mark) const {
  const Change* change = source_.find(key, version_of(mark));
  require(change != nullptr, "a mark with a version that no change has: " + mark.dump());
  require(mark["op"]["S"] == (change->removes ? "remove" : "put"), "a mark of the wrong operation");
  require(change->flaw == Flaw::kNone, "a change that cannot be applied was");
  std::size_t first = 0;
  if (!old_version.empty()) {
    const Change* old = source_.find(key, old_version);
    require(old->ordinal < change->ordinal,
            key + " went back from " + old_version + " to " + change->version);
    first = old->ordinal + 1;
  }
  for (std::size_t i = first; i < change->ordinal; ++i) {
    const Change& skipped = source_.changes()[i];
    // (A change that the service alone would refuse may be superseded before it was ever sent.)
    require(skipped.key != key || skipped.flaw != Flaw::kUnreadable || given_up_.contains(i),
            key + ": a later change was applied while " + skipped.version + " had failed");
  }
}

/// Checks G1 and G4: mark and item say the same after every transaction.
void MirrorService::check_item(const std::string& key) const {
  const Change* change = marked(key);
  require(change != nullptr, "the item " + key + " was written without its mark");
  const std::string there = item(key);
  if (change->removes)
    require(there.empty(), key + " is there though its mark says that it was removed");
  else
    require(there == json::parse(change->image).dump(), key + " is not as its mark says: " + there);
}

const Change* MirrorService::marked(const std::string& key) const {
  const std::string version = mark_text(Source::ledger_id(key), "v");
  return version.empty() ? nullptr : source_.find(key, version);
}

}  // namespace streamonce::simulation
