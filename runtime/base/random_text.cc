#include "runtime/base/random_text.h"

#include <cstdint>

#include "runtime/base/text.h"

namespace streamonce {

std::string random_hex(std::mt19937_64& random) {
  std::string text;
  for (int word = 0; word < 2; ++word) {
    const std::uint64_t bits = random();
    for (int shift = 60; shift >= 0; shift -= 4) text += kHexDigits[(bits >> shift) & 0xFU];
  }
  return text;
}

}  // namespace streamonce
