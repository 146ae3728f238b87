#include "tests/support/chaos_source.h"

#include <algorithm>
#include <random>
#include <utility>

#include "tests/support/stream_event.h"
#include "tests/support/trimmed_number.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

constexpr unsigned kItems = 40;
constexpr unsigned kHotItems = 6;  // have half of all changes
constexpr unsigned kValueBytesMost = 3'000;
constexpr unsigned kRememberedValueBytesMost = 300;  // where it is not the bytes that matter
constexpr unsigned kSeats = 12;
constexpr unsigned kKinds = 3;
constexpr unsigned kTagsMost = 5;

/// A weight has so many digits behind the point, and so few before it that the sum of all has 38.
constexpr int kFractionDigits = 30;
constexpr unsigned kWholeMost = 999'999;

constexpr std::string_view kDirectText = R"(
CREATE SOURCE orders KEY (id);
CREATE VIEW copies AS SELECT * EXCLUDE (amount) FROM orders;
CREATE VIEW known KEY (kind, id) AS
  SELECT 'known' AS kind, id, CHAR_LENGTH(value) AS letters, amount IS MISSING AS lacks
  FROM orders WHERE NOT amount IS NULL;
CREATE VIEW large AS SELECT id, value, amount + 1 AS more FROM orders WHERE amount > 3;
)";

constexpr std::string_view kRememberingText = R"(
CREATE SOURCE orders KEY (id);
CREATE VIEW copies AS SELECT id, value FROM orders;
CREATE VIEW moving KEY (place, id) AS
  SELECT 'P' || amount AS place, id, CHAR_LENGTH(value) AS letters FROM orders WHERE amount > 1;
CREATE VIEW labels KEY (id, place) AS
  SELECT o.id, i AS place, tag FROM orders AS o, o.tags AS tag AT i;
CREATE VIEW seats KEY (seat) AS SELECT seat, id, CHAR_LENGTH(value) AS letters FROM orders;
CREATE VIEW totals KEY (everything) AS
  SELECT 'all' AS everything, COUNT(*) AS items, SUM(amount) AS amount, SUM(weight) AS weight
  FROM orders GROUP BY 'all';
CREATE VIEW kinds KEY (kind) AS
  SELECT kind, COUNT(*) AS items, SUM(weight) AS weight FROM orders GROUP BY kind;
)";

std::vector<KeptView> direct_views() {
  return {{.name = "copies", .key = {{"id", "S"}}},
          {.name = "known", .key = {{"kind", "S"}, {"id", "S"}}},
          {.name = "large", .key = {{"id", "S"}}}};
}

std::vector<KeptView> remembering_views() {
  return {
      {.name = "copies", .key = {{"id", "S"}}},
      {.name = "moving", .key = {{"place", "S"}, {"id", "S"}}},
      {.name = "labels", .key = {{"id", "S"}, {"place", "N"}}},
      {.name = "seats", .key = {{"seat", "S"}}},
      {.name = "totals", .key = {{"everything", "S"}}, .amounts = {"items", "amount", "weight"}},
      {.name = "kinds", .key = {{"kind", "S"}}, .amounts = {"items", "weight"}},
  };
}

/// A row of a view, by the view's name.
using Rows = std::vector<std::pair<std::string, json>>;

std::string text_in(const json& item, const char* name) {
  return item[name].begin().value().get<std::string>();
}

json letters_of(const json& item) {
  return {{"N", std::to_string(text_in(item, "value").size())}};
}

/// The amount; none: it is missing or NULL.
std::optional<int> amount_of(const json& item) {
  if (!item.contains("amount") || item["amount"].contains("NULL")) return std::nullopt;
  return std::stoi(text_in(item, "amount"));
}

Rows direct_rows_of(const json& item) {
  json copy = item;
  copy.erase("amount");
  Rows rows = {{"copies", copy}};
  const int amount = amount_of(item).value_or(0);
  if (amount > 3) {
    copy["more"]["N"] = std::to_string(amount + 1);
    rows.emplace_back("large", copy);
  }
  if (item.contains("amount") && item["amount"].contains("NULL")) return rows;
  rows.emplace_back("known", json{{"kind", {{"S", "known"}}},
                                  {"id", item["id"]},
                                  {"letters", letters_of(item)},
                                  {"lacks", {{"BOOL", !item.contains("amount")}}}});
  return rows;
}

Rows remembered_rows_of(const json& item) {
  const json& id = item["id"];
  Rows rows = {{"copies", {{"id", id}, {"value", item["value"]}}}};
  if (const auto amount = amount_of(item); amount.value_or(0) > 1)
    rows.emplace_back("moving", json{{"place", {{"S", "P" + std::to_string(*amount)}}},
                                     {"id", id},
                                     {"letters", letters_of(item)}});
  const json tags = item.value("tags", json{{"L", json::array()}});
  for (std::size_t i = 0; i < tags["L"].size(); ++i)
    rows.emplace_back(
        "labels", json{{"id", id}, {"place", {{"N", std::to_string(i)}}}, {"tag", tags["L"][i]}});
  if (item.contains("seat"))
    rows.emplace_back("seats",
                      json{{"seat", item["seat"]}, {"id", id}, {"letters", letters_of(item)}});
  return rows;
}

/// What a weight is a whole number of.
__extension__ using Grains = unsigned __int128;

Grains grains_of(const std::string& weight) {
  Grains grains = 0;
  int digits = 0;  // behind the point
  bool is_fraction = false;
  for (const char c : weight) {
    if (c == '.') {
      is_fraction = true;
      continue;
    }
    grains = grains * 10 + static_cast<unsigned>(c - '0');
    if (is_fraction) ++digits;
  }
  for (; digits < kFractionDigits; ++digits) grains *= 10;
  return grains;
}

/// The plain number, without zeros at its end.
std::string number_of(Grains grains) {
  std::string digits;
  for (; grains > 0; grains /= 10) digits += static_cast<char>('0' + static_cast<int>(grains % 10));
  if (digits.size() <= kFractionDigits) digits.resize(kFractionDigits + 1, '0');
  std::reverse(digits.begin(), digits.end());
  digits.insert(digits.size() - kFractionDigits, ".");
  return trimmed_number(std::move(digits));
}

struct Sums {
  int items = 0;
  int amount = 0;
  Grains weight = 0;
};

/// The rows of the views that add up.
Rows rows_of_groups(const std::map<std::string, json>& items) {
  Sums all;
  std::map<std::string, Sums> kinds;
  for (const auto& [id, item] : items) {
    for (Sums* sums : {&all, &kinds[text_in(item, "kind")]}) {
      ++sums->items;
      sums->amount += amount_of(item).value_or(0);
      if (item.contains("weight")) sums->weight += grains_of(text_in(item, "weight"));
    }
  }
  const auto number = [](const std::string& text) { return json{{"N", text}}; };
  Rows rows = {{"totals",
                {{"everything", {{"S", "all"}}},
                 {"items", number(std::to_string(all.items))},
                 {"amount", number(std::to_string(all.amount))},
                 {"weight", number(number_of(all.weight))}}}};
  for (const auto& [kind, sums] : kinds)
    rows.emplace_back("kinds", json{{"kind", {{"S", kind}}},
                                    {"items", number(std::to_string(sums.items))},
                                    {"weight", number(number_of(sums.weight))}});
  return rows;
}

/// Who has which seat.
class Seats {
 public:
  /// Empty: nobody.
  std::string holder_of(const std::string& seat) const {
    const auto found = holders_.find(seat);
    return found == holders_.end() ? std::string() : found->second;
  }
  /// Empty: none.
  std::string seat_of(const std::string& id) const {
    for (const auto& [seat, holder] : holders_)
      if (holder == id) return seat;
    return {};
  }
  void leave(const std::string& id) {
    std::erase_if(holders_, [&](const auto& each) { return each.second == id; });
  }
  /// Takes a seat that is free.
  void take(const std::string& id, const std::string& seat) {
    leave(id);
    holders_[seat] = id;
  }

 private:
  std::map<std::string, std::string> holders_;  // ids by seats
};

class HistoryMaker {
 public:
  HistoryMaker(unsigned seed, Keeping keeping)
      : random_(seed),
        more_random_(seed),
        keeping_(keeping) {}

  std::vector<SourceRecord> make(std::size_t count) {
    while (history_.size() < count) change_one();
    return std::move(history_);
  }

 private:
  std::string next_number() const { return std::to_string(60 + 3 * history_.size()); }

  void add(const std::string& id, std::optional<json> item) {
    const bool is_new = items_.erase(id) == 0;
    if (item) {
      item->erase("seat");
      if (const std::string seat = seats_.seat_of(id); !seat.empty()) (*item)["seat"]["S"] = seat;
      items_[id] = *item;
    }
    history_.push_back(
        {.number = next_number(), .id = id, .item = std::move(item), .is_new = is_new});
  }

  void change_one() {
    const std::string id =
        "k" + std::to_string(random_() % (random_() % 2 == 0 ? kItems : kHotItems));
    if (random_() % 4 == 0) {
      seats_.leave(id);
      add(id, std::nullopt);
      return;
    }
    const unsigned most =
        keeping_ == Keeping::kRemembering ? kRememberedValueBytesMost : kValueBytesMost;
    const std::string value = "v" + next_number() + std::string(random_() % most, '-');
    json item = {{"id", {{"S", id}}}, {"value", {{"S", value}}}};
    const std::size_t amount = history_.size() % 7;  // missing, NULL or a number
    if (amount == 1) item["amount"]["NULL"] = true;
    if (amount > 1) item["amount"]["N"] = std::to_string(amount);
    if (keeping_ == Keeping::kRemembering) add_more(item);
    if (keeping_ == Keeping::kRemembering && more_random_() % 3 == 0)
      move_to_a_seat(id, item);
    else
      add(id, item);
  }

  /// Adds what only views that remember look at.
  void add_more(json& item) {
    item["kind"]["S"] = "kind-" + std::to_string(more_random_() % kKinds);
    if (more_random_() % 5 != 0) {
      json tags = json::array();
      for (auto left = more_random_() % (kTagsMost + 1); left > 0; --left)
        tags.push_back({{"S", std::string(1, static_cast<char>('a' + more_random_() % 4))}});
      item["tags"]["L"] = tags;
    }
    if (more_random_() % 6 == 0) return;
    std::string weight = std::to_string(more_random_() % kWholeMost) + ".";
    for (int i = 0; i < kFractionDigits; ++i)
      weight += static_cast<char>('0' + more_random_() % 10);
    item["weight"]["N"] = number_of(grains_of(weight));
  }

  /// The item takes a seat. If another one has it, that one leaves it first, and then takes this
  /// one's.
  void move_to_a_seat(const std::string& id, const json& item) {
    const std::string seat = "seat-" + std::to_string(more_random_() % kSeats);
    const std::string own = seats_.seat_of(id);
    const std::string other = seats_.holder_of(seat);
    const bool is_exchange = !other.empty() && other != id;
    if (is_exchange) {
      seats_.leave(other);
      add(other, items_.at(other));
    }
    seats_.take(id, seat);
    add(id, item);
    if (!is_exchange || own.empty()) return;
    seats_.take(other, own);
    add(other, items_.at(other));
  }

  std::mt19937 random_;
  std::mt19937 more_random_;  // so that all keepings have one history of what all look at
  const Keeping keeping_;
  Seats seats_;
  std::map<std::string, json> items_;
  std::vector<SourceRecord> history_;
};

}  // namespace

std::string KeptView::place_of(const json& row) const {
  std::string place = name;
  for (const auto& [attribute, type] : key)
    place += " " + (row.contains(attribute) ? text_in(row, attribute.c_str()) : "?");
  return place;
}

std::optional<std::string> KeptView::text_of(json row) const {
  for (const std::string& amount : amounts) {
    if (!row.contains(amount)) continue;
    trim_number(row[amount]);
    if (row[amount] == json{{"N", "0"}}) row.erase(amount);
  }
  if (!amounts.empty() && row.size() <= key.size()) return std::nullopt;
  return row.dump();
}

const std::vector<KeptView>& views_of(Keeping keeping) {
  static const std::vector<KeptView> kNone;
  static const std::vector<KeptView> kDirect = direct_views();
  static const std::vector<KeptView> kRemembering = remembering_views();
  return keeping == Keeping::kMirror ? kNone : keeping == Keeping::kViews ? kDirect : kRemembering;
}

std::string_view views_text_of(Keeping keeping) {
  return keeping == Keeping::kViews ? kDirectText : kRememberingText;
}

std::string differences(const Texts& found, const Texts& expected) {
  constexpr std::size_t kShown = 150;
  const auto text_of = [](const Texts& texts, const std::string& place) {
    const auto text = texts.find(place);
    return text == texts.end() ? "nothing" : text->second;
  };
  Texts all = found;
  all.insert(expected.begin(), expected.end());
  std::string lines;
  for (const auto& [place, _] : all) {
    const std::string is = text_of(found, place);
    const std::string should_be = text_of(expected, place);
    if (is == should_be) continue;
    lines += place + ": " + is.substr(0, kShown);
    lines += ", expected " + should_be.substr(0, kShown) + "\n";
  }
  return lines;
}

std::string SourceRecord::text() const {
  return item ? to_json({.event_name = is_new ? "INSERT" : "MODIFY",
                         .sequence_number = number,
                         .keys = key_of(id),
                         .new_image = item->dump()})
              : remove(id, number);
}

std::vector<SourceRecord> random_history(unsigned seed, std::size_t count, Keeping keeping) {
  return HistoryMaker(seed, keeping).make(count);
}

void SourceState::apply(const SourceRecord& record) {
  items_.erase(record.id);
  if (record.item) items_[record.id] = *record.item;
  const std::string label(kStreamArn.substr(kStreamArn.rfind('/') + 1));
  marks_[record.id] = label + "/" + std::string(40 - record.number.size(), '0') + record.number +
                      (record.item ? " put" : " remove");
}

TargetState SourceState::expected() const {
  TargetState state{.items = {}, .marks = marks_};
  Rows rows;
  for (const auto& [id, item] : items_) {
    if (keeping_ == Keeping::kMirror) state.items[id] = item.dump();
    if (keeping_ == Keeping::kMirror) continue;
    const bool is_direct = keeping_ == Keeping::kViews;
    for (auto& row : is_direct ? direct_rows_of(item) : remembered_rows_of(item))
      rows.push_back(std::move(row));
  }
  if (keeping_ == Keeping::kRemembering)
    for (auto& row : rows_of_groups(items_)) rows.push_back(std::move(row));
  for (const KeptView& view : views_of(keeping_))
    for (const auto& [name, row] : rows)
      if (const auto text = name == view.name ? view.text_of(row) : std::nullopt)
        state.items[view.place_of(row)] = *text;
  return state;
}

}  // namespace streamonce::testing
