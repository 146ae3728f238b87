#include "bench/memory_tables.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include "bench/load.h"
#include "bench/write_units.h"

namespace streamonce::bench {
namespace {

using nlohmann::json;

constexpr std::size_t kActionsMax = 100;
constexpr std::size_t kComplaintsMax = 10;

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + separator.size();
  }
  return parts;
}

/// What `#name` stands for; any other name for itself.
std::string name_in(const json& action, const std::string& name) {
  if (!name.starts_with('#')) return name;
  return action.value("/ExpressionAttributeNames"_json_pointer, json::object()).value(name, name);
}

const json* value_in(const json& action, const std::string& name) {
  const auto values = action.find("ExpressionAttributeValues");
  if (values == action.end()) return nullptr;
  const auto found = values->find(name);
  return found == values->end() ? nullptr : &*found;
}

/// The write units of one action of a transaction: the larger counts of what is there and what is
/// put.
std::uint64_t units_of(const json& action, const json* there) {
  const std::string old = there == nullptr ? "{}" : there->dump();
  const std::string put = action.contains("Item") ? action["Item"].dump() : "{}";
  return std::max(write_units_in_transaction(old), write_units_in_transaction(put));
}

/// The entries that an answer has of an item: all, or those of a projection.
json projected(const json& item, const std::string& projection) {
  if (projection.empty()) return item;
  json some = json::object();
  for (const std::string& name : split(projection, ", "))
    if (item.contains(name)) some[name] = item[name];
  return some;
}

std::string cancelled(const std::vector<json>& reasons) {
  std::string codes;
  for (const json& reason : reasons)
    codes.append(codes.empty() ? "" : ", ").append(reason.value("Code", ""));
  // The type comes first, as the service has it.
  return R"({"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",)"
         R"("CancellationReasons":)" +
         json(reasons).dump() +
         R"(,"Message":"Transaction cancelled, please refer cancellation reasons for specific )" +
         "reasons [" + codes + "]\"}";
}

}  // namespace

void MemoryTables::reset(std::map<std::string, std::vector<std::string>> keys) {
  keys_ = std::move(keys);
  tables_.clear();
  requests_ = {};
  complaints_.clear();
}

std::string MemoryTables::answer(std::string_view operation, std::string_view body) {
  const json request = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (request.is_discarded()) {
    complain("a request that is not JSON");
    return {};
  }
  if (operation == "BatchGetItem") return batch_get(request);
  if (operation == "GetItem") return get(request);
  if (operation == "TransactWriteItems") return transact(request);
  complain("an operation that is not expected: " + std::string(operation));
  return {};
}

std::vector<json> MemoryTables::items(const std::string& table) const {
  std::vector<json> items;
  const auto found = tables_.find(table);
  if (found == tables_.end()) return items;
  for (const auto& [key, item] : found->second) items.push_back(item);
  return items;
}

MemoryTables::Requests MemoryTables::take_requests() {
  return std::exchange(requests_, {});
}

std::vector<std::string> MemoryTables::take_complaints() {
  return std::exchange(complaints_, {});
}

std::string MemoryTables::batch_get(const json& request) {
  ++requests_.reads;
  json responses = json::object();
  std::size_t count = 0;
  const json tables = request.value("RequestItems", json::object());
  for (const auto& [table, wanted] : tables.items()) {
    if (!wanted.value("ConsistentRead", false)) complain("a read that is not consistent");
    json found = json::array();
    const json keys = wanted.value("Keys", json::array());
    for (const json& key : keys) {
      ++count;
      if (const json* item = find(table, key))
        found.push_back(projected(*item, wanted.value("ProjectionExpression", "")));
    }
    responses[table] = std::move(found);
  }
  if (count == 0 || count > kActionsMax) complain("a read of " + std::to_string(count) + " items");
  return json{{"Responses", std::move(responses)}, {"UnprocessedKeys", json::object()}}.dump();
}

std::string MemoryTables::get(const json& request) {
  ++requests_.reads;
  if (!request.value("ConsistentRead", false)) complain("a read that is not consistent");
  const json* item = find(request.value("TableName", ""), request.value("Key", json::object()));
  return item == nullptr ? "{}" : json{{"Item", *item}}.dump();
}

std::string MemoryTables::transact(const json& request) {
  ++requests_.writes;
  const json actions = request.value("TransactItems", json::array());
  if (actions.empty() || actions.size() > kActionsMax)
    complain("a transaction of " + std::to_string(actions.size()) + " actions");
  std::vector<json> reasons;
  std::set<std::pair<std::string, std::string>> touched;
  bool is_refused = false;
  for (const json& each : actions) {
    const json& action = each.begin().value();
    const std::string table = action.value("TableName", "");
    const json& place = action.contains("Item") ? action["Item"] : action["Key"];
    if (!touched.emplace(table, key_of(table, place)).second)
      complain("two actions on one item of " + table);
    const json* there = find(table, place);
    requests_.write_units += units_of(action, there);
    json& reason = reasons.emplace_back(json{{"Code", "None"}});
    if (holds(action, there)) continue;
    is_refused = true;
    reason = {{"Code", "ConditionalCheckFailed"}, {"Message", "The conditional request failed"}};
    if (there != nullptr && action.value("ReturnValuesOnConditionCheckFailure", "") == "ALL_OLD")
      reason["Item"] = *there;
  }
  if (is_refused) return cancelled(reasons);
  for (const json& each : actions) apply(each.begin().key(), each.begin().value());
  return "{}";
}

json* MemoryTables::find(const std::string& table, const json& item_or_key) {
  Table& items = tables_[table];
  const auto found = items.find(key_of(table, item_or_key));
  return found == items.end() ? nullptr : &found->second;
}

std::string MemoryTables::key_of(const std::string& table, const json& item_or_key) const {
  const auto names = keys_.find(table);
  if (names == keys_.end()) return {};
  std::string key;
  for (const std::string& name : names->second) key += item_or_key.value(name, json()).dump() + ' ';
  return key;
}

/// Whether the condition of an action, which may be none, holds for the item that is there.
bool MemoryTables::holds(const json& action, const json* there) {
  constexpr std::string_view kAbsent = "attribute_not_exists(";
  const std::string condition = action.value("ConditionExpression", "");
  if (condition.empty()) return true;
  const auto term_holds = [&](const std::string& term) {
    if (term.starts_with(kAbsent) && term.ends_with(')'))
      return there == nullptr ||
             !there->contains(
                 name_in(action, term.substr(kAbsent.size(), term.size() - kAbsent.size() - 1)));
    const std::vector<std::string> words = split(term, " ");
    const json* const value = words.size() == 3 ? value_in(action, words[2]) : nullptr;
    if (value == nullptr || (words[1] != "=" && words[1] != "<")) {
      complain("a condition that is not expected: " + condition);
      return false;
    }
    const std::string name = name_in(action, words[0]);
    if (there == nullptr || !there->contains(name)) return false;
    const json& found = (*there)[name];
    return words[1] == "=" ? found == *value : found.value("S", "") < value->value("S", "");
  };
  for (const std::string& any : split(condition, " OR ")) {
    bool all = true;
    for (const std::string& term : split(any, " AND ")) all = term_holds(term) && all;
    if (all) return true;
  }
  return false;
}

void MemoryTables::apply(const std::string& kind, const json& action) {
  const std::string table = action.value("TableName", "");
  if (!keys_.contains(table)) return complain("a table that is not there: " + table);
  const json& place = action.contains("Item") ? action["Item"] : action["Key"];
  const std::string key = key_of(table, place);
  if (kind == "Put") {
    tables_[table][key] = place;
  } else if (kind == "Delete") {
    tables_[table].erase(key);
  } else if (kind == "Update") {
    add(action, tables_[table].try_emplace(key, place).first->second);
  } else {
    complain("an action that is not expected: " + kind);
  }
}

/// Carries out `ADD a :a, b :b`.
void MemoryTables::add(const json& action, json& item) {
  const std::string expression = action.value("UpdateExpression", "");
  if (!expression.starts_with("ADD ")) return complain("an update that is not expected");
  for (const std::string& part : split(std::string_view(expression).substr(4), ", ")) {
    const std::vector<std::string> words = split(part, " ");
    const json* const value = words.size() == 2 ? value_in(action, words[1]) : nullptr;
    if (value == nullptr) return complain("an update that is not expected: " + expression);
    json& number = item[name_in(action, words[0])];
    const auto more = cents_of(value->value("N", ""));
    const auto before = number.is_null() ? 0 : cents_of(number.value("N", ""));
    if (!more || !before) return complain("a number that is not expected: " + value->dump());
    number = {{"N", decimal_text(*before + *more)}};
  }
}

void MemoryTables::complain(std::string text) {
  if (complaints_.size() < kComplaintsMax) complaints_.push_back(std::move(text));
}

}  // namespace streamonce::bench
