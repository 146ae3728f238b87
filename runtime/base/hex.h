// runtime/base/hex.h: bytes as lower-case hexadecimal digits.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace streamonce {

/// Appends two digits for each byte.
inline void append_hex(std::string& out, std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

}  // namespace streamonce
