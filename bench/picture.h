// bench/picture.h: figures as a picture: bars beside each other, in SVG.
//
// Threads: a pure function.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace streamonce::bench {

struct Bar {
  std::string label;
  double value = 0;    ///< above 0
  std::string text;    ///< the value for a person, as `4.9 us`
  bool is_ours = false;
};

/// Bars of one unit. Their lengths go by the logarithm where values differ too much to be seen
/// beside each other; then the title should say so.
struct Chart {
  std::string title;
  bool is_logarithmic = false;
  std::vector<Bar> bars;  ///< at least one
};

/// The charts below each other, and a line of text behind them. Its bytes depend on nothing but the
/// arguments.
std::string to_svg(const std::vector<Chart>& charts, std::string_view caption);

}  // namespace streamonce::bench
