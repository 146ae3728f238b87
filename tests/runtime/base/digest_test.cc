#include "runtime/base/digest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace streamonce {
namespace {

// Source: NIST, "Descriptions of SHA-256" (examples of FIPS 180), and the hash of nothing.
TEST(Digest, IsSha256) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
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
