#include "tests/simulation/verify_service.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/clients.h"
#include "tests/simulation/memory_text.h"
#include "tests/simulation/violation.h"
#include "tests/support/stream_event.h"

namespace streamonce::simulation {
namespace {

using handler::compare::Finding;
using handler::compare::FindingClass;
using nlohmann::json;

const json& inside(const json& action) {
  return action.begin().value();
}

/// A row without the mark that it may have.
std::string without_mark(const std::string& text) {
  if (text.empty()) return text;
  json row = json::parse(text);
  row.erase(kVersionAttribute);
  return row.dump();
}

std::string table_of(const std::string& name) {
  return name.substr(0, name.find('{'));
}

/// Adds amounts to `sums`, or takes them from there. What comes to 0 does not stay.
void add_amounts(Amounts& sums, const Amounts& amounts, int sign) {
  for (const auto& [name, amount] : amounts) {
    sums[name] += sign * amount;
    if (sums[name] == 0) sums.erase(name);
  }
}

std::set<std::string> row_names(const Rows& rows) {
  std::set<std::string> names;
  for (const auto& [name, row] : rows) names.insert(name);
  return names;
}

std::string text_of(const Amounts& amounts) {
  return json(amounts).dump();
}

/// The version of an entry, without the sign that it holds content.
std::string version_in(const std::string& text) {
  return text.starts_with('~') ? text.substr(1) : text;
}

}  // namespace

void VerifyService::serve(const ChangingSource& source, const MemoryViews* views,
                          std::function<SteadyTime()> now) {
  source_ = &source;
  views_ = views;
  now_ = std::move(now);
}

const std::string& VerifyService::table(std::size_t view) const {
  static const std::string kMirrorTable = kMirror;
  return views_ == nullptr ? kMirrorTable : views_->tables()[view];
}

bool VerifyService::has_groups(std::size_t view) const {
  return views_ != nullptr && views_->has_groups(view);
}

std::string VerifyService::row_name(const std::string& table, const json& row) const {
  if (views_ != nullptr) return views_->row_name(table, row);
  return table + json{{"id", row["id"]}}.dump();
}

std::string VerifyService::row_before(const std::string& name) const {
  const auto found = rows_before_.find(name);
  return found == rows_before_.end() ? row(name) : found->second;
}

std::vector<std::string> VerifyService::rows_of(const std::string& table) const {
  std::vector<std::string> names = item_names();
  std::erase_if(names, [&](const std::string& name) { return table_of(name) != table; });
  return names;
}

std::string VerifyService::item_name(const json& action) const {
  const json& write = inside(action);
  const json& row = action.contains("Put") ? write["Item"] : write["Key"];
  return row_name(write["TableName"].get<std::string>(), row);
}

std::string VerifyService::key_name(const std::string& table) const {
  return views_ == nullptr ? "id" : views_->key_names(table).front();
}

std::size_t VerifyService::view_of(const std::string& name) const {
  for (std::size_t view = 0; view < views(); ++view)
    if (table(view) == table_of(name)) return view;
  throw Violation{"a row of no table that is known: " + name};
}

/// The row as it is but for its mark; empty: there is none.
std::string VerifyService::shown(const std::string& name) const {
  return has_item_marks ? without_mark(item(name)) : item(name);
}

// ---- What happens

void VerifyService::note_change(const Change& change) {
  std::set<std::string> names;
  const std::vector<std::size_t>& ordinals = source_->changes_of(change.key);
  if (ordinals.size() > 1)
    for (const Rows& rows : source_->changes()[ordinals[ordinals.size() - 2]].rows)
      for (const auto& [name, row] : rows)
        if (names.insert(name).second) expected_.erase(name);
  for (const Rows& rows : change.rows) {
    for (const auto& [name, row] : rows) {
      expected_[name] = row;
      names.insert(name);
    }
  }
  for (const std::string& name : names) note_row(name);
  note_lag(change.key);
}

void VerifyService::damage(const std::string& name, const json& row) {
  rows_before_[name] = item(name);
  const bool had_mark = item(name).find(kVersionAttribute) != std::string::npos;
  if (had_mark && (row.is_null() || !row.contains(kVersionAttribute))) {
    unmarked_.insert(name);
    written_states_[json::parse(item(name))["id"]["S"].get<std::string>()] = 0;
  }
  if (row.is_null())
    remove_item(name);
  else
    put_item(name, row);
  if (!has_groups(view_of(name))) {
    damaged_.insert(name);
    return note_row(name);
  }
  excess_[name] = excess_of(name);
  excesses_[name].insert(excess_[name]);
  note_wrong(name, !excess_[name].empty());
}

/// What a row of a group has more than was added to it.
Amounts VerifyService::excess_of(const std::string& name) const {
  const std::size_t view = view_of(name);
  Amounts excess;
  if (const std::string text = item(name); !text.empty()) {
    const std::vector<std::string> key = views_->key_names(table(view));
    const json row = json::parse(text);
    for (const auto& [attribute, value] : row.items())
      if (std::find(key.begin(), key.end(), attribute) == key.end())
        add_amounts(excess, {{attribute, hundredths(value["N"])}}, 1);
  }
  for (const auto& [item_key, held] : held_) {
    const auto group = held[view].groups.find(name);
    if (group != held[view].groups.end()) add_amounts(excess, group->second, -1);
  }
  return excess;
}

std::string VerifyService::expected(const std::string& name) const {
  const auto found = expected_.find(name);
  return found == expected_.end() ? "" : found->second;
}

void VerifyService::note_row(const std::string& name) {
  note_wrong(name, shown(name) != expected(name));
}

void VerifyService::note_wrong(const std::string& name, bool is_wrong) {
  const auto found = wrong_until_.find(name);
  if (is_wrong)
    wrong_until_[name] = SteadyTime::max();
  else if (found != wrong_until_.end() && found->second == SteadyTime::max())
    found->second = now_();
}

/// Notes whether the entry of an item remembers other amounts than the source makes.
void VerifyService::note_lag(const std::string& key) {
  const Change* newest = source_->newest(key);
  bool lags = false;
  for (std::size_t view = 0; view < views(); ++view) {
    const auto held = held_.find(key);
    const Groups there = held == held_.end() ? Groups() : held->second[view].groups;
    lags = lags || there != (newest == nullptr ? Groups() : newest->groups[view]);
  }
  note_wrong(key, lags);
}

// ---- Transactions

VerifyService::HeldByView VerifyService::read_held(const json& entry) const {
  HeldByView held(views());
  const std::string content = entry.contains("w") ? entry["w"]["S"].get<std::string>() : "";
  for (const auto& [name, remembered] : read_memory_text(content)) {
    Held& of_view = held[view_of(name + "{")];
    for (const auto& [key, amounts] : remembered.parts) {
      const std::string part = name + key.dump();
      if (!remembered.has_groups) of_view.rows.insert(part);
      for (const auto& [amount, number] : amounts)
        add_amounts(of_view.groups[part], {{amount, hundredths(number)}}, 1);
      if (remembered.has_groups && of_view.groups[part].empty()) of_view.groups.erase(part);
    }
  }
  return held;
}

/// The mark that the attribute of an item is.
VerifyService::MarkThere VerifyService::mark_in(const std::string& text) {
  const std::size_t end = text.find('#');
  if (end == std::string::npos) return {.version = text};
  return {.version = text.substr(0, end), .nonce = text.substr(end + 1)};
}

VerifyService::MarkThere VerifyService::mark_of(const std::string& key) const {
  if (has_item_marks) {
    const std::string text = item(row_name(table(0), json{{"id", {{"S", key}}}}));
    const json there = text.empty() ? json::object() : json::parse(text);
    if (there.contains(kVersionAttribute)) return mark_in(there[kVersionAttribute]["S"]);
  }
  const std::string id = Source::ledger_id(key);
  return {.version = version_in(mark_text(id, "v")), .nonce = mark_text(id, "r")};
}

/// Notes that an item gets a mark, which must not be behind the one that is there.
VerifyService::Step& VerifyService::begin_step(const std::string& key, const MarkThere& mark) {
  key_ = key;
  const MarkThere before = mark_of(key);
  require(before.version <= mark.version,
          key + " went back to " + mark.version + " from " + before.version);
  const bool keeps = before.version == mark.version;
  require(!keeps || (!mark.nonce.empty() && mark.nonce != before.nonce),
          key + " stays, and nothing tells");
  Step& step = steps_[key];
  step.version_before = before.version;
  step.version = mark.version;
  step.keeps = keeps;
  step.held_before = held_.emplace(key, HeldByView(views())).first->second;
  step.held = step.held_before;
  return step;
}

void VerifyService::look_at_mark(const std::string& id, const json& put) {
  const json& mark = put["Item"];
  const std::string nonce = mark.contains("r") ? mark["r"]["S"].get<std::string>() : "";
  const std::string version = version_in(mark["v"]["S"].get<std::string>());
  repairs_group_ = id.starts_with("sim|group|");
  key_.clear();
  if (repairs_group_) {
    const std::string before = version_in(mark_text(id, "v"));
    require(before <= version, id + " went back to " + version + " from " + before);
    require(before != version || (!nonce.empty() && nonce != mark_text(id, "r")),
            id + " stays, and nothing tells");
    return;
  }
  const std::string key = id.substr(id.rfind(':') + 1);
  require(id == Source::ledger_id(key), "a mark of an unknown name: " + id);
  require(!has_item_marks || mark["op"]["S"] == "remove",
          "the ledger has a mark of what is there: " + mark.dump());
  begin_step(key, {.version = version, .nonce = nonce}).held = read_held(mark);
}

/// Whether an item whose mark is not in hand has the row, as far as its entry knows: where somebody
/// else has removed it, an older change of another item may take its place for a while.
bool VerifyService::is_held_by_another(const std::string& name) const {
  return std::any_of(held_.begin(), held_.end(), [&](const auto& each) {
    return each.first != key_ &&
           std::any_of(each.second.begin(), each.second.end(),
                       [&](const Held& held) { return held.rows.contains(name); });
  });
}

void VerifyService::look_at_item(const json& action, const json* there) {
  const std::string name = item_name(action);
  rows_before_[name] = there == nullptr ? "" : there->dump();
  if (action.contains("Update")) return;
  if (has_item_marks && action.contains("Put")) {
    const json& row = inside(action)["Item"];
    require(row.contains(kVersionAttribute), name + " is put without its mark");
    begin_step(row["id"]["S"], mark_in(row[kVersionAttribute]["S"]));
  }
  require(!key_.empty(), name + " is written without the mark of an item");
  if (!is_held_by_another(name) && !unmarked_.contains(name)) damaged_.erase(name);
  if (action.contains("Put"))
    steps_[key_].puts[name] = has_item_marks ? without_mark(inside(action)["Item"].dump())
                                             : inside(action)["Item"].dump();
  else
    steps_[key_].deletes.insert(name);
}

void VerifyService::look_at_written(const std::set<std::string>& keys,
                                    const std::set<std::string>& /*ids*/) {
  std::set<std::string> groups;
  for (const auto& [key, step] : steps_) {
    check_step(key, step);
    held_[key] = step.held;
    for (const HeldByView* held : {&step.held_before, &step.held})
      for (const Held& of_view : *held)
        for (const auto& [name, amounts] : of_view.groups) groups.insert(name);
    note_lag(key);
  }
  for (const std::string& name : keys) {
    if (has_groups(view_of(name)))
      groups.insert(name);
    else
      note_row(name);
  }
  for (const std::string& name : groups) check_group(name);
  steps_.clear();
  repairs_group_ = false;
}

void VerifyService::check_step(const std::string& key, const Step& step) {
  const Change* change = source_->find(key, step.version);
  if (!step.keeps && change != nullptr) {
    require(matches(step, change), key + " is not written as " + step.version + " makes it");
    written_states_[key] = change->ordinal + 1;
    return;
  }
  const bool is_first = step.version_before.empty() && step.version < kLabel;
  require(step.keeps || is_first, key + " has a version that no change has: " + step.version);
  check_repair(key, step);
}

/// Checks that what was written is the item of some time, and no older than what was there.
void VerifyService::check_repair(const std::string& key, const Step& step) {
  std::size_t& state = written_states_[key];
  if (state == 0 && matches(step, nullptr)) return;
  for (const std::size_t ordinal : source_->changes_of(key)) {
    if (ordinal + 1 < state || !matches(step, &source_->changes()[ordinal])) continue;
    state = ordinal + 1;
    return;
  }
  require(is_departure(step), key + " was repaired with what is older than its mark");
}

/// Whether the transaction has written what the views make of a change; null: of no item.
bool VerifyService::matches(const Step& step, const Change* change) const {
  std::size_t puts = 0;
  for (std::size_t view = 0; view < views(); ++view) {
    const Rows rows = change == nullptr ? Rows() : change->rows[view];
    const Groups groups = change == nullptr ? Groups() : change->groups[view];
    for (const auto& [name, row] : step.puts) {
      const auto found = rows.find(name);
      if (found != rows.end() && found->second == row) ++puts;
    }
    for (const auto& [name, row] : rows) {
      if (step.deletes.contains(name)) return false;
      if (shown(name) != row && !damaged_.contains(name)) return false;
    }
    if (views_ == nullptr || !views_->remembers(view)) continue;
    if (step.held[view].rows != row_names(rows) && !has_groups(view)) return false;
    if (step.held[view].groups != groups) return false;
  }
  return puts == step.puts.size();
}

/// Whether the item only leaves places, so that another one may have them.
bool VerifyService::is_departure(const Step& step) const {
  if (!step.puts.empty() || step.deletes.empty()) return false;
  for (std::size_t view = 0; view < views(); ++view) {
    const Held& before = step.held_before[view];
    const Held& after = step.held[view];
    std::set<std::string> rows = after.rows;
    for (const std::string& name : step.deletes)
      if (table_of(name) == table(view)) rows.insert(name);
    if (rows != before.rows || after.groups != before.groups) return false;
  }
  return std::all_of(step.deletes.begin(), step.deletes.end(),
                     [](const std::string& name) { return table_of(name).ends_with("places"); });
}

void VerifyService::check_group(const std::string& name) {
  const Amounts before = excess_[name];
  const Amounts after = excess_of(name);
  if (!repairs_group_)
    return require(before == after, name + " and the entries do not go together: " +
                                        text_of(before) + ", then " + text_of(after));
  Amounts removed = before;
  add_amounts(removed, after, -1);
  std::set<Amounts>& known = excesses_[name];
  require(removed == before || known.contains(removed),
          name + " was never off by what was taken out of it: " + text_of(removed));
  known = {after};
  excess_[name] = after;
  note_wrong(name, !after.empty());
}

// ---- What is found, and the end

void VerifyService::check_finding(const Finding& finding, const Telling& telling) const {
  const std::string what = std::string(name_of(finding.what)) + " " + finding.table + " " +
                           finding.row_key + " of " + finding.item_key + " " + finding.reason;
  if (finding.what == FindingClass::kUnsettled || finding.what == FindingClass::kFailed)
    return require(!telling.is_calm, "found when all is calm: " + what);
  require(!telling.is_calm || finding.reason.empty(), "not mended when all is calm: " + what);
  require(now_() - telling.begin >= telling.settle, "told before the time to settle: " + what);
  require(!finding.row_key.empty(), "a finding that names no row: " + what);
  const std::string name = row_name(finding.table, json::parse(finding.row_key));
  const bool is_of_group = has_groups(view_of(name));
  require(is_of_group || !finding.item_key.empty(), "a row whose item nobody knows: " + what);
  const bool is_of_entry = is_of_group && !finding.item_key.empty();
  const std::string subject =
      is_of_entry ? json::parse(finding.item_key)["id"]["S"].get<std::string>() : name;
  const auto wrong = wrong_until_.find(subject);
  // What was mended is told after a later look, or once the item has kept changing since.
  const bool may_be_mended = telling.repairs && finding.reason.empty();
  const bool is_of_look = !may_be_mended && !finding.item_key.empty();
  const SteadyTime since = is_of_look ? telling.looked_at : telling.begin;
  require(wrong != wrong_until_.end() && wrong->second >= since,
          "told of what was right all the time: " + what);
}

void VerifyService::check_row(const std::string& name) const {
  require(shown(name) == expected(name),
          name + " is '" + item(name) + "', and the source makes '" + expected(name) + "'");
}

void VerifyService::check_undamaged() const {
  for (const auto& [name, row] : expected_)
    if (!damaged_.contains(name)) check_row(name);
  for (const std::string& name : item_names())
    if (!has_groups(view_of(name)) && !damaged_.contains(name)) check_row(name);
  for (const std::string& key : source_->keys()) {
    const auto wrong = wrong_until_.find(key);
    require(wrong == wrong_until_.end() || wrong->second != SteadyTime::max(),
            key + " has added other amounts than the source makes");
  }
}

void VerifyService::check_all() const {
  require(damaged_.empty() ||
              std::all_of(damaged_.begin(), damaged_.end(),
                          [&](const std::string& name) { return shown(name) == expected(name); }),
          "what somebody has damaged is not mended");
  check_undamaged();
  for (const auto& [name, excess] : excess_)
    require(excess.empty(), name + " is off by " + text_of(excess));
}

}  // namespace streamonce::simulation
