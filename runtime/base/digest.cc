#include "runtime/base/digest.h"

#include <cstddef>

#include <openssl/sha.h>

#include "runtime/base/check.h"
#include "runtime/base/text.h"

namespace streamonce {

static_assert(sizeof(Sha256) == SHA256_DIGEST_LENGTH);

Sha256 sha256(std::string_view text) {
  Sha256 digest;
  STREAMONCE_CHECK(SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                          digest.data()) != nullptr);
  return digest;
}

void append_hex(std::string& out, std::span<const unsigned char> bytes) {
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (const unsigned char byte : bytes) {
    out[at++] = kHexDigits[byte >> 4];
    out[at++] = kHexDigits[byte & 15];
  }
}

std::string sha256_hex(std::string_view text) {
  std::string hex;
  append_hex(hex, sha256(text));
  return hex;
}

}  // namespace streamonce
