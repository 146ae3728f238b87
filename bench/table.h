// bench/table.h: samples of several rounds as a Markdown table: medians, spread, ratios.
//
// Threads: one thread at a time.

#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "bench/contender.h"

namespace streamonce::bench {

using Samples = std::vector<double>;

double median(Samples samples);

/// What makes one contender better in a row.
enum class Better : std::uint8_t { kLess, kMore };

struct TableRow {
  std::string name;
  Better better = Better::kLess;
  int decimals = 1;
  std::array<Samples, kContenderCount> samples = {};
};

/// With a column for each contender, and one for each other program with how many times better the
/// first contender is, median by median; for the limit, how many times its figure the first has. A
/// contender without samples has a dash.
std::string to_markdown(const std::vector<TableRow>& rows);

}  // namespace streamonce::bench
