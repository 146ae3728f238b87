#include "runtime/base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce {
namespace {

TEST(Text, KnowsLettersAndDigitsOfAsciiAlone) {
  std::string digits;
  std::string others;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_TRUE(!is_digit(c) || is_letter_or_digit(c));
    if (is_letter_or_digit(c)) (is_digit(c) ? digits : others) += c;
  }
  EXPECT_EQ(digits, "0123456789");
  EXPECT_EQ(others, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

TEST(Text, AQuotedExcerptIsOneShortPrintableWord) {
  EXPECT_EQ(quoted_excerpt("Records"), R"("Records")");
  EXPECT_EQ(quoted_excerpt(""), R"("")");
  EXPECT_EQ(quoted_excerpt("a\"b\n\xC3\xBC~"), R"("a?b???~")");
  const std::string longest(kQuotedBytesMax, 'x');
  EXPECT_EQ(quoted_excerpt(longest), '"' + longest + '"');
  EXPECT_EQ(quoted_excerpt(longest + "y"), '"' + longest + "...\"");
}

TEST(Text, WhatIsInQuotesIsAsItWas) {
  EXPECT_EQ(in_quotes("a\"b\n" + std::string(100, 'x')), "\"a\"b\n" + std::string(100, 'x') + '"');
}

TEST(Text, APrintableExcerptHasABlankForWhatIsNot) {
  EXPECT_EQ(printable_excerpt("a\"b\nc\xFF"
                              "d",
                              100),
            "a\"b c d");
  EXPECT_EQ(printable_excerpt("abcd", 3), "abc");
  EXPECT_EQ(printable_excerpt("", 3), "");
}

TEST(Text, WithoutControlCharactersKeepsAllElse) {
  EXPECT_EQ(without_control_characters("a\x1b[2J\r\n\x7f"
                                       "b\"\xC3\xBC"),
            "a?[2J???b\"\xC3\xBC");
}

TEST(Text, APlaceIsLineColumnAndByte) {
  EXPECT_EQ(place_in("", 0), "line 1, column 1 (byte 0)");
  EXPECT_EQ(place_in("ab\ncd", 1), "line 1, column 2 (byte 1)");
  EXPECT_EQ(place_in("ab\ncd", 2), "line 1, column 3 (byte 2)");
  EXPECT_EQ(place_in("ab\ncd", 3), "line 2, column 1 (byte 3)");
  EXPECT_EQ(place_in("ab\ncd", 5), "line 2, column 3 (byte 5)");
}

TEST(Text, KnowsTheLengthOfACodePoint) {
  EXPECT_EQ(utf8_length_at("ab", 1), 1U);
  EXPECT_EQ(utf8_length_at("a\xC3\xBC", 1), 2U);
  EXPECT_EQ(utf8_length_at("\xE2\x82\xAC", 0), 3U);
  EXPECT_EQ(utf8_length_at("\xF0\x9F\x98\x80", 0), 4U);
  // A continuation, what is cut short or too long for its value, a surrogate, beyond the last.
  for (const std::string text :
       {"\x80", "\xC3", "\xE2\x82", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
    EXPECT_EQ(utf8_length_at(text, 0), 0U);
}

TEST(Text, TellsWhetherAllOfATextIsUtf8) {
  for (const std::string_view text : {"", "a", "a\xC3\xBC\xF0\x9F\x98\x80"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const std::string_view text : {"\x80", "a\xC3",
                                      "\xFF"
                                      "a",
                                      "\xC3\xBC\xBC"})
    EXPECT_FALSE(is_utf8(text));
}

}  // namespace
}  // namespace streamonce
