// runtime/base/digest.h: SHA-256, and bytes as hexadecimal digits.
//
// Source:  FIPS 180-4; OpenSSL does the work.
// Threads: pure functions.

#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace streamonce {

using Sha256 = std::array<unsigned char, 32>;

/// The SHA-256 of `text`, which may be empty.
Sha256 sha256(std::string_view text);

/// Appends two lower-case digits for each byte.
void append_hex(std::string& out, std::span<const unsigned char> bytes);

/// The SHA-256 of `text` in 64 lower-case digits.
std::string sha256_hex(std::string_view text);

}  // namespace streamonce
