// tests/support/view_item.h: expressions and views of the view language over an item, as texts.
//
// Threads: one thread at a time.

#pragma once

#include <gtest/gtest.h>

#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "events/attribute_value.h"
#include "events/change.h"
#include "handler/views/compile.h"
#include "handler/views/derive.h"
#include "handler/views/evaluate.h"
#include "handler/views/language/reader.h"
#include "handler/views/rules/checker.h"

namespace streamonce::testing {

/// The views of `text`, which must be without a fault.
inline handler::views::Views views_of(std::string_view text) {
  handler::views::CheckedViews checked = handler::views::check_text(text);
  EXPECT_EQ(handler::views::describe("views.sql", checked.faults), "") << text;
  return std::move(checked.views);
}

/// `expression` over the item `image_json`: the value as DynamoDB JSON, `MISSING`, or the message
/// of the error behind `error: `.
inline std::string evaluated(std::string_view expression, std::string_view image_json) {
  using namespace handler::views;  // NOLINT(google-build-using-namespace)
  const ReadScript read =
      read_script("CREATE VIEW v AS SELECT " + std::string(expression) + " AS x FROM s;");
  if (!read.faults.empty()) return "no expression: " + read.faults.front().message;
  const Select& select = std::get<ViewStatement>(read.script.statements.front()).select;
  SlotNames names;
  TreeMemory memory;
  const Node node = compile(select, select.items.front().expression, names, memory);
  std::vector<Value> slots(names.size());
  std::pmr::monotonic_buffer_resource arena;
  events::MemberWalk walk(image_json);
  while (walk.next())
    if (const auto slot = names.find(events::unescaped(walk.raw_name(), arena)))
      slots[*slot] = Value::of(walk.value());
  ScratchArena scratch;
  const Result<Value> value = evaluate(node, {.slots = slots, .arena = scratch});
  if (!value) return "error: " + value.error().message;
  if (value->is_missing()) return "MISSING";
  std::string json;
  append_json(json, *value);
  return json;
}

/// A change of an item whose key is `keys_json`, and which is `image_json` from then on; empty: it
/// is removed. Borrows both.
inline events::Change item_change(std::string_view keys_json, std::string_view image_json) {
  events::Change change;
  change.source = {.account = "123456789012", .region = "eu-west-1", .table = "s"};
  events::MemberWalk walk(keys_json);
  while (walk.next()) {
    const events::AttributeValue& value = walk.value();
    const Status added =
        change.key.add({.name = walk.raw_name(),
                        .type = static_cast<events::KeyType>(events::name_of(value.type).front()),
                        .value = value.raw_text()});
    EXPECT_TRUE(added) << keys_json;
  }
  change.keys_json = keys_json;
  if (image_json.empty()) {
    change.operation = events::Operation::kRemove;
    change.event_name = events::EventName::kRemove;
  }
  change.image_json = image_json;
  return change;
}

/// What a view has of an item: `put KEYS ROW`, `remove KEYS` or `nothing`, with `owner NAME=VALUE`
/// behind it for each attribute that tells whose the row is; or the message of the error behind
/// `error: `.
inline std::string derived(handler::views::Deriver& deriver, std::size_t view,
                           const events::Change& change) {
  using Effect = handler::views::Row::Effect;
  std::pmr::monotonic_buffer_resource arena;
  const Result<handler::views::Row> row = deriver.derive(view, change, arena);
  if (!row) return "error: " + row.error().message;
  if (row->effect == Effect::kNothing) return "nothing";
  std::string text = row->effect == Effect::kPut ? "put " : "remove ";
  text += row->keys_json;
  if (row->effect == Effect::kPut) text.append(" ").append(row->image_json);
  for (const events::RawAttribute& owner : row->owner)
    text.append(" owner ").append(owner.name).append("=").append(owner.value_json);
  return text;
}

/// The same of any view, a line for each row or group. A group is `add KEYS` with ` NAME=AMOUNT`
/// for each of its amounts. Nothing at all is the empty text.
inline std::string all_derived(handler::views::Deriver& deriver, std::size_t view,
                               const events::Change& change) {
  using Effect = handler::views::Row::Effect;
  std::pmr::monotonic_buffer_resource arena;
  const Result<handler::views::Derived> derived = deriver.derive_all(view, change, arena);
  if (!derived) return "error: " + derived.error().message;
  std::string text;
  for (const handler::views::Row& row : derived->rows) {
    text += row.effect == Effect::kPut ? "put " : "remove ";
    text.append(row.keys_json).append(" ").append(row.image_json);
    for (const events::RawAttribute& owner : row.owner)
      text.append(" owner ").append(owner.name).append("=").append(owner.value_json);
    text += '\n';
  }
  for (const handler::views::Group& group : derived->groups) {
    text.append("add ").append(group.keys_json);
    for (std::size_t i = 0; i < group.amounts.size(); ++i) {
      text.append(" ").append(derived->amount_names[i]).append("=");
      events::append_plain(text, group.amounts[i]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace streamonce::testing
