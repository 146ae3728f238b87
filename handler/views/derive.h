// handler/views/derive.h: what views have of an item: F(image).
//
// A Deriver is made once from checked views. For each change it is asked, view by view, what the
// view has of the item from then on. A direct view has one row of it at most, whose key is known of
// a removed item, too; any other has any number of rows, or amounts in any number of groups, and
// nothing of a removed item. An image's bytes are looked at where they lie: an attribute
// that no expression touches is copied as the bytes that came, and no tree is built.
//
// Threads: one thread at a time. Ownership: a Deriver owns its compiled views. Rows borrow from the
// change, from the arena that they were made in, and from the Deriver.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>

#include "events/attribute_value.h"
#include "events/change.h"
#include "events/decimal.h"
#include "events/item_key.h"
#include "handler/views/rules/views.h"
#include "runtime/base/result.h"

namespace streamonce::handler::views {

using events::Decimal;

/// A row that a view has of an item. Of a view that is not direct it is put.
struct Row {
  enum class Effect : std::uint8_t {
    kNothing,  ///< no row, and there never was one: a part of its key is missing for this item
    kPut,      ///< this row
    kRemove,   ///< no row from now on
  };
  Effect effect = Effect::kNothing;
  const events::ItemKey* key = nullptr;  ///< null for kNothing
  std::string_view keys_json;
  std::string_view image_json;  ///< kPut: the whole row as DynamoDB JSON; else empty
  /// The attributes that tell whose row it is; empty: no other item can have it.
  std::span<const events::RawAttribute> owner;
};

/// What an item adds to one group of a view with GROUP BY.
struct Group {
  /// The group's, with the second attribute `spread` where the view has that option.
  const events::ItemKey* key = nullptr;
  std::string_view keys_json;
  std::span<const Decimal> amounts;  ///< one for each of Derived::amount_names
};

/// What a view has of an item. Without GROUP BY there are no groups, and with it no rows. No two of
/// them have one key.
struct Derived {
  std::span<const Row> rows = {};
  std::span<const Group> groups = {};
  std::span<const std::string_view> amount_names = {};  ///< with GROUP BY: sorted
};

class Deriver {
 public:
  /// `views` must be without a fault.
  explicit Deriver(Views views);
  ~Deriver();
  Deriver(const Deriver&) = delete;
  Deriver& operator=(const Deriver&) = delete;

  const Views& views() const;

  /// The views of a source, as places in views().views.
  std::span<const std::size_t> views_of(std::size_t source) const;

  /// Whether `change`, of the view's source, is one that the view looks at, by its options.
  bool concerns(std::size_t view, const events::Change& change) const;

  /// What `view`, which is direct, has of the item after `change`, which is sound, of the view's
  /// source and has the key attributes that the source declares. The image is walked once for the
  /// views that are asked for one change after the other.
  /// @param arena  keeps the row, and nothing of what was made on the way to it: at most what an
  ///               item of 400 KB has as JSON, and the owner's value
  /// @error kInvalidArgument  the view has no value for this item, or a row that is larger than an
  ///                          item can be, or takes more than kScratchBytesMax for one expression;
  ///                          the message names the view, the attribute and types, and never a
  ///                          value: this change cannot be applied
  Result<Row> derive(std::size_t view, const events::Change& change,
                     std::pmr::memory_resource& arena);

  /// The same of any view. Of a direct one there is what derive() gives, but for Effect::kNothing.
  /// @param arena  keeps the rows and groups, kRowsMax at most, each as derive() says
  /// @error kInvalidArgument  as derive(); or what is to be unnested has no elements, two rows have
  ///                          one key, there are more than kRowsMax rows or groups, or a sum has
  ///                          more than 38 digits
  Result<Derived> derive_all(std::size_t view, const events::Change& change,
                             std::pmr::memory_resource& arena);

  /// The bytes of all rows that were made, and of the groups' keys, which lie in the arenas: an
  /// image that is handed on as it came has none. Ask before and behind, to learn what those
  /// between take.
  std::uint64_t bytes_made() const;

 private:
  class Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace streamonce::handler::views
