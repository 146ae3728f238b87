#include "tests/simulation/service.h"

#include <algorithm>

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
    const std::string name = is_mark(action) ? id_of(action) : item_name(action);
    require(distinct.insert(inner(action)["TableName"].dump() + name).second,
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

const json* Service::find_item(const std::string& key) const {
  const auto found = items_.find(key);
  return found == items_.end() ? nullptr : &found->second;
}

void Service::commit(const json& actions) {
  std::set<std::string> keys;
  std::set<std::string> ids;
  for (const json& action : actions) {
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

std::string Service::item(const std::string& key) const {
  const json* found = find_item(key);
  return found == nullptr ? "" : found->dump();
}

namespace {

/// The key of the item that a mark is of.
std::string key_of_mark(const std::string& id) {
  return id.substr(id.rfind(':') + 1);
}

}  // namespace

SourceService::Step SourceService::check_mark(const std::string& id, const json& put) const {
  const std::string key = key_of_mark(id);
  require(id == Source::ledger_id(key), "a mark of an unknown name: " + id);
  const json& mark = put["Item"];
  const Change* change = source_.find(key, version_of(mark));
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
  for (std::size_t i = old == nullptr ? 0 : old->ordinal + 1; i < change->ordinal; ++i) {
    const Change& skipped = source_.changes()[i];
    // (A change that the service or a view alone would refuse may be superseded before that.)
    require(skipped.key != key || skipped.flaw != Flaw::kUnreadable || given_up_.contains(i),
            key + ": a later change was applied while " + skipped.version + " had failed");
  }
  return {.before = old, .after = change, .keeps = keeps};
}

const Change* SourceService::marked(const std::string& key) const {
  const std::string version = mark_text(Source::ledger_id(key), "v");
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

ViewsService::ViewsService(const Source& source, const DerivedViews& views)
    : SourceService(source),
      views_(views) {
  const std::vector<std::string> tables = views.tables();
  for (const std::string& key : source.keys()) {
    for (std::size_t view = 0; view < views.size(); ++view) {
      const json row_key = views.row_key(view, key);
      names_[key].push_back(row_key.is_null() ? "" : tables[view] + row_key.dump());
      if (!row_key.is_null()) keys_[names_[key].back()].insert(key);
    }
  }
}

std::string ViewsService::item_name(const json& action) const {
  const std::string table = inner(action)["TableName"].get<std::string>();
  json key = json::object();
  for (const std::string& name : views_.key_names(table)) {
    require(key_attributes(action).contains(name), "a row without its key in " + table);
    key[name] = key_attributes(action)[name];
  }
  require(action.contains("Put") || key_attributes(action) == key, "a key of another form");
  return table + key.dump();
}

const std::string& ViewsService::row_name(std::size_t view, const std::string& key) const {
  return names_.at(key)[view];
}

const Change* ViewsService::newest_in(std::size_t view, const Change* before,
                                      const Change& last) const {
  const std::size_t first = before == nullptr ? 0 : before->ordinal + 1;
  for (std::size_t i = last.ordinal + 1; i-- > first;) {
    const Change& change = source().changes()[i];
    if (change.key == last.key && views_.concerns(view, change)) return &change;
  }
  return nullptr;
}

void ViewsService::look_at_mark(const std::string& id, const json& put) {
  const Step step = check_mark(id, put);
  require(views_.concern_any(*step.after), "a mark of a change that concerns no view");
  for (std::size_t view = 0; view < views_.size(); ++view) {
    const Change* needed = newest_in(view, step.before, *step.after);
    require(needed == nullptr || needed->flaws[view] == Flaw::kNone || is_given_up(*needed),
            step.after->key + ": a later change was applied without one that a view had needed");
  }
  steps_[step.after->key] = step_ = step;
  if (!step.keeps) left_.erase(step.after->key);
}

/// Checks a row that is left ahead of its change: a later change of the item has none there.
void ViewsService::look_at_item(const json& action, const json* there) {
  if (!step_.keeps) return;
  const std::string name = item_name(action);
  const std::string& key = step_.after->key;
  require(action.contains("Delete"), key + " puts a row and keeps its mark");
  const std::vector<std::string>& names = names_.at(key);
  const auto found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), key + " leaves a row that it never has");
  const auto view = static_cast<std::size_t>(found - names.begin());
  const std::vector<Change>& changes = source().changes();
  require(views_.may_collide(view) &&
              std::any_of(changes.begin() + static_cast<std::ptrdiff_t>(step_.after->ordinal) + 1,
                          changes.end(),
                          [&](const Change& change) {
                            return change.key == key && change.rows[view].empty();
                          }),
          key + " leaves a row that it keeps");
  left_[key].insert(name);
  if (there != nullptr) ++rows_left_;
}

/// Checks G1: a mark and all rows of its item are one transaction.
void ViewsService::look_at_written(const std::set<std::string>& keys,
                                   const std::set<std::string>&) {
  for (const std::string& name : keys) {
    require(keys_.contains(name), "a row that no item has: " + name);
    const std::set<std::string>& items = keys_[name];
    require(std::any_of(items.begin(), items.end(),
                        [this](const std::string& key) { return steps_.contains(key); }),
            "the row " + name + " was written without its mark");
  }
  for (const auto& [key, step] : steps_)
    for (std::size_t view = 0; view < views_.size(); ++view)
      check_row(view, step, keys.contains(row_name(view, key)));
  steps_.clear();
}

bool ViewsService::is_blocked(const Change& change) const {
  for (std::size_t view = 0; view < views_.size(); ++view) {
    if (!views_.may_collide(view) || change.rows[view].empty()) continue;
    const std::string there = item(row_name(view, change.key));
    if (!there.empty() && json::parse(there)["id"]["S"] != change.key) return true;
  }
  return false;
}

/// Checks that a row is that of the one item whose mark says that it has it, if there is one.
void ViewsService::check_shared_row(std::size_t view, const std::string& name) const {
  std::string expected;
  for (const std::string& key : keys_.at(name)) {
    const Change* change = marked(key);
    if (change == nullptr || change->rows[view].empty()) continue;
    if (const auto left = left_.find(key); left != left_.end() && left->second.contains(name))
      continue;
    require(expected.empty(), name + " is the row of two items");
    expected = change->rows[view];
  }
  require(item(name) == expected, name + " is not as the marks of its items have it");
}

/// Checks G4 and G10: a row is what its view makes of the change that the mark stands for; if the
/// view leaves changes alone, of the newest one that concerns it.
void ViewsService::check_row(std::size_t view, const Step& step, bool is_written) const {
  const std::string name = row_name(view, step.after->key);
  if (views_.may_collide(view)) return check_shared_row(view, name);
  const std::string there = item(name);
  const bool is_exact = views_.concerns(view, *step.after) || !has_gap(step.after->key);
  if (is_exact) {
    const Change* newest = newest_in(view, nullptr, *step.after);
    const std::string expected = newest == nullptr ? "" : newest->rows[view];
    require(there == expected, name + " is not as its view has it: " + there);
  } else if (is_written) {
    check_no_later(view, step, there);
  }
}

/// Checks what holds of a row that was written whatever the batch had: it follows from a change
/// that the mark had not stood for before.
void ViewsService::check_no_later(std::size_t view, const Step& step,
                                  const std::string& there) const {
  const std::size_t first = step.before == nullptr ? 0 : step.before->ordinal + 1;
  for (std::size_t i = first; i < step.after->ordinal; ++i) {
    const Change& change = source().changes()[i];
    const bool is_possible = change.key == step.after->key && change.flaw != Flaw::kUnreadable &&
                             change.flaws[view] == Flaw::kNone;
    if (is_possible && views_.concerns(view, change) && change.rows[view] == there) return;
  }
  require(false, row_name(view, step.after->key) + " follows from a change that was done before");
}

void ViewsService::check_end(const std::string& key, const Change* newest) const {
  for (std::size_t view = 0; view < views_.size(); ++view) {
    if (newest == nullptr && !views_.may_collide(view)) {
      require(item(row_name(view, key)).empty(), key + " has a row and never was");
    } else if (newest != nullptr && views_.concerns(view, *newest) && !views_.may_collide(view)) {
      require(item(row_name(view, key)) == newest->rows[view],
              key + " is not what the view makes of the source");
    }
  }
}

void ViewsService::check_left(const std::string& key, const Change* newest) const {
  for (std::size_t view = 0; view < views_.size(); ++view) {
    if (!views_.may_collide(view)) continue;
    const std::string there = item(row_name(view, key));
    if (there.empty() || json::parse(there)["id"]["S"] != key) continue;
    require(newest != nullptr && !newest->rows[view].empty(),
            key + " has a row in the end that it has no more, and others may wait for");
  }
}

}  // namespace streamonce::simulation
