#include "tests/simulation/service.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "tests/simulation/violation.h"
#include "tests/support/condition_expression.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;
using runtime::HttpResponse;

constexpr const char* kPrefix = "com.amazonaws.dynamodb.v20120810#";
constexpr const char* kLedger = "ledger";
constexpr std::size_t kActionsMax = 100;
constexpr const char* kWrongOperand =
    "An operand in the update expression has an incorrect data type";

HttpResponse error(const std::string& code, const std::string& message) {
  const json body = {{"__type", kPrefix + code}, {"message", message}};
  return {.status = 400, .headers = {}, .body = body.dump()};
}

const json& inner(const json& action) {
  return action.begin().value();
}

bool is_mark(const json& action) {
  return inner(action)["TableName"] == kLedger;
}

const json& key_attributes(const json& action) {
  return action.contains("Put") ? action["Put"]["Item"] : inner(action)["Key"];
}

std::string id_of(const json& action) {
  return key_attributes(action)["id"]["S"].get<std::string>();
}

std::string version_of(const json& mark) {
  return mark["v"]["S"].get<std::string>();
}

/// A number of up to two places behind the point, in hundredths.
std::int64_t hundredths_of(const std::string& text) {
  constexpr std::size_t kPlaces = 2;
  constexpr std::size_t kDigitsMax = 15;
  std::string digits = text;
  std::size_t places = 0;
  if (const std::size_t point = text.find('.'); point != std::string::npos) {
    digits.erase(point, 1);
    places = digits.size() - point;
  }
  require(places <= kPlaces && digits.size() <= kDigitsMax &&
              digits.find_first_not_of("-0123456789") == std::string::npos,
          "a number that the model does not know: " + text);
  return std::stoll(digits + std::string(kPlaces - places, '0'));
}

std::string text_of_hundredths(std::int64_t number) {
  const std::string digits = std::to_string(std::abs(number) + 1'000);  // three digits at least
  std::string text =
      std::to_string(std::abs(number) / 100) + "." + digits.substr(digits.size() - 2);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return (number < 0 ? "-" : "") + text;
}

/// What an update adds, by attribute, in hundredths.
std::map<std::string, std::int64_t> added_by(const json& update) {
  std::map<std::string, std::int64_t> added;
  const json& names = update["ExpressionAttributeNames"];
  const json& values = update["ExpressionAttributeValues"];
  require(!update.contains("ConditionExpression"), "an update under a condition");
  std::string expected;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string number = std::to_string(i);
    expected += (i == 0 ? "ADD #a" : ", #a") + number + " :a" + number;
    const json& value = values[":a" + number];
    const std::int64_t amount = hundredths_of(value["N"].get<std::string>());
    require(amount != 0, "an update that adds nothing: " + update.dump());
    require(added.emplace(names["#a" + number].get<std::string>(), amount).second,
            "an attribute twice in an update");
  }
  require(!names.empty() && values.size() == names.size() && update["UpdateExpression"] == expected,
          "an update that the model does not know: " + update.dump());
  return added;
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
    const std::string name = is_mark(action) ? id_of(action) : item_name(action);
    require(distinct.insert(inner(action)["TableName"].dump() + name).second,
            "an item twice in one transaction");
    look_at_asked(action);
    if (key_attributes(action).contains("invalid"))
      return error("ValidationException", "An item is invalid");
    if (refuses_additions_whole && !can_add(action))
      return error("ValidationException", kWrongOperand);
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

HttpResponse Service::put(const std::string& body, const std::string& code) {
  const json request = json::parse(body, /*cb=*/nullptr, /*allow_exceptions=*/false);
  require(request.is_object(), "a request that is not JSON");
  const json action = {{"Put", request}};
  require(!is_mark(action), "a mark that is put alone");
  look_at_asked(action);
  if (key_attributes(action).contains("invalid"))
    return error("ValidationException", "An item is invalid");
  if (key_attributes(action).contains("mistyped"))
    return error("ValidationException", "Type mismatch for key");
  if (!code.empty()) return error(code, "Transaction is ongoing for the item");
  const json reason = reason_of(action, /*hindered=*/{}, /*code=*/{});
  if (reason["Code"] != "None") {
    json answer = {{"__type", std::string(kPrefix) + "ConditionalCheckFailedException"},
                   {"message", "The conditional request failed"}};
    if (reason.contains("Item")) answer["Item"] = reason["Item"];
    return {.status = 400, .headers = {}, .body = answer.dump()};
  }
  commit(json::array({action}));
  return {.status = 200, .headers = {}, .body = "{}"};
}

HttpResponse Service::read(const std::string& body, const std::set<std::string>& unprocessed) {
  const json request = json::parse(body, /*cb=*/nullptr, /*allow_exceptions=*/false);
  require(request.is_object(), "a request that is not JSON");
  require(request["RequestItems"].size() == 1, "a read of several tables");
  const std::string table = request["RequestItems"].begin().key();
  const json& asked = request["RequestItems"].begin().value();
  require(asked["ConsistentRead"] == true, "marks are read as they may have been once");
  constexpr std::size_t kKeysMax = 100;
  require(!asked["Keys"].empty() && asked["Keys"].size() <= kKeysMax, "a read over its bounds");
  const json answer =
      table == kLedger ? read_marks(asked, unprocessed) : read_rows(table, asked, unprocessed);
  return {.status = 200, .headers = {}, .body = answer.dump()};
}

json Service::read_marks(const json& asked, const std::set<std::string>& unprocessed) const {
  const std::string projection = asked.value("ProjectionExpression", "");
  std::vector<const char*> names = {"id", "v"};
  if (projection != "id, v") names.insert(names.end(), {"r", "w"});
  if (projection.empty()) names.insert(names.end(), {"op", "at"});
  require(projection.empty() || projection == "id, v" || projection == "id, v, r, w",
          "a projection of another form");
  json answer = {{"Responses", {{kLedger, json::array()}}}, {"UnprocessedKeys", json::object()}};
  for (const json& key : asked["Keys"]) {
    const std::string id = key["id"]["S"].get<std::string>();
    if (unprocessed.contains(id)) {
      answer["UnprocessedKeys"][kLedger]["Keys"].push_back(key);
    } else if (const auto mark = marks_.find(id); mark != marks_.end()) {
      json& read = answer["Responses"][kLedger].emplace_back();
      for (const char* name : names)
        if (mark->second.contains(name)) read[name] = mark->second[name];
    }
  }
  return answer;
}

/// What a request asks for of rows, whose attributes it names apart.
json Service::read_rows(const std::string& table, const json& asked,
                        const std::set<std::string>& unprocessed) const {
  std::string projection;
  for (const auto& [sign, name] : asked["ExpressionAttributeNames"].items())
    projection += (projection.empty() ? "" : ", ") + sign;
  require(asked["ProjectionExpression"] == projection, "a projection of another form");
  json answer = {{"Responses", {{table, json::array()}}}, {"UnprocessedKeys", json::object()}};
  for (const json& key : asked["Keys"]) {
    const json action = {{"Delete", {{"TableName", table}, {"Key", key}}}};
    if (unprocessed.contains(row_text(action))) {
      answer["UnprocessedKeys"][table]["Keys"].push_back(key);
    } else if (const json* row = find_item(item_name(action)); row != nullptr) {
      json& read = answer["Responses"][table].emplace_back(json::object());
      for (const json& name : asked["ExpressionAttributeNames"])
        if (row->contains(name)) read[name.get<std::string>()] = (*row)[name.get<std::string>()];
    }
  }
  return answer;
}

json Service::reason_of(const json& action, const std::set<std::string>& hindered,
                        const std::string& code) {
  if (key_attributes(action).contains("mistyped"))
    return {{"Code", "ValidationError"}, {"Message", "Type mismatch for key"}};
  if (!can_add(action)) return {{"Code", "ValidationError"}, {"Message", kWrongOperand}};
  if (!hindered.empty() && hindered.contains(is_mark(action) ? id_of(action) : row_text(action)))
    return {{"Code", code}, {"Message", "Transaction is ongoing for the item"}};
  const json& write = inner(action);
  const auto names = write.find("ExpressionAttributeNames");
  const bool is_about_owner = names != write.end() && names->contains("#k");
  const json* there = find_there(action);
  const std::optional<bool> holds =
      is_about_owner ? owner_holds(action) : testing::condition_holds(write, there);
  require(holds.has_value(), "a condition that the model does not know: " + write.dump());
  if (*holds) return {{"Code", "None"}};
  json reason = {{"Code", "ConditionalCheckFailed"}, {"Message", "The conditional request failed"}};
  const bool tells = write.value("ReturnValuesOnConditionCheckFailure", "") == "ALL_OLD";
  if (tells && there != nullptr) reason["Item"] = *there;
  return reason;
}

/// What is there where the action writes or looks; null: nothing.
const json* Service::find_there(const json& action) const {
  if (!is_mark(action)) return find_item(item_name(action));
  const auto mark = marks_.find(id_of(action));
  return mark == marks_.end() ? nullptr : &mark->second;
}

/// Table and key of a row.
std::string Service::row_text(const json& action) const {
  const json& write = inner(action);
  json key = key_attributes(action);
  if (action.contains("Put")) {
    const std::string name = key_name(write["TableName"].get<std::string>());
    key = {{name, key.value(name, json())}};
  }
  return "\"TableName\":" + write["TableName"].dump() + ",\"Key\":" + key.dump();
}

/// Whether the condition on the owner holds that an item is written under.
bool Service::owner_holds(const json& action) const {
  const json& write = inner(action);
  if (!write.contains("ConditionExpression")) return true;
  const json& names = write["ExpressionAttributeNames"];
  const json& values = write["ExpressionAttributeValues"];
  require(names["#k"] == key_name(write["TableName"].get<std::string>()),
          "a condition on something else than the key");
  require(write["ReturnValuesOnConditionCheckFailure"] == "NONE", "another's item comes back");
  const json* there = find_item(item_name(action));
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

/// Whether an action is none that adds to something else than numbers.
bool Service::can_add(const json& action) const {
  if (!action.contains("Update")) return true;
  const json* there = find_item(item_name(action));
  if (there == nullptr) return true;
  const auto added = added_by(action["Update"]);
  return std::all_of(added.begin(), added.end(), [&](const auto& each) {
    return !there->contains(each.first) || (*there)[each.first].contains("N");
  });
}

void Service::add(const std::string& name, const json& update) {
  json& row = items_.emplace(name, update["Key"]).first->second;
  for (const auto& [attribute, amount] : added_by(update)) {
    const std::int64_t before =
        row.contains(attribute) ? hundredths_of(row[attribute]["N"].get<std::string>()) : 0;
    row[attribute] = {{"N", text_of_hundredths(before + amount)}};
  }
}

const json* Service::find_item(const std::string& key) const {
  const auto found = items_.find(key);
  return found == items_.end() ? nullptr : &found->second;
}

void Service::commit(const json& actions) {
  std::set<std::string> keys;
  std::set<std::string> ids;
  for (const json& action : actions) {
    if (action.contains("ConditionCheck")) continue;
    if (is_mark(action)) {
      const std::string id = id_of(action);
      require(action.contains("Put"), "a mark was removed: " + id);
      look_at_mark(id, inner(action));
      marks_[id] = key_attributes(action);
      ids.insert(id);
      continue;
    }
    const std::string name = item_name(action);
    keys.insert(name);
    look_at_item(action, find_item(name));
    if (action.contains("Put"))
      items_[name] = key_attributes(action);
    else if (action.contains("Update"))
      add(name, inner(action));
    else
      items_.erase(name);
  }
  look_at_written(keys, ids);
}

std::string Service::item_name(const json& action) const {
  return id_of(action);
}

std::string Service::mark_text(const std::string& id, const std::string& name) const {
  const auto mark = marks_.find(id);
  if (mark == marks_.end() || !mark->second.contains(name)) return {};
  return mark->second[name]["S"].get<std::string>();
}

std::vector<std::string> Service::item_names() const {
  std::vector<std::string> names;
  for (const auto& [name, item] : items_) names.push_back(name);
  return names;
}

std::vector<std::string> Service::mark_ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, mark] : marks_) ids.push_back(id);
  return ids;
}

std::string Service::item(const std::string& key) const {
  const json* found = find_item(key);
  return found == nullptr ? "" : found->dump();
}

namespace {

/// The key of the item that a mark is of.
std::string key_of_mark(const std::string& id) {
  return id.substr(id.rfind(':') + 1);
}

/// A version without the sign that its entry holds content.
std::string without_sign(const std::string& version) {
  return version.starts_with('~') ? version.substr(1) : version;
}

}  // namespace

SourceService::Step SourceService::check_mark(const std::string& id, const json& put) const {
  const std::string key = key_of_mark(id);
  require(id == Source::ledger_id(key), "a mark of an unknown name: " + id);
  const json& mark = put["Item"];
  const Change* change = source_.find(key, without_sign(version_of(mark)));
  require(change != nullptr, "a mark with a version that no change has: " + mark.dump());
  const std::string nonce = mark.contains("r") ? mark["r"]["S"].get<std::string>() : "";
  const bool keeps = !nonce.empty();
  require(mark["op"]["S"] == (change->removes || keeps ? "remove" : "put"),
          "a mark of the wrong operation");
  require(change->flaw == Flaw::kNone, "a change that cannot be applied was");
  const Change* old = marked(key);
  require(keeps ? old == change : old == nullptr || old->ordinal < change->ordinal,
          key + " went back to " + change->version);
  require(!keeps || nonce != mark_text(id, "r"), key + " was left twice, and nothing tells");
  check_passed(old, *change);
  return {.before = old, .after = change, .keeps = keeps};
}

void SourceService::check_passed(const Change* old, const Change& change) const {
  for (std::size_t i = old == nullptr ? 0 : old->ordinal + 1; i < change.ordinal; ++i) {
    const Change& skipped = source_.changes()[i];
    // (A change that the service or a view alone would refuse may be superseded before that.)
    require(skipped.key != change.key || skipped.flaw != Flaw::kUnreadable || given_up_.contains(i),
            change.key + ": a later change was applied while " + skipped.version + " had failed");
  }
}

const Change* SourceService::marked(const std::string& key) const {
  const std::string version = without_sign(mark_text(Source::ledger_id(key), "v"));
  return version.empty() ? nullptr : source_.find(key, version);
}

void SourceService::give_up(const Change& change) {
  given_up_.insert(change.ordinal);
  with_gaps_.insert(change.key);
}

void MirrorService::look_at_mark(const std::string& id, const json& put) {
  require(!check_mark(id, put).keeps, "a mirror leaves a row");
}

void MirrorService::look_at_written(const std::set<std::string>& keys,
                                    const std::set<std::string>& ids) {
  std::set<std::string> touched = keys;
  for (const std::string& id : ids) touched.insert(key_of_mark(id));
  for (const std::string& key : touched) check_item(key);
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

void MirrorService::check_end(const std::string& key, const Change* newest) const {
  const bool exists = newest != nullptr && !newest->removes;
  require(item(key) == (exists ? json::parse(newest->image).dump() : ""),
          key + " is not what it is in the source");
}

}  // namespace streamonce::simulation
