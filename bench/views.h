// bench/views.h: the views that are measured, and the rows that each record must give in them. The
// rows are made of a record's number alone, without a part of the product.
//
// Threads: pure functions.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/load.h"

namespace streamonce::bench {

/// Of the table `orders`, whose items have ten attributes.
enum class View : std::uint8_t {
  kAll,    ///< SELECT *
  kDue,    ///< WHERE, three attributes and a computed one; every tenth record has no row
  kCards,  ///< a key made of the item's, a part of a map, and a CASE
  // Those below have to remember.
  kCustomers,  ///< the key has an attribute that each change of an item changes
  kTotals,     ///< a count and a sum, in one group for all
  kRegions,    ///< the same, in a hundred groups; a change of an item stays in its group
};
/// The direct ones.
inline constexpr std::array kAllViews = {View::kAll, View::kDue, View::kCards};
inline constexpr std::array kRememberingViews = {View::kCustomers, View::kTotals, View::kRegions};

constexpr bool remembers(View view) {
  return view >= View::kCustomers;
}

/// The names of its table's key attributes, the second empty where there is none.
struct KeyNames {
  const char* partition;
  const char* sort;
};
KeyNames key_of(View view);

/// Its name, which is its table's.
const char* name_of(View view);

/// The text of a views.sql.
std::string views_sql(std::span<const View> views);
/// A views.sql of 100 lines, as a service with many views might have.
std::string long_views_sql();

/// What a record must do to a view.
struct ExpectedRow {
  const char* kind;  ///< Put or Delete
  std::string json;  ///< the row, or its key
};
/// `load` has ten attributes. `view` is direct.
ExpectedRow expected_row(View view, const Load& load, std::uint64_t number);

/// The rows that a view that remembers must have once `count` items, whose numbers begin at
/// `items`, have the images of as many records from `first` on, and there are no other items.
std::vector<std::string> expected_rows(View view, std::uint64_t items, std::uint64_t first,
                                       std::size_t count);

}  // namespace streamonce::bench
