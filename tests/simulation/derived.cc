#include "tests/simulation/derived.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/simulation/source.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;

/// What a view has of an item after a change.
struct Derived {
  enum class Kind : unsigned char {
    kAbsent,
    kRow,
    kFails,  ///< the change cannot be applied
  };
  Kind kind = Kind::kAbsent;
  json row = {};
};
using Kind = Derived::Kind;

constexpr std::size_t kChoices = 5;
constexpr const char* kTables[] = {"open_orders", "pairs", "chosen", "slots", "next_slots"};
/// The item that has no row where the key has a part of its own.
constexpr const char* kUnpaired = "k3";
/// Which items have a slot, and which a next one.
constexpr const char* kStatus = "PAID";
constexpr const char* kNextStatus = "NEW";
/// The items that want one row.
constexpr const char* kSharing[] = {"k0", "k1"};

bool is_null(const json& item, const char* name) {
  return item.contains(name) && item[name].contains("NULL");
}

bool has_number(const json& item, const char* name) {
  return item.contains(name) && item[name].contains("N");
}

int number(const json& item, const char* name) {
  return std::stoi(item[name]["N"].get<std::string>());
}

bool has_text(const json& item, const char* name, const char* text) {
  return item.contains(name) && item[name] == json{{"S", text}};
}

/// Copies what is there.
void copy(const json& item, json& row, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (item.contains(name)) row[name] = item[name];
}

/// Adds `total` and a number; false: it is of a wrong type. MISSING or NULL gives no attribute.
bool add_sum(const json& item, int addend, const char* name, json& row) {
  if (!item.contains("total") || is_null(item, "total")) return true;
  if (!has_number(item, "total")) return false;
  row[name] = {{"N", std::to_string(number(item, "total") + addend)}};
  return true;
}

Derived derive_open(const json& item) {
  if (has_text(item, "status", "CLOSED") || is_null(item, "note")) return {.kind = Kind::kAbsent};
  Derived derived{.kind = Kind::kRow};
  copy(item, derived.row, {"id", "n", "note", "invalid"});
  const int discount = has_number(item, "discount") ? number(item, "discount") : 0;
  if (!add_sum(item, -discount, "due", derived.row)) derived.kind = Kind::kFails;
  return derived;
}

Derived derive_pairs(const json& item, const json& key) {
  const bool is_held =
      item.contains("status") && (!item.contains("discount") ||
                                  (has_number(item, "discount") && number(item, "discount") > 1));
  if (!is_held) return {.kind = Kind::kAbsent};
  Derived derived{.kind = Kind::kRow, .row = key};
  copy(item, derived.row, {"n", "mistyped"});
  derived.row["said"] = !item.contains("note")  ? json{{"S", "none"}}
                        : is_null(item, "note") ? json{{"S", "null"}}
                                                : item["note"];
  if (!add_sum(item, 1, "next", derived.row)) derived.kind = Kind::kFails;
  return derived;
}

Derived derive_chosen(const json& item) {
  if (has_text(item, "status", "CLOSED")) return {.kind = Kind::kAbsent};
  Derived derived{.kind = Kind::kRow, .row = item};
  if (!add_sum(item, -1, "rest", derived.row)) derived.kind = Kind::kFails;
  return derived;
}

Derived derive_slots(const json& item, const char* status, const json& key) {
  if (!has_text(item, "status", status)) return {.kind = Kind::kAbsent};
  Derived derived{.kind = Kind::kRow, .row = key};
  copy(item, derived.row, {"id", "n"});
  return derived;
}

}  // namespace

DerivedViews::DerivedViews(Random& random) {
  const std::size_t kind = random.below(10);
  if (kind < 8) views_ = {View::kOpen, View::kPairs};
  if (kind >= 2) views_.push_back(View::kChosen);
  if (kind % 2 == 0) views_.insert(views_.end(), {View::kSlots, View::kNextSlots});
  choice_ = static_cast<Choice>(random.below(kChoices));
  std::vector<std::string> tables;
  std::vector<std::string> texts;
  for (const View view : views_) {
    tables.emplace_back(kTables[static_cast<std::size_t>(view)]);
    texts.push_back(text_of(view));
  }
  check(std::move(tables), texts);
}

std::string DerivedViews::text_of(View view) const {
  switch (view) {
    case View::kOpen:
      return "CREATE VIEW open_orders AS"
             " SELECT id, n, note, invalid, total - COALESCE(discount, 0) AS due"
             " FROM orders WHERE status <> 'CLOSED' AND NOT note IS NULL;\n";
    case View::kPairs:
      return "CREATE VIEW pairs KEY (pair, id) AS"
             " SELECT CASE WHEN id <> 'k3' THEN 'PAIR#' || SUBSTRING(id, 2) END AS pair, id, n,"
             " mistyped, total + 1 AS next,"
             " CASE WHEN note IS MISSING THEN 'none' WHEN note IS NULL THEN 'null' ELSE note END"
             " AS said FROM orders"
             " WHERE attribute_exists(status) AND (discount IS MISSING OR discount > 1);\n";
    case View::kSlots:
    case View::kNextSlots: {
      const bool is_next = view == View::kNextSlots;
      return "CREATE VIEW " + std::string(kTables[static_cast<std::size_t>(view)]) +
             " KEY (slot) AS"
             " SELECT CASE WHEN id IN ('k0', 'k1') THEN 'shared' ELSE id END AS slot, id, n"
             " FROM orders WHERE status = '" +
             (is_next ? kNextStatus : kStatus) + "';\n";
    }
    case View::kChosen:
      break;
  }
  return "CREATE VIEW chosen WITH (" + simulation::text_of(choice_) +
         ") AS SELECT *, total - 1 AS rest FROM orders WHERE status <> 'CLOSED';\n";
}

std::vector<std::string> DerivedViews::key_names(const std::string& table) const {
  if (table == "pairs") return {"pair", "id"};
  if (table == "slots" || table == "next_slots") return {"slot"};
  return {"id"};
}

json DerivedViews::row_key(std::size_t view, const std::string& id) const {
  if (may_collide(view)) {
    const bool is_shared =
        std::find(std::begin(kSharing), std::end(kSharing), id) != std::end(kSharing);
    return {{"slot", {{"S", is_shared ? "shared" : id}}}};
  }
  json key = {{"id", {{"S", id}}}};
  if (views_[view] != View::kPairs) return key;
  if (id == kUnpaired) return {};
  key["pair"] = {{"S", "PAIR#" + id.substr(1)}};
  return key;
}

ViewState DerivedViews::derive(std::size_t view, const Change& change) const {
  const json key = row_key(view, change.key);
  if (key.is_null() || change.removes) return {};
  const json item = json::parse(change.image);
  const auto derived = [&] {
    switch (views_[view]) {
      case View::kOpen:
        return derive_open(item);
      case View::kPairs:
        return derive_pairs(item, key);
      case View::kSlots:
        return derive_slots(item, kStatus, key);
      case View::kNextSlots:
        return derive_slots(item, kNextStatus, key);
      case View::kChosen:
        break;
    }
    return derive_chosen(item);
  }();
  ViewState state{.fails = derived.kind == Kind::kFails};
  if (derived.kind == Kind::kRow) state.rows.push_back(derived.row);
  return state;
}

bool DerivedViews::concerns(std::size_t view, const Change& change) const {
  return !depends_on_history(view) || simulation::concerns(choice_, change);
}

bool DerivedViews::may_collide(std::size_t view) const {
  return views_[view] == View::kSlots || views_[view] == View::kNextSlots;
}

bool DerivedViews::depends_on_history(std::size_t view) const {
  return views_[view] == View::kChosen;
}

}  // namespace streamonce::simulation
