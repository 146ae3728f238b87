// events/quoted.h: a text from an input, in a message.
//
// Threads: a pure function.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace streamonce::events {

/// `text` between quotes, cut short and made printable. For names, never for an item's values.
inline std::string quoted(std::string_view text) {
  constexpr std::size_t kQuotedMax = 64;
  std::string out = "\"";
  for (const char c : text.substr(0, kQuotedMax))
    out += (c >= ' ' && c <= '~' && c != '"') ? c : '?';
  if (text.size() > kQuotedMax) out += "...";
  return out + '"';
}

}  // namespace streamonce::events
