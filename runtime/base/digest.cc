#include "runtime/base/digest.h"

#include <array>
#include <cstddef>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "runtime/base/base64.h"
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

struct Md5::Context {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> of_openssl{EVP_MD_CTX_new()};
};

Md5::Md5() : context_(std::make_unique<Context>()) {
  STREAMONCE_CHECK(context_->of_openssl != nullptr);
  STREAMONCE_CHECK(EVP_DigestInit_ex(context_->of_openssl.get(), EVP_md5(), nullptr) == 1);
}

Md5::~Md5() = default;

void Md5::append(std::string_view bytes) {
  STREAMONCE_CHECK(EVP_DigestUpdate(context_->of_openssl.get(), bytes.data(), bytes.size()) == 1);
}

std::string Md5::base64() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  STREAMONCE_CHECK(EVP_DigestFinal_ex(context_->of_openssl.get(), digest.data(), &size) == 1);
  return to_base64({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace streamonce
