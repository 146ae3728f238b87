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

TEST(Base64, IsThatOfTheStandardBothWays) {
  // RFC 4648, section 10.
  const std::pair<std::string_view, std::string_view> table[] = {
      {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : table) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  EXPECT_EQ(from_base64("Zg"), "");
}

}  // namespace
}  // namespace streamonce
