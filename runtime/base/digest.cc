#include "runtime/base/digest.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "runtime/base/base64.h"
#include "runtime/base/check.h"
#include "runtime/base/text.h"

namespace streamonce {

namespace {

static_assert(sizeof(Sha256) == SHA256_DIGEST_LENGTH);

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeContext>;

/// OpenSSL's SHA-256. It is looked up once: by its name, as OpenSSL's own functions of one call do
/// it each time, that takes longer than to digest a small text.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  STREAMONCE_CHECK(kAlgorithm != nullptr);
  return kAlgorithm;
}

/// The SHA-256 of two texts, one behind the other.
Sha256 sha256(std::string_view first, std::string_view second) {
  const DigestContext context(EVP_MD_CTX_new());
  Sha256 digest;
  STREAMONCE_CHECK(context != nullptr &&
                   EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1 &&
                   EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1 &&
                   EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1 &&
                   EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

std::string_view text_of(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Sha256 sha256(std::string_view text) {
  return sha256(text, {});
}

// H((key ^ opad) H((key ^ ipad) text)), the key with zeros up to a block of SHA-256's.
Sha256 hmac_sha256(std::span<const unsigned char> key, std::string_view text) {
  constexpr std::size_t kBlockBytes = 64;
  std::array<unsigned char, kBlockBytes> block{};
  if (key.size() <= kBlockBytes) {
    std::copy(key.begin(), key.end(), block.begin());
  } else {
    const Sha256 shorter = sha256(text_of(key));
    std::copy(shorter.begin(), shorter.end(), block.begin());
  }
  std::array<unsigned char, kBlockBytes> inner{};
  std::array<unsigned char, kBlockBytes> outer{};
  for (std::size_t i = 0; i < kBlockBytes; ++i) {
    inner[i] = block[i] ^ 0x36;
    outer[i] = block[i] ^ 0x5C;
  }
  const Sha256 digest = sha256(text_of(inner), text);
  const Sha256 code = sha256(text_of(outer), text_of(digest));
  for (auto* bytes : {&block, &inner, &outer}) OPENSSL_cleanse(bytes->data(), bytes->size());
  return code;
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
  DigestContext of_openssl{EVP_MD_CTX_new()};
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
