#include "tests/simulation/memory_views.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/simulation/source.h"
#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;

constexpr const char* kMemoryTables[] = {"open_orders",  "holders", "lines",   "words", "places",
                                         "owned_places", "totals",  "regions", "counts"};
constexpr Choice kMemoryChoices[] = {Choice::kInsertsOnly, Choice::kNoInserts,
                                     Choice::kKeepsExpired, Choice::kKeepsDeleted};
constexpr std::int64_t kHundred = 100;

bool has(const json& item, const char* name, const char* type) {
  return item.contains(name) && item[name].contains(type);
}

/// Whether the attribute is neither missing nor NULL.
bool has_value(const json& item, const char* name) {
  return item.contains(name) && !item[name].contains("NULL");
}

bool is_closed(const json& item) {
  return item.contains("status") && item["status"] == json{{"S", "CLOSED"}};
}

/// Copies what is there.
void copy_members(const json& item, json& row, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (item.contains(name)) row[name] = item[name];
}

/// The elements of the list; none: there is no list. NULL has none.
std::optional<std::vector<std::string>> elements_of(const json& item) {
  std::vector<std::string> elements;
  if (!has_value(item, "lines")) return elements;
  if (!has(item, "lines", "L")) return std::nullopt;
  for (const json& element : item["lines"]["L"]) elements.push_back(element["S"]);
  return elements;
}

ViewState derive_open_order(const json& item) {
  if (is_closed(item)) return {};
  ViewState state;
  copy_members(item, state.rows.emplace_back(), {"id", "n", "note", "invalid"});
  return state;
}

ViewState derive_holders(const json& item) {
  if (is_closed(item) || !has_value(item, "holder")) return {};
  if (!has(item, "holder", "S")) return {.fails = true};
  ViewState state;
  json& row = state.rows.emplace_back();
  copy_members(item, row, {"id", "n", "note", "invalid", "mistyped"});
  row["holder"]["S"] = "H#" + item["holder"]["S"].get<std::string>();
  return state;
}

ViewState derive_lines(const json& item, bool has_places) {
  const auto elements = elements_of(item);
  if (!elements) return {.fails = true};
  ViewState state;
  for (std::size_t i = 0; i < elements->size(); ++i) {
    json& row = state.rows.emplace_back();
    copy_members(item, row, {"id", "n"});
    if (has_places)
      row["line"]["S"] = std::to_string(i) + "#" + (*elements)[i];
    else
      row["word"]["S"] = (*elements)[i];
    const auto earlier = elements->begin() + static_cast<std::ptrdiff_t>(i);
    state.fails = state.fails ||
                  (!has_places && std::find(elements->begin(), earlier, (*elements)[i]) != earlier);
  }
  return state;
}

/// @param owner  what the row has in an attribute of its own, to tell whose it is; empty: it has id
ViewState derive_places(const json& item, const std::string& owner) {
  if (is_closed(item) || !item.contains("place")) return {};
  if (!has(item, "place", "S")) return {.fails = true};
  ViewState state;
  json& row = state.rows.emplace_back();
  copy_members(item, row, {"place", "n"});
  if (owner.empty())
    row["id"] = item["id"];
  else
    row["whose"]["S"] = owner;
  return state;
}

/// Adds to an amount that may come to 0 by it.
void add_to_group(Groups& groups, const std::string& group, const char* name, std::int64_t number) {
  groups[group][name] += number;
  if (groups[group][name] == 0) groups[group].erase(name);
  if (groups[group].empty()) groups.erase(group);
}

/// Adds the item's amount, if it has one. @return false: it is no number
bool add_amount(const json& item, Groups& groups, const std::string& group, const char* name) {
  if (!has_value(item, "amount")) return true;
  if (!has(item, "amount", "N")) return false;
  add_to_group(groups, group, name, hundredths(item["amount"]["N"]));
  return true;
}

ViewState derive_totals(const json& item) {
  const std::string group = R"(totals{"everything":{"S":"all"}})";
  ViewState state;
  add_to_group(state.groups, group, "items", kHundred);
  if (has_value(item, "note")) add_to_group(state.groups, group, "notes", kHundred);
  state.fails = !add_amount(item, state.groups, group, "amount");
  return state;
}

ViewState derive_regions(const json& item) {
  if (is_closed(item) || !item.contains("region")) return {};
  if (!has(item, "region", "S")) return {.fails = true};
  const std::string group = "regions" + json{{"region", item["region"]}}.dump();
  ViewState state;
  add_to_group(state.groups, group, "items", kHundred);
  state.fails = !add_amount(item, state.groups, group, "spent");
  return state;
}

ViewState derive_counts(const json& item) {
  const auto elements = elements_of(item);
  if (!elements) return {.fails = true};
  ViewState state;
  for (const std::string& element : *elements) {
    const std::string group = "counts" + json{{"word", {{"S", element}}}}.dump();
    add_to_group(state.groups, group, "times", kHundred);
    state.fails = state.fails || !add_amount(item, state.groups, group, "worth");
  }
  return state;
}

std::string text_attribute(const char* name, const std::string& value) {
  return ",\"" + std::string(name) + R"(":{"S":")" + value + "\"}";
}

/// A list of few words, often with one of them twice; or none, or NULL.
std::string draw_lines(Random& random, bool is_odd) {
  if (is_odd) return text_attribute("lines", "a");
  if (random.chance(10)) return random.chance(50) ? "" : R"(,"lines":{"NULL":true})";
  constexpr const char* kWords[] = {"a", "b", "c", "d"};
  std::string elements;
  std::size_t word = random.below(std::size(kWords));
  for (std::size_t left = random.below(5); left > 0; --left) {
    elements += (elements.empty() ? "" : ",") + std::string(R"({"S":")") + kWords[word] + "\"}";
    word = random.chance(15) ? random.below(std::size(kWords)) : (word + 1) % std::size(kWords);
  }
  return R"(,"lines":{"L":[)" + elements + "]}";
}

/// A number with up to two decimal places, written in one way or another; or none, or NULL.
std::string draw_amount(Random& random, bool is_odd) {
  if (is_odd) return text_attribute("amount", "5");
  if (random.chance(15)) return random.chance(50) ? "" : R"(,"amount":{"NULL":true})";
  std::string number = random.chance(40) ? "-" : "";
  number += std::to_string(random.below(random.chance(50) ? 3 : 100'000));
  const std::size_t places = random.below(3);
  if (places > 0) number += '.';
  for (std::size_t i = 0; i < places; ++i) number += static_cast<char>('0' + random.below(10));
  return R"(,"amount":{"N":")" + number + "\"}";
}

}  // namespace

std::int64_t hundredths(const std::string& text) {
  const std::size_t point = text.find('.');
  const bool is_negative = text.starts_with('-');
  std::string digits = text.substr(is_negative ? 1 : 0, point - (is_negative ? 1 : 0));
  std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
  require(fraction.size() <= 2, "more decimal places than there are");
  fraction.resize(2, '0');
  digits += fraction;
  const std::int64_t number = std::stoll(digits);
  return is_negative ? -number : number;
}

MemoryViews::MemoryViews(Random& random, Drawing drawing) {
  const bool takes_any = drawing == Drawing::kAny;
  if (random.chance(25)) views_.push_back(View::kOpen);
  const auto add_some = [&](int percent, View view) {
    if (random.chance(percent)) views_.push_back(view);
  };
  add_some(60, View::kHolders);
  add_some(60, !takes_any || random.chance(75) ? View::kLines : View::kWords);
  add_some(60, random.chance(60) ? View::kPlaces : View::kOwnedPlaces);
  add_some(60, View::kTotals);
  add_some(60, View::kRegions);
  add_some(25, View::kCounts);
  if (views_.empty() || views_.back() == View::kOpen) views_.push_back(View::kTotals);
  const auto draw_choice = [&]() -> std::optional<Choice> {
    const auto choice = kMemoryChoices[random.below(std::size(kMemoryChoices))];
    return takes_any && random.chance(30) ? std::optional(choice) : std::nullopt;
  };
  holders_choice_ = draw_choice();
  regions_choice_ = draw_choice();
  places_ = random.between(1, 4);
  exchanges_ = random.chance(60);
  std::vector<std::string> tables;
  std::vector<std::string> texts;
  for (const View view : views_) {
    tables.emplace_back(kMemoryTables[static_cast<std::size_t>(view)]);
    texts.push_back("CREATE VIEW " + tables.back() + " " + text_of(view) + ";\n");
  }
  check(std::move(tables), texts);
}

std::string MemoryViews::text_of(View view) const {
  switch (view) {
    case View::kOpen:
      return "AS SELECT id, n, note, invalid FROM orders WHERE status <> 'CLOSED'";
    case View::kHolders:
      return "KEY (holder, id)" + option_of(view) +
             " AS SELECT 'H#' || holder AS holder, id, n, note, invalid, mistyped"
             " FROM orders WHERE status <> 'CLOSED'";
    case View::kLines:
      return "KEY (id, line) AS SELECT o.id, i || '#' || l AS line, n"
             " FROM orders AS o, o.lines AS l AT i";
    case View::kWords:
      return "KEY (id, word) AS SELECT o.id, l AS word, n FROM orders AS o, o.lines AS l";
    case View::kPlaces:
      return "KEY (place) AS SELECT place, id, n FROM orders WHERE status <> 'CLOSED'";
    case View::kOwnedPlaces:
      return "KEY (place) WITH (owner = 'whose') AS SELECT place, n"
             " FROM orders WHERE status <> 'CLOSED'";
    case View::kTotals:
      return "KEY (everything) AS SELECT 'all' AS everything, COUNT(*) AS items,"
             " COUNT(note) AS notes, SUM(amount) AS amount FROM orders GROUP BY 'all'";
    case View::kRegions:
      return "KEY (region)" + option_of(view) +
             " AS SELECT region, COUNT(*) AS items, SUM(amount) AS spent"
             " FROM orders WHERE status <> 'CLOSED' GROUP BY region";
    case View::kCounts:
      break;
  }
  return "KEY (word) AS SELECT l AS word, COUNT(*) AS times, SUM(o.amount) AS worth"
         " FROM orders AS o, o.lines AS l GROUP BY l";
}

std::optional<Choice> MemoryViews::choice_of(View view) const {
  if (view == View::kHolders) return holders_choice_;
  return view == View::kRegions ? regions_choice_ : std::nullopt;
}

std::string MemoryViews::option_of(View view) const {
  const std::optional<Choice> choice = choice_of(view);
  if (!choice) return {};
  return std::string(" WITH (") + simulation::text_of(*choice) + ")";
}

std::vector<std::string> MemoryViews::key_names(const std::string& table) const {
  if (table == "holders") return {"holder", "id"};
  if (table == "lines") return {"id", "line"};
  if (table == "words") return {"id", "word"};
  if (table == "places" || table == "owned_places") return {"place"};
  if (table == "totals") return {"everything"};
  if (table == "regions") return {"region"};
  if (table == "counts") return {"word"};
  return {"id"};
}

bool MemoryViews::concerns(std::size_t view, const Change& change) const {
  const std::optional<Choice> choice = choice_of(views_[view]);
  return !choice || simulation::concerns(*choice, change);
}

bool MemoryViews::may_collide(std::size_t view) const {
  return views_[view] == View::kPlaces || views_[view] == View::kOwnedPlaces;
}

bool MemoryViews::has_groups(std::size_t view) const {
  const View kind = views_[view];
  return kind == View::kTotals || kind == View::kRegions || kind == View::kCounts;
}

ViewState MemoryViews::derive(std::size_t view, const Change& change) const {
  if (change.removes) return {};
  const json item = json::parse(change.image);
  switch (views_[view]) {
    case View::kOpen:
      return derive_open_order(item);
    case View::kHolders:
      return derive_holders(item);
    case View::kLines:
      return derive_lines(item, /*has_places=*/true);
    case View::kWords:
      return derive_lines(item, /*has_places=*/false);
    case View::kPlaces:
      return derive_places(item, "");
    case View::kOwnedPlaces:
      return derive_places(item, "2:idS" + std::to_string(change.key.size()) + ":" + change.key);
    case View::kTotals:
      return derive_totals(item);
    case View::kRegions:
      return derive_regions(item);
    case View::kCounts:
      break;
  }
  return derive_counts(item);
}

/// A place that is free or another item's, which may go to this one's in return.
std::string MemoryViews::draw_place(Random& random, const std::string& key,
                                    DrawnPlaces& drawn) const {
  std::string place = "p" + std::to_string(random.below(places_ + 1));
  if (auto next = drawn.next.extract(key); !next.empty()) {
    place = next.mapped();
  } else if (exchanges_ && !drawn.places.empty() && random.chance(60)) {
    const auto other = std::next(drawn.places.begin(),
                                 static_cast<std::ptrdiff_t>(random.below(drawn.places.size())));
    const auto mine = drawn.places.find(key);
    place = other->second;
    if (mine != drawn.places.end() && other != mine) drawn.next[other->first] = mine->second;
  }
  drawn.places[key] = place;
  return place;
}

std::string MemoryViews::draw_more(Random& random, const std::string& key, bool is_odd,
                                   DrawnPlaces& drawn) const {
  const std::size_t odd = is_odd ? random.below(6) : 6;
  std::string more;
  const std::string holder = std::to_string(random.below(4));
  if (odd == 0)
    more += R"(,"holder":{"BOOL":true})";
  else if (random.chance(90))
    more += random.chance(5) ? R"(,"holder":{"NULL":true})" : text_attribute("holder", holder);
  more += draw_lines(random, odd == 1);
  const std::string place = draw_place(random, key, drawn);
  if (odd == 2)
    more += R"(,"place":{"NULL":true})";
  else if (random.chance(90))
    more += text_attribute("place", place);
  more += draw_amount(random, odd == 3);
  const std::string region = std::to_string(random.below(2));
  if (odd == 4)
    more += R"(,"region":{"NULL":true})";
  else if (random.chance(90))
    more += text_attribute("region", region);
  return more;
}

}  // namespace streamonce::simulation
