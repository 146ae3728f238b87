#include "tests/simulation/memory_service.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/memory_text.h"
#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;

std::set<std::string> names_of(const Rows& rows) {
  std::set<std::string> names;
  for (const auto& [name, row] : rows) names.insert(name);
  return names;
}

/// Adds amounts to `sums`, or takes them from there. What comes to 0 does not stay.
void add_groups(Groups& sums, const Groups& groups, int sign) {
  for (const auto& [group, amounts] : groups) {
    for (const auto& [name, amount] : amounts) {
      sums[group][name] += sign * amount;
      if (sums[group][name] == 0) sums[group].erase(name);
    }
    if (sums[group].empty()) sums.erase(group);
  }
}

}  // namespace

/// What an entry tells of each view. Checks what holds of the entry by itself.
MemoryService::HeldByView MemoryService::read_held(const json& entry) const {
  const std::string content = entry.contains("w") ? entry["w"]["S"].get<std::string>() : "";
  require(content.empty() || !entry.contains("ttl"), "an entry that holds content expires");
  HeldByView held(views_.size());
  for (const auto& [name, remembered] : read_memory_text(content)) {
    const auto& tables = views_.tables();
    const auto found = std::find(tables.begin(), tables.end(), name);
    require(found != tables.end(), "an entry tells of a view that is none: " + name);
    const auto view = static_cast<std::size_t>(found - tables.begin());
    require(views_.remembers(view) && remembered.has_groups == views_.has_groups(view),
            "an entry tells otherwise of " + name);
    for (const auto& [key, amounts] : remembered.parts) {
      const std::string part = name + key.dump();
      if (!remembered.has_groups)
        require(held[view].rows.insert(part).second, "an entry tells twice of " + part);
      for (const auto& [amount, number] : amounts)
        add_groups(held[view].groups, {{part, {{amount, hundredths(number)}}}}, 1);
    }
  }
  return held;
}

std::size_t MemoryService::view_of(const std::string& name) const {
  const auto& tables = views_.tables();
  const auto found = std::find(tables.begin(), tables.end(), name.substr(0, name.find('{')));
  require(found != tables.end(), "a row of no view: " + name);
  return static_cast<std::size_t>(found - tables.begin());
}

const MemoryService::HeldByView& MemoryService::held_by(const std::string& key) const {
  const auto found = held_.find(key);
  return found == held_.end() ? nothing_ : found->second;
}

void MemoryService::look_at_mark(const std::string& id, const json& put) {
  const Step step = check_step(id, put);
  key_ = step.after->key;
  written_[key_] = {.step = step, .held = read_held(put["Item"])};
}

/// Checks that no row of an item is written with another's entry, and that nothing is added in
/// vain.
void MemoryService::look_at_item(const json& action, const json*) {
  const std::string name = item_name(action);
  require(action.contains("Update") == views_.has_groups(view_of(name)),
          name + " is written in another way");
  if (action.contains("Update")) {
    for (const json& value : action["Update"]["ExpressionAttributeValues"])
      require(hundredths(value["N"]) != 0, "nothing is added to " + name);
    return;
  }
  const auto owner = owners_.find(name);
  require(owner == owners_.end() || owner->second == key_, key_ + " writes another's row: " + name);
  require(!written_[key_].step.keeps || action.contains("Delete"),
          key_ + " puts a row and keeps its mark");
}

/// Checks that entries and tables agree, after the transaction as before.
void MemoryService::look_at_written(const std::set<std::string>& keys,
                                    const std::set<std::string>&) {
  for (auto& [key, written] : written_)
    for (std::size_t view = 0; view < views_.size(); ++view)
      written.held[view].change = check_view(view, written);
  std::set<std::string> names;
  replace_held(names);
  for (const std::string& name : keys)
    require(names.contains(name), name + " was written without its mark");
  for (const std::string& name : names)
    views_.has_groups(view_of(name)) ? check_group(name) : check_row(name);
  written_.clear();
}

/// Checks what an entry tells of a view. @return the change that it is of
const Change* MemoryService::check_view(std::size_t view, const Written& written) const {
  const Change& marked = *written.step.after;
  if (written.step.keeps) return check_departure(view, written);
  if (!views_.concerns(view, marked) && has_gap(marked.key)) return find_origin(view, written);
  const Change* origin = newest_in(view, nullptr, marked);
  if (!views_.remembers(view)) return origin;
  const Held& held = written.held[view];
  require(held.rows == (origin == nullptr ? std::set<std::string>() : names_of(origin->rows[view])),
          marked.key + " has an entry with other rows than its views: " + views_.tables()[view]);
  require(held.groups == (origin == nullptr ? Groups() : origin->groups[view]),
          marked.key + " has an entry with other amounts than its views: " + views_.tables()[view]);
  return origin;
}

/// Checks an entry that leaves rows ahead of its item's next change.
const Change* MemoryService::check_departure(std::size_t view, const Written& written) const {
  const Change& marked = *written.step.after;
  const Held& before = held_by(marked.key)[view];
  const Held& held = written.held[view];
  if (!views_.remembers(view)) return before.change;
  require(held.groups == before.groups, marked.key + " leaves a group and keeps its mark");
  require(std::includes(before.rows.begin(), before.rows.end(), held.rows.begin(), held.rows.end()),
          marked.key + " has more rows and keeps its mark");
  for (const std::string& name : before.rows)
    require(held.rows.contains(name) || may_leave(view, marked, name),
            marked.key + " leaves a row that it keeps: " + name);
  return before.change;
}

/// The change that an entry tells of where the view leaves the newest one alone, and others were
/// given up: it is as before, or as one that the entry had not stood for.
const Change* MemoryService::find_origin(std::size_t view, const Written& written) const {
  const auto& [before, after, keeps] = written.step;
  const Held& held = written.held[view];
  for (std::size_t i = before == nullptr ? 0 : before->ordinal + 1; i < after->ordinal; ++i) {
    const Change& change = source().changes()[i];
    if (change.key != after->key || change.flaw == Flaw::kUnreadable ||
        change.flaws[view] != Flaw::kNone || !views_.concerns(view, change))
      continue;
    if (held.rows == names_of(change.rows[view]) && held.groups == change.groups[view] &&
        std::all_of(change.rows[view].begin(), change.rows[view].end(),
                    [&](const auto& row) { return item(row.first) == row.second; }))
      return &change;
  }
  const Held& old = held_by(after->key)[view];
  require(held.rows == old.rows && held.groups == old.groups,
          after->key + " has an entry of a change that was done before: " + views_.tables()[view]);
  return old.change;
}

/// Takes the entries of the transaction for what there is. `names` are the rows that were or are
/// theirs, and the groups whose sums change.
void MemoryService::replace_held(std::set<std::string>& names) {
  Groups changes;
  for (auto& [key, written] : written_) {
    for (std::size_t view = 0; view < views_.size(); ++view) {
      Held& now = written.held[view];
      const Held& before = held_by(key)[view];
      if (!views_.remembers(view)) {
        names.insert(views_.tables()[view] + json{{"id", {{"S", key}}}}.dump());
        if (now.change != nullptr) now.rows = names_of(now.change->rows[view]);
      }
      for (const std::string& name : before.rows) {
        if (!now.rows.contains(name) && written.step.keeps) count_row_left();
        owners_.erase(name);
      }
      names.insert(before.rows.begin(), before.rows.end());
      names.insert(now.rows.begin(), now.rows.end());
      add_groups(changes, before.groups, -1);
      add_groups(changes, now.groups, 1);
    }
  }
  for (auto& [key, written] : written_) {
    for (const Held& held : written.held)
      for (const std::string& name : held.rows)
        require(owners_.emplace(name, key).second, name + " is the row of two items");
    held_[key] = std::move(written.held);
  }
  for (const auto& [group, amounts] : changes) names.insert(group);
  add_groups(sums_, changes, 1);
}

/// Checks that a row is there if it is somebody's, and is what the view makes of that one's change.
void MemoryService::check_row(const std::string& name) const {
  const auto owner = owners_.find(name);
  const std::size_t view = view_of(name);
  if (owner == owners_.end())
    return require(item(name).empty(), name + " is there and is no item's");
  const Change* change = held_by(owner->second)[view].change;
  require(item(name) == change->rows[view].at(name),
          name + " is not as its view has it: " + item(name));
}

/// Checks that a group is the sum of what all entries tell.
void MemoryService::check_group(const std::string& name) const {
  const auto found = sums_.find(name);
  std::map<std::string, std::int64_t> expected;
  if (found != sums_.end()) expected = found->second;
  const std::string there = item(name);
  const json row = there.empty() ? json::object() : json::parse(there);
  const std::vector<std::string> key = views_.key_names(views_.tables()[view_of(name)]);
  for (const auto& [attribute, value] : row.items()) {
    if (std::find(key.begin(), key.end(), attribute) != key.end()) continue;
    require(hundredths(value["N"]) == expected[attribute], name + " is no sum: " + there);
    expected.erase(attribute);
  }
  require(std::all_of(expected.begin(), expected.end(),
                      [](const auto& amount) { return amount.second == 0; }),
          name + " lacks an amount: " + there);
}

bool MemoryService::is_blocked(const Change& change) const {
  for (std::size_t view = 0; view < views_.size(); ++view) {
    if (!views_.may_collide(view)) continue;
    for (const auto& [name, row] : change.rows[view])
      if (const auto owner = owners_.find(name);
          owner != owners_.end() && owner->second != change.key)
        return true;
  }
  return false;
}

void MemoryService::check_end(const std::string& key, const Change* newest) const {
  for (std::size_t view = 0; view < views_.size(); ++view) {
    const Held& held = held_by(key)[view];
    require(newest != nullptr || (held.rows.empty() && held.groups.empty()),
            key + " has something and never was");
    if (newest == nullptr || !views_.concerns(view, *newest)) continue;
    require(held.rows == names_of(newest->rows[view]) && held.groups == newest->groups[view],
            key + " is not what the view makes of the source: " + views_.tables()[view]);
    for (const auto& [name, row] : newest->rows[view])
      require(item(name) == row, name + " is not what the view makes of the source");
  }
  for (const auto& [name, amounts] : sums_) check_group(name);
}

void MemoryService::check_left(const std::string& key, const Change* newest) const {
  for (std::size_t view = 0; view < views_.size(); ++view) {
    if (!views_.may_collide(view)) continue;
    for (const std::string& name : held_by(key)[view].rows)
      require(newest != nullptr && newest->rows[view].contains(name),
              key + " has a row in the end that it has no more, and others may wait for");
  }
}

}  // namespace streamonce::simulation
