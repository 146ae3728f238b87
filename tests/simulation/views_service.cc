#include "tests/simulation/views_service.h"

#include <algorithm>

#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;

/// The row that a direct view has of the change's item; empty: none.
std::string row_of(const Change& change, std::size_t view) {
  const Rows& rows = change.rows[view];
  return rows.empty() ? std::string() : rows.begin()->second;
}

}  // namespace

std::string DerivedService::item_name(const json& action) const {
  const json& write = action.begin().value();
  const bool is_put = action.contains("Put");
  const json& attributes = is_put ? write["Item"] : write["Key"];
  const std::string table = write["TableName"].get<std::string>();
  require(is_put || attributes.size() == model_.key_names(table).size(), "a key of another form");
  return model_.row_name(table, attributes);
}

const Change* DerivedService::newest_in(std::size_t view, const Change* before,
                                        const Change& last) const {
  const std::size_t first = before == nullptr ? 0 : before->ordinal + 1;
  for (std::size_t i = last.ordinal + 1; i-- > first;) {
    const Change& change = source().changes()[i];
    if (change.key == last.key && model_.concerns(view, change)) return &change;
  }
  return nullptr;
}

SourceService::Step DerivedService::check_step(const std::string& id, const json& put) const {
  const Step step = check_mark(id, put);
  require(model_.concern_any(*step.after), "a mark of a change that concerns no view");
  for (std::size_t view = 0; view < model_.size(); ++view) {
    const Change* needed = newest_in(view, step.before, *step.after);
    require(needed == nullptr || needed->flaws[view] == Flaw::kNone || is_given_up(*needed),
            step.after->key + ": a later change was applied without one that a view had needed");
  }
  return step;
}

bool DerivedService::may_leave(std::size_t view, const Change& marked,
                               const std::string& name) const {
  const std::vector<Change>& changes = source().changes();
  return std::any_of(changes.begin() + static_cast<std::ptrdiff_t>(marked.ordinal) + 1,
                     changes.end(), [&](const Change& change) {
                       return change.key == marked.key && model_.concerns(view, change) &&
                              !change.rows[view].contains(name);
                     });
}

ViewsService::ViewsService(const Source& source, const DerivedViews& views)
    : DerivedService(source, views),
      views_(views) {
  const std::vector<std::string>& tables = views.tables();
  for (const std::string& key : source.keys()) {
    for (std::size_t view = 0; view < views.size(); ++view) {
      const json row_key = views.row_key(view, key);
      names_[key].push_back(row_key.is_null() ? "" : tables[view] + row_key.dump());
      if (!row_key.is_null()) keys_[names_[key].back()].insert(key);
    }
  }
}

const std::string& ViewsService::row_name(std::size_t view, const std::string& key) const {
  return names_.at(key)[view];
}

void ViewsService::look_at_mark(const std::string& id, const json& put) {
  const Step step = check_step(id, put);
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
  require(views_.may_collide(view) && may_leave(view, *step_.after, name),
          key + " leaves a row that it keeps");
  left_[key].insert(name);
  if (there != nullptr) count_row_left();
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
    expected = row_of(*change, view);
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
    const std::string expected = newest == nullptr ? "" : row_of(*newest, view);
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
    if (is_possible && views_.concerns(view, change) && row_of(change, view) == there) return;
  }
  require(false, row_name(view, step.after->key) + " follows from a change that was done before");
}

void ViewsService::check_end(const std::string& key, const Change* newest) const {
  for (std::size_t view = 0; view < views_.size(); ++view) {
    if (newest == nullptr && !views_.may_collide(view)) {
      require(item(row_name(view, key)).empty(), key + " has a row and never was");
    } else if (newest != nullptr && views_.concerns(view, *newest) && !views_.may_collide(view)) {
      require(item(row_name(view, key)) == row_of(*newest, view),
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
