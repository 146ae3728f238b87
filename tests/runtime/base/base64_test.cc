#include "runtime/base/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace streamonce {
namespace {

TEST(Base64, IsCanonicalOrNot) {
  for (const std::string_view text : {"", "AA==", "AAA=", "AAAA", "/+8=", "aGVsbG8gd29ybGQ="})
    EXPECT_TRUE(is_canonical_base64(text)) << text;
  // Wrong length, wrong padding, wrong alphabet, bits behind the end.
  for (const std::string_view text :
       {"A", "AA", "AAA", "A===", "====", "AA=A", "AA-_", "AB==", "AAB=", "AAAA\n", "AA==AA=="})
    EXPECT_FALSE(is_canonical_base64(text)) << text;
}

// Source: RFC 4648, section 10.
TEST(Base64, WritesAndReadsTheVectorsOfTheRfc) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, KeepsEveryByte) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
}

TEST(Base64, ReadsNothingOutOfWhatIsNotCanonical) {
  for (const std::string_view text : {"Zg", "Zg=", "Zh==", "Zm9v\n", "Z g="})
    EXPECT_EQ(from_base64(text), "") << text;
}

}  // namespace
}  // namespace streamonce
