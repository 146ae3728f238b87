// handler/compare/item_changes.h: items of a table as changes, which is what a pipeline
// takes.
//
// Threads: const. Ownership: a change views the item, the arena, and the object.

#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "events/item_key.h"
#include "runtime/base/result.h"

namespace streamonce::handler::compare {

/// The table that items are of. Owns its texts.
struct SourceName {
  std::string account = {};
  std::string region = {};
  std::string table = {};

  events::SourceTable view() const {
    return {.account = account, .region = region, .table = table};
  }
};

/// The key that `keys_json` is, an object of nothing but the one or two attributes of a key. It
/// views the text and the arena.
/// @error kInvalidArgument  it is none
Result<events::ItemKey> key_of_json(std::string_view keys_json, std::pmr::memory_resource& arena);

class ItemChanges {
 public:
  /// @param key_names  the names of the table's key attributes: one or two
  ItemChanges(SourceName source, std::vector<std::string> key_names);

  /// A put of `item`, which is well-formed DynamoDB JSON. Its version is of no use. An item without
  /// the key has a problem.
  events::Change put_of(std::string_view item, std::pmr::memory_resource& arena) const;

  const SourceName& source() const { return source_; }
  const std::vector<std::string>& key_names() const { return key_names_; }

 private:
  const SourceName source_;
  const std::vector<std::string> key_names_;
};

}  // namespace streamonce::handler::compare
