#include "runtime/base/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <openssl/evp.h>

namespace streamonce {
namespace {

/// The value of each byte as a base64 digit, or kNoBase64. Source: RFC 4648, table 1.
constexpr std::uint8_t kNoBase64 = 0xFF;
constexpr std::array<std::uint8_t, 256> kBase64Values = [] {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoBase64);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

}  // namespace

bool is_canonical_base64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  text.remove_suffix(padding);
  const auto value_of = [](char c) { return kBase64Values[static_cast<unsigned char>(c)]; };
  if (!std::all_of(text.begin(), text.end(), [&](char c) { return value_of(c) != kNoBase64; }))
    return false;
  if (padding == 0) return true;
  // One padding character leaves 2 bits of the last digit unused, two leave 4: they must be zero.
  const int unused_bits = padding == 1 ? 0x3 : 0xF;
  return !text.empty() && (value_of(text.back()) & unused_bits) == 0;
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::size_t decode_base64(std::string_view text, char* out) {
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  return text.size() / 4 * 3 - padding;
}

std::string from_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  if (!is_canonical_base64(text)) return {};
  bytes.resize(decode_base64(text, bytes.data()));
  return bytes;
}

}  // namespace streamonce
