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

#include "bench/load.h"

namespace streamonce::bench {

/// Of the table `orders`, whose items have ten attributes.
enum class View : std::uint8_t {
  kAll,    ///< SELECT *
  kDue,    ///< WHERE, three attributes and a computed one; every tenth record has no row
  kCards,  ///< a key made of the item's, a part of a map, and a CASE
};
inline constexpr std::array kAllViews = {View::kAll, View::kDue, View::kCards};

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
/// `load` has ten attributes.
ExpectedRow expected_row(View view, const Load& load, std::uint64_t number);

}  // namespace streamonce::bench
