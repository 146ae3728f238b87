// bench/picture.h: figures as a picture: bars beside each other, in SVG.
//
// Threads: a pure function.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace streamonce::bench {

struct Bar {
  std::string label;
  double value = 0;  ///< above 0
  std::string text;  ///< the value for a person, as `4.9`
  bool is_ours = false;
};

/// What the length of a bar is.
enum class Scale : std::uint8_t {
  kLinear,       ///< its value's part of Chart::most
  kLogarithmic,  ///< the powers of ten from Chart::least on, which are drawn behind it
};

/// Bars of one unit. Charts of the same bounds can be compared with each other.
struct Chart {
  std::string title;
  Scale scale = Scale::kLinear;
  double least = 1;  ///< of a logarithmic scale: a power of ten, above no value
  double most = 1;   ///< below no value, and above `least` where the scale is logarithmic
  std::vector<Bar> bars = {};
};

/// Charts below each other.
using Column = std::vector<Chart>;

/// One or more columns beside each other, and lines of text below them. Its bytes depend on nothing
/// but the arguments. It has a background of its own, so that it can be read on a page of any
/// colour, and dark colours where the reader's are.
std::string to_svg(std::span<const Column> columns, std::span<const std::string> caption);

}  // namespace streamonce::bench
