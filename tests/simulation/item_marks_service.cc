#include "tests/simulation/item_marks_service.h"

#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;

std::string key_of_marked_item(const std::string& id) {
  return id.substr(id.rfind(':') + 1);
}

}  // namespace

void ItemMarksService::put_old(const std::string& key) {
  const json item = {{"id", {{"S", key}}}, {"n", {{"N", "-1"}}}};
  put_item(key, item);
  old_[key] = item.dump();
}

std::string ItemMarksService::version_in_item(const std::string& key) const {
  const std::string text = item(key);
  if (text.empty()) return {};
  const json there = json::parse(text);
  return there.contains(kVersionAttribute) ? there[kVersionAttribute]["S"].get<std::string>() : "";
}

/// The change that the ledger tells of; null: of none.
const Change* ItemMarksService::removed(const std::string& key) const {
  return SourceService::marked(key);
}

const Change* ItemMarksService::marked(const std::string& key) const {
  const std::string version = version_in_item(key);
  return version.empty() ? removed(key) : source().find(key, version);
}

/// A change of an item that is there is put alone, and what is invalid of it is told before
/// anything is compared. With an insert the ledger is asked.
bool ItemMarksService::tells_by_mark(const Change& refused) const {
  const Change* tombstone = removed(refused.key);
  return refused.flaw == Flaw::kMistyped && refused.event_name == "INSERT" &&
         tombstone != nullptr && tombstone->ordinal > refused.ordinal;
}

void ItemMarksService::look_at_mark(const std::string& id, const json& put) {
  const std::string key = key_of_marked_item(id);
  require(id == Source::ledger_id(key), "a mark of an unknown name: " + id);
  const json& mark = put["Item"];
  if (keeps_in_ledger_) return require(!check_mark(id, put).keeps, "a mirror leaves a row");
  require(mark["op"]["S"] == "remove" && !mark.contains("r"),
          "the ledger has a mark of what is there: " + mark.dump());
  tombstones_.insert(key);
}

/// Checks that a row which is put has its version, and that one which is removed leaves it with the
/// ledger in the same transaction.
void ItemMarksService::look_at_item(const json& action, const json* /*there*/) {
  if (keeps_in_ledger_) return;
  const std::string key = item_name(action);
  if (action.contains("Put")) {
    require(action["Put"]["Item"].contains(kVersionAttribute), key + " is put without its version");
    require(!tombstones_.contains(key), key + " is put with its tombstone");
  } else {
    require(tombstones_.contains(key), key + " is removed without its tombstone");
  }
}

void ItemMarksService::look_at_written(const std::set<std::string>& keys,
                                       const std::set<std::string>& ids) {
  std::set<std::string> touched = keys;
  for (const std::string& id : ids) touched.insert(key_of_marked_item(id));
  for (const std::string& key : touched) check_item(key);
  tombstones_.clear();
}

/// The item that a change leaves; empty: none.
std::string ItemMarksService::expected(const Change& change) const {
  if (change.removes) return {};
  json item = json::parse(change.image);
  if (!keeps_in_ledger_) item[kVersionAttribute] = {{"S", change.version}};
  return item.dump();
}

void ItemMarksService::check_item(const std::string& key) {
  const Change* now = marked(key);
  require(now != nullptr, key + " was written without a mark that a change has");
  const Change*& newest = newest_[key];
  require(newest == nullptr || newest->ordinal < now->ordinal,
          key + (item(key).empty() ? " went back to " : " came back to ") + now->version);
  require(now->flaw == Flaw::kNone, "a change that cannot be applied was");
  check_passed(newest, *now);
  require(item(key) == expected(*now), key + " is not as its mark says: " + item(key));
  const Change* tombstone = removed(key);
  require(tombstone == nullptr || tombstone->ordinal <= now->ordinal,
          key + " has a tombstone above its version");
  if (!keeps_in_ledger_) changed_.insert(key);
  newest = now;
}

void ItemMarksService::check_end(const std::string& key, const Change* newest) const {
  if (newest == nullptr) {
    const auto old = old_.find(key);
    return require(item(key) == (old == old_.end() ? "" : old->second),
                   key + " was never changed, and is not what it was");
  }
  const std::string there = item(key);
  json item = there.empty() ? json() : json::parse(there);
  if (!there.empty() && changed_.contains(key)) {
    require(item[kVersionAttribute] == json{{"S", newest->version}},
            key + " has another version than its newest change");
    item.erase(kVersionAttribute);
  }
  require((there.empty() ? "" : item.dump()) ==
              (newest->removes ? "" : json::parse(newest->image).dump()),
          key + " is not what it is in the source");
  require(was_in_ledger_ || mark_text(Source::ledger_id(key), "op") != "put",
          key + " has a mark in the ledger that is no tombstone");
}

}  // namespace streamonce::simulation
