#include "handler/views/compiled_view.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "handler/views/rules/classify.h"
#include "handler/views/rules/names.h"
#include "runtime/base/json_text.h"
#include "runtime/base/kept.h"

namespace streamonce::handler::views {
namespace {

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The key attribute `name`, which an item gives, or `*` with the item's attribute of that name.
CompiledAttribute compile_key(const Select& select, const std::string& name, SlotNames& slots,
                              TreeMemory& memory) {
  CompiledAttribute attribute{.name = name, .member = kept(member_of(name), memory), .value = {}};
  const Origin origin = origin_of(select, name);
  if (origin.kind == Origin::Kind::kItem) {
    attribute.value = compile(select, *origin.expression, slots, memory);
  } else {
    attribute.value.kind = ExpressionKind::kPath;
    attribute.value.slot = slots.slot_of(name);
  }
  return attribute;
}

/// `*` copies what is not excluded, and what the row does not have from elsewhere.
Star compile_star(const View& view, const SelectItem& star, std::size_t place, SlotNames& slots) {
  std::map<std::uint32_t, std::vector<Exclusion>> left;  // empty: the attribute as a whole
  for (const ExcludedPath& path : star.exclude) {
    const std::span<const PathStep> steps = resolve(view.select, path.steps).steps;
    const auto [found, is_new] = left.try_emplace(slots.slot_of(steps.front().name));
    if (steps.size() == 1)
      found->second.clear();
    else if (is_new || !found->second.empty())
      exclude(found->second, steps.subspan(1));
  }
  for (const std::string& name : view.key) left[slots.slot_of(name)].clear();
  for (const SelectItem& item : view.select.items)
    if (!item.is_star) left[slots.slot_of(name_of(item))].clear();
  if (view.has_owner_option) left[slots.slot_of(view.owner_attributes.front())].clear();

  Star compiled{.place = place, .left = {}};
  compiled.left.reserve(left.size());
  for (auto& [slot, inner] : left)
    compiled.left.push_back({.slot = slot, .inner = std::move(inner)});
  return compiled;
}

/// Whether `SELECT *` is all that the row is: no item but the star, which leaves nothing out.
bool is_whole_item(const View& view) {
  return view.select.items.size() == 1 && view.select.items.front().is_star &&
         view.select.items.front().exclude.empty() && !view.has_owner_option;
}

/// With GROUP BY all items that are not the key's are aggregates.
void compile_amounts(const View& view, SlotNames& slots, TreeMemory& memory,
                     CompiledView& compiled) {
  std::vector<const SelectItem*> items;
  for (const SelectItem& item : view.select.items)
    if (!is_among(view.key, name_of(item))) items.push_back(&item);
  std::sort(items.begin(), items.end(),
            [](const SelectItem* a, const SelectItem* b) { return name_of(*a) < name_of(*b); });
  for (const SelectItem* item : items) {
    CompiledAmount amount{.kind = item->expression.kind, .value = {}};
    if (amount.kind != ExpressionKind::kCountAll)
      amount.value = compile(view.select, item->expression.operands.front(), slots, memory);
    compiled.amounts.push_back(amount);
    compiled.amount_names.push_back(name_of(*item));
  }
}

}  // namespace

const Star::Left* Star::find(std::optional<std::uint32_t> slot) const {
  if (!slot) return nullptr;
  const auto found =
      std::lower_bound(left.begin(), left.end(), *slot,
                       [](const Left& each, std::uint32_t wanted) { return each.slot < wanted; });
  return found == left.end() || found->slot != *slot ? nullptr : &*found;
}

std::string member_of(std::string_view name) {
  std::string member;
  append_json_string(member, name);
  member += ':';
  return member;
}

CompiledView compile_view(const View& view, const Source& source, SlotNames& slots,
                          TreeMemory& memory) {
  CompiledView compiled;
  compiled.is_whole_item = is_whole_item(view);
  if (view.has_key)
    for (const std::string& name : view.key)
      compiled.key.push_back(compile_key(view.select, name, slots, memory));
  if (view.select.unnest != nullptr) {
    compiled.unnest = kept_value(compile_unnest(view.select, slots), memory);
    compiled.has_position = view.select.unnest->position != nullptr;
  }
  if (view.separation == Separation::kGroups) {
    compile_amounts(view, slots, memory, compiled);
    if (view.select.where != nullptr)
      compiled.where = kept_value(compile(view.select, *view.select.where, slots, memory), memory);
    return compiled;
  }
  compiled.attributes.reserve(view.select.items.size());
  for (const SelectItem& item : view.select.items) {
    if (item.is_star) {
      compiled.star = compile_star(view, item, compiled.attributes.size(), slots);
    } else if (!is_among(view.key, name_of(item))) {
      compiled.attributes.push_back(
          {.name = name_of(item),
           .member = kept(member_of(name_of(item)), memory),
           .value = compile(view.select, item.expression, slots, memory)});
    }
  }
  if (view.select.where != nullptr)
    compiled.where = kept_value(compile(view.select, *view.select.where, slots, memory), memory);
  if (view.has_owner_option)
    compiled.owner_member = member_of(view.owner_attributes.front());
  else if (view.separation == Separation::kOwner)
    for (const std::string& name : source.key) compiled.owner_slots.push_back(slots.slot_of(name));
  return compiled;
}

}  // namespace streamonce::handler::views
