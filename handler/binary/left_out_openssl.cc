// What Debian's OpenSSL brings and no handshake of ours needs, most of it tables that nothing
// compresses. The functions here answer in its place, so that the linker leaves it out:
//
//   P-256 in assembly   has a table of 150 KB. It makes a handshake 0.2 ms faster, and a cold start
//                       slower. On x86-64 there is C for it too, which answers; Debian's OpenSSL
//                       for arm64, built without enable-ec_nistp_64_gcc_128, has the assembly alone
//   P-224 on its own    is of use to nobody: no certificate authority signs with that curve. The
//                       code that does any curve answers
//   X448 and Ed448      are neither offered (see kGroups in runtime/http/curl_transport.cc) nor
//                       signed with by a certificate authority. What comes of them all the same is
//                       refused
//   AES-CBC and HMAC    in one pass, in assembly of 100 KB on x86-64, are for cipher suites of TLS
//     as one            1.2 that AWS does not choose. OpenSSL itself says that there are none where
//                       the CPU lacks AES instructions, and does the two apart
//   ciphers by name     with Blowfish, CAST, IDEA and SEED, are for formats that nothing here
//                       reads: TLS asks the provider for its ciphers
//
// Source: OpenSSL 3.0, crypto/ec/ec_local.h, ec_curve.c, ec_lib.c, include/crypto/ecx.h,
//         crypto/evp/e_aes_cbc_hmac_sha1.c, e_aes_cbc_hmac_sha256.c, and their like in
//         providers/implementations/ciphers, crypto/evp/c_allc.c; CA/Browser Forum, Baseline
//         Requirements 6.1.5: P-256, P-384, P-521.

#include <cstddef>
#include <cstdint>
#include <cstring>

struct ec_method_st;
struct nistz256_pre_comp_st;
struct nistp224_pre_comp_st;
struct evp_cipher_st;
struct prov_cipher_hw_aes_hmac_sha_st;

// The names are OpenSSL's.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {
int ossl_x448(std::uint8_t*, const std::uint8_t*, const std::uint8_t*);
void ossl_x448_public_from_private(std::uint8_t* key, const std::uint8_t*);
int ossl_ed448_public_from_private(void*, std::uint8_t*, const std::uint8_t*, const char*);
int ossl_ed448_sign(void*, std::uint8_t*, const std::uint8_t*, std::size_t, const std::uint8_t*,
                    const std::uint8_t*, const std::uint8_t*, std::size_t, const char*);
int ossl_ed448_verify(void*, const std::uint8_t*, std::size_t, const std::uint8_t*,
                      const std::uint8_t*, const std::uint8_t*, std::size_t, const char*);

// 0 is failure.
int ossl_x448(std::uint8_t*, const std::uint8_t*, const std::uint8_t*) {
  return 0;
}
void ossl_x448_public_from_private(std::uint8_t* key, const std::uint8_t*) {
  constexpr std::size_t kKeyBytes = 56;
  std::memset(key, 0, kKeyBytes);
}
int ossl_ed448_public_from_private(void*, std::uint8_t*, const std::uint8_t*, const char*) {
  return 0;
}
int ossl_ed448_sign(void*, std::uint8_t*, const std::uint8_t*, std::size_t, const std::uint8_t*,
                    const std::uint8_t*, const std::uint8_t*, std::size_t, const char*) {
  return 0;
}
int ossl_ed448_verify(void*, const std::uint8_t*, std::size_t, const std::uint8_t*,
                      const std::uint8_t*, const std::uint8_t*, std::size_t, const char*) {
  return 0;
}

void openssl_add_all_ciphers_int();
void openssl_add_all_ciphers_int() {}

#if defined(__x86_64__)

const ec_method_st* EC_GFp_mont_method();
const ec_method_st* EC_GFp_nistp224_method();
nistp224_pre_comp_st* EC_nistp224_pre_comp_dup(nistp224_pre_comp_st*);
void EC_nistp224_pre_comp_free(nistp224_pre_comp_st*);

const ec_method_st* EC_GFp_nistp256_method();
const ec_method_st* EC_GFp_nistz256_method();
nistz256_pre_comp_st* EC_nistz256_pre_comp_dup(nistz256_pre_comp_st*);
void EC_nistz256_pre_comp_free(nistz256_pre_comp_st*);

const ec_method_st* EC_GFp_nistp224_method() {
  return EC_GFp_mont_method();
}
const ec_method_st* EC_GFp_nistz256_method() {
  return EC_GFp_nistp256_method();
}

int ossl_cipher_capable_aes_cbc_hmac_sha1();
int ossl_cipher_capable_aes_cbc_hmac_sha256();
const prov_cipher_hw_aes_hmac_sha_st* ossl_prov_cipher_hw_aes_cbc_hmac_sha1();
const prov_cipher_hw_aes_hmac_sha_st* ossl_prov_cipher_hw_aes_cbc_hmac_sha256();
const evp_cipher_st* EVP_aes_128_cbc_hmac_sha1();
const evp_cipher_st* EVP_aes_256_cbc_hmac_sha1();
const evp_cipher_st* EVP_aes_128_cbc_hmac_sha256();
const evp_cipher_st* EVP_aes_256_cbc_hmac_sha256();

int ossl_cipher_capable_aes_cbc_hmac_sha1() {
  return 0;
}
int ossl_cipher_capable_aes_cbc_hmac_sha256() {
  return 0;
}
const prov_cipher_hw_aes_hmac_sha_st* ossl_prov_cipher_hw_aes_cbc_hmac_sha1() {
  return nullptr;
}
const prov_cipher_hw_aes_hmac_sha_st* ossl_prov_cipher_hw_aes_cbc_hmac_sha256() {
  return nullptr;
}
const evp_cipher_st* EVP_aes_128_cbc_hmac_sha1() {
  return nullptr;
}
const evp_cipher_st* EVP_aes_256_cbc_hmac_sha1() {
  return nullptr;
}
const evp_cipher_st* EVP_aes_128_cbc_hmac_sha256() {
  return nullptr;
}
const evp_cipher_st* EVP_aes_256_cbc_hmac_sha256() {
  return nullptr;
}

// These are called only for a group of a method that is left out.
nistp224_pre_comp_st* EC_nistp224_pre_comp_dup(nistp224_pre_comp_st*) {
  __builtin_trap();
}
void EC_nistp224_pre_comp_free(nistp224_pre_comp_st*) {
  __builtin_trap();
}
nistz256_pre_comp_st* EC_nistz256_pre_comp_dup(nistz256_pre_comp_st*) {
  __builtin_trap();
}
void EC_nistz256_pre_comp_free(nistz256_pre_comp_st*) {
  __builtin_trap();
}

#endif
}
// NOLINTEND(readability-identifier-naming)
