// bench/price_picture.h: what a change costs, as a picture: CPU and write units, beside the rivals.
//
// Threads: a pure function.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/table.h"

namespace streamonce::bench {

// The rows that it is made of, by their names without the unit.
inline constexpr const char* kUpdates1 = "CPU/change, updates, 1 a batch";
inline constexpr const char* kUpdates10 = "CPU/change, updates, 10 a batch";
inline constexpr const char* kUpdates100 = "CPU/change, updates, 100 a batch";
inline constexpr const char* kUpdatesApplied = "CPU/change, updates already applied, 100 a batch";
inline constexpr const char* kInserts = "CPU/change, inserts, 100 a batch";
inline constexpr const char* kRemovals = "CPU/change, removals, 100 a batch";

/// The name of the row with the write units of the changes that `row` is of.
std::string units_row(std::string_view row);

/// An SVG of the medians in these rows. What has no samples is left out. The same figures give the
/// same bytes.
std::string price_picture(const std::vector<TableRow>& table);

}  // namespace streamonce::bench
