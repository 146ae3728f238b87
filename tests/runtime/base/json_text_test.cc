#include "runtime/base/json_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace streamonce {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// `code_point` in UTF-8's bit pattern of `length` bytes, be that well-formed or not.
std::string encode(std::uint32_t code_point, int length) {
  constexpr std::uint32_t kLead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
  std::string bytes;
  for (int i = 1; i < length; ++i) {
    bytes.insert(bytes.begin(), static_cast<char>(0x80 | (code_point & 0x3F)));
    code_point >>= 6;
  }
  bytes.insert(bytes.begin(), static_cast<char>(kLead[length] | code_point));
  return bytes;
}

TEST(JsonText, QuotesPlainText) {
  EXPECT_EQ(json_of(""), R"("")");
  EXPECT_EQ(json_of("orders"), R"("orders")");
}

TEST(JsonText, AppendsToWhatIsThere) {
  std::string out = "{\"a\":";
  append_json_string(out, "b");
  EXPECT_EQ(out, R"({"a":"b")");
}

TEST(JsonText, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(json_of("a\"b\\c/"), R"("a\"b\\c/")");
  EXPECT_EQ(json_of("\n\r\t"), R"("\n\r\t")");
  EXPECT_EQ(json_of(std::string_view("\0\x01\x1F\x7F", 4)), R"("\u0000\u0001\u001f\u007f")");
}

TEST(JsonText, KeepsWellFormedUtf8) {
  for (const std::string_view text :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\xE2\x82\xAC uro", "x\xC3\xA9y"})
    EXPECT_EQ(json_of(text), '"' + std::string(text) + '"');
}

// Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
TEST(JsonText, ReplacesEachByteThatIsNotUtf8) {
  const std::string bad = "\xEF\xBF\xBD";
  const auto times = [&](int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += bad;
    return out;
  };
  struct Row {
    std::string_view text;
    int replaced;
  };
  for (const Row& row :
       {Row{"\x80", 1}, Row{"\xC3", 1}, Row{"\xFF\xFE", 2}, Row{"\xE2\x82", 2},
        Row{"\xF0\x9F\x98", 3}, Row{"\xC0\x80", 2}, Row{"\xC1\xBF", 2}, Row{"\xE0\x9F\xBF", 3},
        Row{"\xED\xA0\x80", 3}, Row{"\xED\xBF\xBF", 3}, Row{"\xF0\x8F\xBF\xBF", 4},
        Row{"\xF4\x90\x80\x80", 4}, Row{"\xF5\x80\x80\x80", 4}})
    EXPECT_EQ(json_of(row.text), '"' + times(row.replaced) + '"') << row.text;
  EXPECT_EQ(json_of("a\xC3(b"), "\"a" + bad + "(b\"");
}

TEST(JsonText, AgreesWithTheRulesOnCodePointsOfEveryLength) {
  // All of the first plane; of the others, every 127th, which meets each value of each byte.
  for (std::uint32_t code_point = 0x80; code_point < 0x110000 + 0x1000;
       code_point += code_point < 0x10000 ? 1 : 127) {
    const int shortest = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    const bool surrogate = code_point >= 0xD800 && code_point < 0xE000;
    for (int length = shortest; length <= 4; ++length) {
      const std::string text = encode(code_point, length);
      const bool valid = length == shortest && !surrogate && code_point < 0x110000;
      ASSERT_EQ(json_of(text) == '"' + text + '"', valid) << code_point << " in " << length;
    }
  }
}

TEST(JsonText, IsReadBackAsItWas) {
  std::string text = "key=\"v\" \\ \xF0\x9F\x98\x80 \xC3\xA9 ";
  for (char c = 0; c < 0x20; ++c) text += c;
  const auto parsed = nlohmann::json::parse(json_of(text), nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(parsed.is_string());
  EXPECT_EQ(parsed.get<std::string>(), text);
}

TEST(JsonText, IsValidJsonForEveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    std::string all = "[";
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      append_json_string(all, text);
      all += second < 255 ? ',' : ']';
    }
    ASSERT_TRUE(nlohmann::json::accept(all)) << first;
  }
}

}  // namespace
}  // namespace streamonce
