#include "handler/commands/replay/row_effects.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "events/decimal.h"
#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler::replay {
namespace {

/// What a record does to the rows of one view.
struct ViewEffects {
  std::size_t view = 0;
  std::uint64_t put = 0;
  std::uint64_t removed = 0;
  std::vector<const RowEffect*> groups = {};
};

std::vector<ViewEffects> by_view(std::span<const RowEffect> rows) {
  std::vector<ViewEffects> all;
  for (const RowEffect& row : rows) {
    auto effects = std::find_if(all.begin(), all.end(),
                                [&](const ViewEffects& each) { return each.view == row.view; });
    if (effects == all.end()) effects = all.insert(all.end(), {.view = row.view});
    if (!row.amounts.empty())
      effects->groups.push_back(&row);
    else
      ++(row.operation == Operation::kPut ? effects->put : effects->removed);
  }
  return all;
}

std::string plain(const events::Decimal& number) {
  std::string text;
  events::append_plain(text, number);
  return text;
}

/// ` put 3 remove 1`, or ` put` of one row alone.
void append_rows(std::string& text, const ViewEffects& effects) {
  const bool is_one = effects.put + effects.removed == 1;
  const auto append = [&](Operation operation, std::uint64_t number) {
    if (number == 0) return;
    text.append(" ").append(events::name_of(operation));
    if (!is_one) text.append(" ").append(std::to_string(number));
  };
  append(Operation::kPut, effects.put);
  append(Operation::kRemove, effects.removed);
}

void append_member(std::string& json, std::string_view name) {
  if (!json.ends_with('{')) json += ',';
  append_json_string(json, name);
  json += ':';
}

void append_groups_json(std::string& json, const ViewEffects& effects) {
  json += '[';
  for (const RowEffect* const group : effects.groups) {
    json += json.ends_with('[') ? "{" : ",{";
    for (const AmountEffect& amount : group->amounts) {
      append_member(json, amount.name);
      append_json_string(json, plain(amount.difference));
    }
    json += '}';
  }
  json += ']';
}

}  // namespace

std::string rows_text(std::span<const RowEffect> rows, std::span<const views::View> views) {
  std::string text;
  for (const ViewEffects& effects : by_view(rows)) {
    if (!text.empty()) text += ", ";
    text += without_control_characters(views[effects.view].name) + ":";
    append_rows(text, effects);
    for (const RowEffect* const group : effects.groups) {
      text += " add";
      for (const AmountEffect& amount : group->amounts)
        text += " " + without_control_characters(amount.name) + " " + plain(amount.difference);
    }
  }
  return text;
}

std::string rows_json(std::span<const RowEffect> rows, std::span<const views::View> views) {
  std::string json = "{";
  for (const ViewEffects& effects : by_view(rows)) {
    const views::View& view = views[effects.view];
    append_member(json, view.name);
    if (!effects.groups.empty()) {
      append_groups_json(json, effects);
    } else if (view.view_class == views::ViewClass::kDirect) {
      append_json_string(json,
                         events::name_of(effects.put > 0 ? Operation::kPut : Operation::kRemove));
    } else {
      json += R"({"put":)" + std::to_string(effects.put);
      json += R"(,"remove":)" + std::to_string(effects.removed) + '}';
    }
  }
  return json + '}';
}

void count_rows(std::span<const RowEffect> rows, std::vector<RowCounts>& counts) {
  for (const RowEffect& row : rows) {
    RowCounts& of_view = counts[row.view];
    ++(!row.amounts.empty()               ? of_view.groups
       : row.operation == Operation::kPut ? of_view.put
                                          : of_view.removed);
  }
}

}  // namespace streamonce::handler::replay
