#include "runtime/base/text_encoding.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace streamonce {
namespace {

/// ASCII in UTF-16, without a mark.
std::string little_endian(std::string_view text) {
  std::string encoded;
  for (const char c : text) encoded += {c, '\0'};
  return encoded;
}
std::string big_endian(std::string_view text) {
  std::string encoded;
  for (const char c : text) encoded += {'\0', c};
  return encoded;
}

TEST(TextEncoding, PassesOverAByteOrderMarkAtTheStart) {
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBF{}"), "{}");
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBF"), "");
  EXPECT_EQ(without_byte_order_mark("{}\xEF\xBB\xBF"), "{}\xEF\xBB\xBF");
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB"), "\xEF\xBB");
}

TEST(TextEncoding, TellsUtf16ByItsMarkOrItsZeroBytes) {
  for (const std::string& text : {std::string("\xFF\xFE"), "\xFF\xFE" + little_endian("{"),
                                  little_endian("{\""), little_endian("[\r")}) {
    EXPECT_NE(utf16_complaint(text).find("little-endian"), std::string_view::npos);
    EXPECT_NE(utf16_complaint(text).find("iconv -f UTF-16LE -t UTF-8"), std::string_view::npos);
  }
  for (const std::string& text :
       {std::string("\xFE\xFF"), "\xFE\xFF" + big_endian("{"), big_endian("{\"")}) {
    EXPECT_NE(utf16_complaint(text).find("big-endian"), std::string_view::npos);
    EXPECT_NE(utf16_complaint(text).find("iconv -f UTF-16BE -t UTF-8"), std::string_view::npos);
  }
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("{\"a\""), little_endian("{") + "}}",
        std::string(4, '\0'), std::string("\xEF\xBB\xBF{"), std::string("\xFF")})
    EXPECT_EQ(utf16_complaint(text), "") << text;
}

}  // namespace
}  // namespace streamonce
