// handler/views/row_owner.h: whose a row of a view is, from the row alone.
//
// Each row of a view without GROUP BY tells the key of the item that it was derived from, by the
// view's Separation:
//
//   kItemKey   the row's key is the item's
//   kKeyHolds  the row's key has each attribute of the item's key as it is, or the only one of them
//              as text between the literals of `||`
//   kOwner     the row has each attribute of the item's key under its own name, or one attribute
//              with the canonical key
//   kGroups    nothing: a row is many items'
//
// The types of the item's key are those of the source's table, which the view does not know: in a
// text behind `||` the number 7 and the text "7" look the same.
//
// Threads: values and pure functions. Ownership: a RowOwner owns what it knows. What it gives
// views the row and lies in the arena.

#pragma once

#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_key.h"
#include "handler/views/rules/views.h"
#include "runtime/base/result.h"

namespace streamonce::handler::views {

/// An attribute of the key of a source's table.
struct SourceKeyType {
  std::string name = {};
  events::KeyType type = events::KeyType::kString;
};

/// The item that a row is of.
struct RowItem {
  const events::ItemKey* key = nullptr;  ///< its key; never null
  std::string_view keys_json = {};       ///< the same as DynamoDB JSON
};

class RowOwner {
 public:
  /// @param source      the source of `view`, which is without a fault
  /// @param source_key  the key of the source's table, in any order
  /// @error kInvalidArgument  `view` has GROUP BY, so that no row tells; or the table's key has not
  ///                          the names that `source` declares
  static Result<RowOwner> create(const View& view, const Source& source,
                                 std::span<const SourceKeyType> source_key);

  /// The item that `row_json`, a row as DynamoDB JSON, is of, if it is a row of the view at all: no
  /// look is taken at what the item has.
  /// @error kExpired          the item's canonical key was longer than events::kCanonicalBytesMax,
  ///                          and the row has its hash alone, which tells no key
  /// @error kInvalidArgument  no item of the source can have such a row: it is a foreign one. The
  ///                          message names the attribute, and no message has a value
  Result<RowItem> of(std::string_view row_json, std::pmr::memory_resource& arena) const;

 private:
  /// Where the row has an attribute of the item's key.
  struct Part {
    SourceKeyType attribute = {};
    std::string name = {};      ///< of the row's attribute
    bool is_in_a_text = false;  ///< whether it is text between `before` and `after`
    std::string before = {};
    std::string after = {};
  };

  RowOwner() = default;

  static Result<std::string_view> held_value(const Part& part, std::string_view text);
  Result<events::ItemKey> key_of(std::string_view row_json, std::pmr::memory_resource& arena) const;
  Status add_part(const Part& part, std::string_view row_json, std::pmr::memory_resource& arena,
                  events::ItemKey& key) const;
  Result<events::ItemKey> canonical_key_of(std::string_view row_json,
                                           std::pmr::memory_resource& arena) const;

  std::vector<Part> parts_;      ///< one for each attribute of the item's key
  std::string owner_attribute_;  ///< the one with the canonical key; empty: there is none
};

}  // namespace streamonce::handler::views
