// runtime/base/digest.h: SHA-256, HMAC and MD5, and bytes as hexadecimal digits.
//
// Source:  FIPS 180-4; RFC 2104; RFC 1321; OpenSSL does the work.
// Threads: pure functions; an Md5 is of one thread at a time.

#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace streamonce {

using Sha256 = std::array<unsigned char, 32>;

/// The SHA-256 of `text`, which may be empty.
Sha256 sha256(std::string_view text);

/// The HMAC of `text` under `key`, with SHA-256. Either may be empty.
Sha256 hmac_sha256(std::span<const unsigned char> key, std::string_view text);

/// Appends two lower-case digits for each byte.
void append_hex(std::string& out, std::span<const unsigned char> bytes);

/// The SHA-256 of `text` in 64 lower-case digits.
std::string sha256_hex(std::string_view text);

/// The MD5 of bytes that come in parts: against damage, not against an enemy.
class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;

  void append(std::string_view bytes);

  /// The MD5 of all bytes so far as base64, which has 24 characters. Nothing may be appended
  /// afterwards.
  std::string base64();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace streamonce
