#include "handler/views/row_owner.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "events/attribute_value.h"
#include "handler/views/rules/classify.h"
#include "runtime/base/kept.h"

namespace streamonce::handler::views {
namespace {

/// The attribute `name` of a row; none: the row has none.
std::optional<events::AttributeValue> attribute_of(std::string_view row_json,
                                                   std::string_view name) {
  events::MemberWalk walk(row_json);
  while (walk.next())
    if (events::same_text(walk.raw_name(), name)) return walk.value();
  return std::nullopt;
}

Error foreign(std::string_view name, std::string_view what) {
  return invalid_argument("attribute " + std::string(name) + " " + std::string(what));
}

/// The text of the row's attribute `name`, which must be of `type`.
Result<std::string_view> text_of_row(std::string_view row_json, std::string_view name,
                                     events::KeyType type, std::pmr::memory_resource& arena) {
  const auto value = attribute_of(row_json, name);
  if (!value) return foreign(name, "is absent");
  const std::string_view found = events::name_of(value->type);
  if (found.size() != 1 || found.front() != static_cast<char>(type))
    return foreign(name, "is of the type " + std::string(found) + ", and the view's rows have " +
                             static_cast<char>(type));
  return events::unescaped(value->raw_text(), arena);
}

/// The row's key attribute that is the attribute `wanted` of the item, whole and alone; empty:
/// there is none.
std::string_view bare_key(const View& view, std::string_view wanted) {
  const auto found = std::find_if(view.key.begin(), view.key.end(), [&](const std::string& name) {
    return bare_attribute_of(view.select, name) == wanted;
  });
  return found == view.key.end() ? std::string_view() : std::string_view(*found);
}

}  // namespace

Result<RowOwner> RowOwner::create(const View& view, const Source& source,
                                  std::span<const SourceKeyType> source_key) {
  if (view.separation == Separation::kGroups)
    return invalid_argument("view " + view.name +
                            ": a row of a view with GROUP BY is of many items, and tells none");
  RowOwner owner;
  if (view.separation == Separation::kOwner && view.has_owner_option)
    owner.owner_attribute_ = view.owner_attributes.front();
  const std::optional<HeldKey> held = view.separation == Separation::kKeyHolds
                                          ? held_key(view.select, view.key, source.key)
                                          : std::nullopt;
  for (const std::string& wanted : source.key) {
    const auto found =
        std::find_if(source_key.begin(), source_key.end(),
                     [&](const SourceKeyType& attribute) { return attribute.name == wanted; });
    if (found == source_key.end() || source_key.size() != source.key.size())
      return invalid_argument("the key of the table of the source " + source.name +
                              " is not the one that its CREATE SOURCE has");
    Part part{.attribute = *found, .name = wanted};
    if (view.separation == Separation::kKeyHolds) {
      part.name = bare_key(view, wanted);
      part.is_in_a_text = part.name.empty();
      if (part.is_in_a_text && held) {
        part.name = held->name;
        part.before = held->before;
        part.after = held->after;
      }
    }
    owner.parts_.push_back(std::move(part));
  }
  return owner;
}

/// The item's attribute that `text` has between the texts of `part`.
Result<std::string_view> RowOwner::held_value(const Part& part, std::string_view text) {
  const bool is_around = text.size() >= part.before.size() + part.after.size() &&
                         text.starts_with(part.before) && text.ends_with(part.after);
  if (!is_around) return foreign(part.name, "has not the texts that the view puts around the key");
  text.remove_prefix(part.before.size());
  text.remove_suffix(part.after.size());
  if (part.attribute.type == events::KeyType::kBinary)
    return foreign(part.name, "is a text, and || takes no binary, which the source's key is");
  if (part.attribute.type == events::KeyType::kString) return text;
  // Of all spellings of a number, || gives this one alone.
  const Result<std::string> plain = events::canonical_number(text);
  if (!plain || *plain != text)
    return foreign(part.name, "has no number in plain form where the source's key is a number");
  return text;
}

Status RowOwner::add_part(const Part& part, std::string_view row_json,
                          std::pmr::memory_resource& arena, events::ItemKey& key) const {
  const events::KeyType type = part.is_in_a_text ? events::KeyType::kString : part.attribute.type;
  std::string_view text = STREAMONCE_TRY(text_of_row(row_json, part.name, type, arena));
  if (part.is_in_a_text) text = STREAMONCE_TRY(held_value(part, text));
  Status added = key.add({.name = part.attribute.name, .type = part.attribute.type, .value = text});
  if (!added) return with_context("attribute " + part.name, std::move(added).error());
  return {};
}

Result<events::ItemKey> RowOwner::canonical_key_of(std::string_view row_json,
                                                   std::pmr::memory_resource& arena) const {
  const std::string_view text =
      STREAMONCE_TRY(text_of_row(row_json, owner_attribute_, events::KeyType::kString, arena));
  Result<events::ItemKey> key = events::parse_canonical(text);
  if (!key) return with_context("attribute " + owner_attribute_, std::move(key).error());
  // A text that append_canonical() would have written otherwise was written by somebody else.
  std::string canonical;
  events::append_canonical(canonical, *key);
  const bool is_of_source = key->attributes().size() == parts_.size() &&
                            std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
                              return std::any_of(key->attributes().begin(), key->attributes().end(),
                                                 [&](const events::KeyAttribute& found) {
                                                   return found.name == part.attribute.name &&
                                                          found.type == part.attribute.type;
                                                 });
                            });
  if (canonical != text || !is_of_source)
    return foreign(owner_attribute_, "has no canonical key of an item of the source");
  return key;
}

Result<events::ItemKey> RowOwner::key_of(std::string_view row_json,
                                         std::pmr::memory_resource& arena) const {
  if (!owner_attribute_.empty()) return canonical_key_of(row_json, arena);
  events::ItemKey key;
  for (const Part& part : parts_) STREAMONCE_TRY(add_part(part, row_json, arena, key));
  return key;
}

Result<RowItem> RowOwner::of(std::string_view row_json, std::pmr::memory_resource& arena) const {
  auto* key = std::pmr::polymorphic_allocator<>(&arena).new_object<events::ItemKey>();
  *key = STREAMONCE_TRY(key_of(row_json, arena));
  // Names are the row's or this object's own, and values may be a part of the row.
  key->replace_texts([&](std::string_view text) { return kept(text, arena); });
  std::string json;
  events::append_key_json(json, *key);
  return RowItem{.key = key, .keys_json = kept(json, arena)};
}

}  // namespace streamonce::handler::views
