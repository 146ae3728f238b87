#include "tests/simulation/view_model.h"

#include <algorithm>
#include <utility>

#include "handler/views/rules/checker.h"
#include "tests/simulation/source.h"
#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;

Flaw flaw_of(const ViewState& state) {
  const auto has = [&](const char* name) {
    return std::any_of(state.rows.begin(), state.rows.end(),
                       [&](const json& row) { return row.contains(name); });
  };
  return state.fails       ? Flaw::kUnderived
         : has("invalid")  ? Flaw::kInvalid
         : has("mistyped") ? Flaw::kMistyped
                           : Flaw::kNone;
}

}  // namespace

void ViewModel::check(std::vector<std::string> tables, const std::vector<std::string>& texts) {
  tables_ = std::move(tables);
  std::string text = "CREATE SOURCE orders KEY (id);\n";
  for (const std::string& each : texts) text += each;
  handler::views::CheckedViews checked = handler::views::check_text(text);
  require(checked.faults.empty(), handler::views::describe("views.sql", checked.faults));
  checked_ = std::move(checked.views);
}

std::string text_of(Choice choice) {
  switch (choice) {
    case Choice::kInsertsOnly:
      return "events = 'INSERT'";
    case Choice::kNoRemovals:
      return "events = 'INSERT, MODIFY'";
    case Choice::kNoInserts:
      return "events = 'MODIFY, REMOVE'";
    case Choice::kKeepsExpired:
      return "expiry = 'keep'";
    case Choice::kKeepsDeleted:
      break;
  }
  return "deletes = 'keep'";
}

bool concerns(Choice choice, const Change& change) {
  switch (choice) {
    case Choice::kInsertsOnly:
      return change.event_name == "INSERT";
    case Choice::kNoRemovals:
      return change.event_name != "REMOVE";
    case Choice::kNoInserts:
      return change.event_name != "INSERT";
    case Choice::kKeepsExpired:
      return !change.expires;
    case Choice::kKeepsDeleted:
      break;
  }
  return !change.removes;
}

std::string ViewModel::row_name(const std::string& table, const json& row) const {
  json key = json::object();
  for (const std::string& name : key_names(table)) {
    require(row.contains(name), "a row without its key in " + table);
    key[name] = row[name];
  }
  return table + key.dump();
}

void ViewModel::note(Change& change) const {
  Flaw worst = Flaw::kNone;
  for (std::size_t view = 0; view < size(); ++view) {
    ViewState state = derive(view, change);
    const Flaw flaw = flaw_of(state);
    Rows& rows = change.rows.emplace_back();
    if (!state.fails)
      for (const json& row : state.rows) rows[row_name(tables()[view], row)] = row.dump();
    change.groups.push_back(state.fails ? Groups() : std::move(state.groups));
    change.flaws.push_back(flaw);
    if (!concerns(view, change)) continue;
    // A view with no value comes first, and then what is wrong with a transaction as a whole.
    const bool is_worse = worst == Flaw::kNone || flaw == Flaw::kUnderived ||
                          (worst == Flaw::kMistyped && flaw == Flaw::kInvalid);
    if (is_worse) worst = flaw;
  }
  if (change.flaw != Flaw::kUnreadable) change.flaw = worst;
}

bool ViewModel::concern_any(const Change& change) const {
  for (std::size_t view = 0; view < size(); ++view)
    if (concerns(view, change)) return true;
  return false;
}

}  // namespace streamonce::simulation
