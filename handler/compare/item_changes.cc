#include "handler/compare/item_changes.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "events/attribute_value.h"
#include "runtime/base/kept.h"

namespace streamonce::handler::compare {
namespace {

using events::Change;

/// The attribute as one of a key; none: its type is none that a key has.
std::optional<events::KeyAttribute> key_attribute(std::string_view name,
                                                  const events::AttributeValue& value,
                                                  std::pmr::memory_resource& arena) {
  const bool is_number = value.type == events::AttributeType::kNumber;
  const bool is_binary = value.type == events::AttributeType::kBinary;
  if (!is_number && !is_binary && value.type != events::AttributeType::kString) return std::nullopt;
  return events::KeyAttribute{.name = name,
                              .type = is_number   ? events::KeyType::kNumber
                                      : is_binary ? events::KeyType::kBinary
                                                  : events::KeyType::kString,
                              .value = events::unescaped(value.raw_text(), arena)};
}

/// Lets `change` have its key as JSON, too.
void add_keys_json(Change& change, std::pmr::memory_resource& arena) {
  std::string json;
  events::append_key_json(json, change.key);
  change.keys_json = kept(json, arena);
}

}  // namespace

Result<events::ItemKey> key_of_json(std::string_view keys_json, std::pmr::memory_resource& arena) {
  events::ItemKey key;
  events::MemberWalk walk(keys_json);
  while (walk.next()) {
    const auto attribute =
        key_attribute(events::unescaped(walk.raw_name(), arena), walk.value(), arena);
    if (!attribute) return invalid_argument("an attribute of a key is none of S, N and B");
    STREAMONCE_TRY(key.add(*attribute));
  }
  if (key.empty()) return invalid_argument("a key has no attribute");
  return key;
}

ItemChanges::ItemChanges(SourceName source, std::vector<std::string> key_names)
    : source_(std::move(source)),
      key_names_(std::move(key_names)) {}

Change ItemChanges::put_of(std::string_view item, std::pmr::memory_resource& arena) const {
  Change change;
  change.source = source_.view();
  change.image_json = item;
  std::size_t found = 0;
  events::MemberWalk walk(item);
  while (found < key_names_.size() && walk.next()) {
    for (const std::string& name : key_names_) {
      if (!events::same_text(walk.raw_name(), name)) continue;
      const auto attribute = key_attribute(name, walk.value(), arena);
      if (!attribute) continue;
      const Status added = change.key.add(*attribute);
      if (!added) {
        change.problem = added.error().message;
        return change;
      }
      ++found;
    }
  }
  if (found < key_names_.size()) {
    change.problem = "an item of the table " + source_.table + " lacks an attribute of its key";
    return change;
  }
  add_keys_json(change, arena);
  return change;
}

}  // namespace streamonce::handler::compare
