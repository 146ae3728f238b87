// handler/views/difference.h: what a commit has to do so that what is in the tables becomes what
// the views of a source make of an item.
//
// The difference is made between what the item's entry in the ledger remembers of what was written,
// and what the views make of the item now. No older image has a part in it, so that it does not
// matter which changes were seen in between. What a view's text was when something was written does
// not matter either: the rows that were written are removed where they are no more, and the amounts
// that were added are taken back, under the names that they had.
//
// What was written is remembered by its table, so that a view may get another name, or another
// table. A table has rows or groups, and its key has the same attributes for ever: where the view
// that was kept in it had another kind or key before, what was written cannot be told from what is
// to be, and the change fails. Such a view needs another table.
//
// Threads: pure functions, but for the arena.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/decimal.h"
#include "events/item_key.h"
#include "handler/views/derive.h"
#include "handler/views/rules/views.h"
#include "runtime/base/result.h"

namespace streamonce::handler::views {

using events::Decimal;

/// What a view has of the item from now on, as a Deriver gives it.
struct Made {
  std::size_t view;  ///< the place in Views::views
  Derived derived;
};

/// A row that is there, and tells the item to be its own.
struct StrayRow {
  std::size_t view;  ///< without GROUP BY
  events::ItemKey key;
};

/// Which difference is wanted.
enum class Extent : std::uint8_t {
  kWhole,
  /// Only the removal of the rows that are no more and that other items may have: for a commit that
  /// goes before, so that they can. Groups are left as they are.
  kLeaving,
};

struct DifferenceInput {
  const Views& views;
  /// The table of each view: what was written is remembered by the table that it is in.
  std::span<const std::string> tables;
  const events::ItemKey& item;  ///< the source item's key
  std::string_view keys_json;   ///< the same as DynamoDB JSON
  /// The views that the item's changes concern, direct ones, too. What is remembered of any other
  /// stays as it is, and so does that of a view that is no more.
  std::span<const Made> made;
  /// The content of the item's entry, as it was read whole; empty: nothing is remembered.
  std::string_view content;
  std::size_t content_bytes_max;  ///< the most that the target takes
  /// Rows of views in `made` that are removed if they are not to be, whether or not they are
  /// remembered. Not looked at for Extent::kLeaving.
  std::span<const StrayRow> strays = {};
  Extent extent = Extent::kWhole;
};

struct RowChange {
  std::size_t view;
  Row row;  ///< put or removed; never Effect::kNothing
};

/// What is added to one amount of a group; never 0.
struct AmountChange {
  std::string_view name;
  Decimal difference;
};

struct GroupChange {
  std::size_t view;
  const events::ItemKey* key;
  std::string_view keys_json;
  std::span<const AmountChange> amounts;  ///< at least one, sorted by name
};

/// No two of the rows and groups of one view have one key.
struct Difference {
  /// A row that is there already is put anew, since it may have changed. One that was written when
  /// rows of the view told otherwise whose they are is put without the condition on its owner: it
  /// is known to be this item's.
  std::vector<RowChange> rows;
  std::vector<GroupChange> groups;
  std::string_view content;  ///< of the entry from then on; empty: nothing is remembered
};

/// The difference, which borrows from the input and from the arena.
/// @error kProtocol         the content is damaged or in a form of a later program
/// @error kInvalidArgument  a difference has more than 38 digits, or the view of this table was of
///                          another kind or had another key; the message tells no value
/// @error kTooLarge         the content would have more than `content_bytes_max` bytes
Result<Difference> make_difference(const DifferenceInput& input, std::pmr::memory_resource& arena);

}  // namespace streamonce::handler::views
