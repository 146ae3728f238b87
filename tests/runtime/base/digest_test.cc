#include "runtime/base/digest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace streamonce {
namespace {

// Source: NIST, "Descriptions of SHA-256" (examples of FIPS 180), and the hash of nothing.
TEST(Digest, IsSha256) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

std::string hmac_hex(const std::string& key, std::string_view text) {
  std::string hex;
  append_hex(hex,
             hmac_sha256({reinterpret_cast<const unsigned char*>(key.data()), key.size()}, text));
  return hex;
}

// Source: RFC 4231, test cases 1, 2 and 6; the key of the last is longer than a block.
TEST(Digest, IsHmacOfSha256) {
  EXPECT_EQ(hmac_hex(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hmac_hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// Source: RFC 1321, A.5, test suite.
TEST(Digest, IsMd5OfAllParts) {
  EXPECT_EQ(Md5().base64(), "1B2M2Y8AsgTpgAmY7PhCfg==");
  Md5 parts;
  parts.append("message");
  parts.append("");
  parts.append(" digest");
  EXPECT_EQ(parts.base64(), "+WtpfXy3k41SWi8xqvFh0A==");
}

TEST(Digest, HexHasTwoLowerCaseDigitsForEachByte) {
  std::string text = "as it was: ";
  append_hex(text, std::array<unsigned char, 4>{0x00, 0x0F, 0xA5, 0xFF});
  EXPECT_EQ(text, "as it was: 000fa5ff");
  append_hex(text, {});
  EXPECT_EQ(text, "as it was: 000fa5ff");
}

}  // namespace
}  // namespace streamonce
