// handler/commands/check/lines.h: lines of a label and words, as the report for a person has them.
//
// Threads: pure functions.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace streamonce::handler::check {

/// Where words begin, and where lines end at most.
inline constexpr std::size_t kTextColumn = 16;
inline constexpr std::size_t kColumns = 100;

/// Appends a label and its words, in lines of kColumns at most where the words let it.
void append_line(std::string& text, std::string_view label, std::string_view words);

/// Texts one behind the other.
template <class Texts>
std::string joined(const Texts& texts, std::string_view between) {
  std::string all;
  for (const auto& text : texts) all.append(all.empty() ? "" : between).append(text);
  return all;
}

}  // namespace streamonce::handler::check
