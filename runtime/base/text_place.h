// runtime/base/text_place.h: a place in a text, as a person looks it up in an editor.
//
// Threads: a pure function.

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace streamonce {

/// Where the byte `at` of `text` is, as in "line 3, column 5 (byte 71)": line and column from 1, the
/// column in bytes, the byte from 0.
inline std::string place_in(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t column = at - (before.rfind('\n') + 1);  // npos + 1 is 0
  return "line " + std::to_string(lines + 1) + ", column " + std::to_string(column + 1) +
         " (byte " + std::to_string(at) + ')';
}

}  // namespace streamonce
