// tests/support/remembered.h: what is remembered of an item, and differences, as texts.
//
// Threads: one thread at a time.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/views/difference.h"
#include "handler/views/memory.h"

namespace streamonce::testing {

/// The text of `memory` as it is made of what was read, and not of the bytes that were read.
inline std::string written_anew(handler::views::Memory memory) {
  for (handler::views::RememberedView& view : memory.views) view.text = {};
  std::string text;
  handler::views::append_memory(text, memory);
  return text;
}

/// The tables of views that have their views' names.
inline std::vector<std::string> tables_named_as(const handler::views::Views& views) {
  std::vector<std::string> names;
  for (const handler::views::View& view : views.views) names.push_back(view.name);
  return names;
}

/// A line for each row, as `put VIEW KEYS IMAGE` or `remove VIEW KEYS` with `owner NAME=VALUE`
/// behind it, and for each group, as `add VIEW KEYS NAME=DIFFERENCE`.
inline std::string text_of(const handler::views::Views& views,
                           const handler::views::Difference& difference) {
  using handler::views::Row;
  std::string text;
  for (const handler::views::RowChange& change : difference.rows) {
    text += change.row.effect == Row::Effect::kPut ? "put " : "remove ";
    text.append(views.views[change.view].name).append(" ").append(change.row.keys_json);
    if (!change.row.image_json.empty()) text.append(" ").append(change.row.image_json);
    for (const events::RawAttribute& owner : change.row.owner)
      text.append(" owner ").append(owner.name).append("=").append(owner.value_json);
    text += '\n';
  }
  for (const handler::views::GroupChange& change : difference.groups) {
    text.append("add ").append(views.views[change.view].name).append(" ");
    text += change.keys_json;
    for (const handler::views::AmountChange& amount : change.amounts) {
      text.append(" ").append(amount.name).append("=");
      events::append_plain(text, amount.difference);
    }
    text += '\n';
  }
  return text;
}

}  // namespace streamonce::testing
