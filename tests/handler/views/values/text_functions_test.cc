#include "handler/views/values/text_functions.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

namespace streamonce::handler::views {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

class TextFunctions : public ::testing::Test {
 protected:
  std::pmr::monotonic_buffer_resource arena_;
};

TEST_F(TextFunctions, FindWhatStringViewFinds) {
  const std::string many(2000, 'a');
  for (const std::string_view text : {std::string_view(""), std::string_view("ab"),
                                      std::string_view("aab"), std::string_view(many)})
    for (const std::string_view part :
         {std::string_view(""), std::string_view("a"), std::string_view("ab"),
          std::string_view("b"), std::string_view(many).substr(1), std::string_view("\0", 1)})
      for (const std::size_t from : {0U, 1U, 2U, 3U, 2000U, 2001U})
        EXPECT_EQ(find_text(text, part, from), text.find(part, from)) << part << " from " << from;
}

TEST_F(TextFunctions, FindInTextsThatNearlyMatchEverywhere) {
  constexpr std::size_t kHalf = 200'000;
  const std::string text = std::string(2 * kHalf, 'a') + 'c';
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{1000}, kHalf}) {
    const std::string as(size, 'a');
    EXPECT_EQ(find_text(text, as + 'b'), std::string_view::npos);
    EXPECT_EQ(find_text(text, 'b' + as), std::string_view::npos);
    EXPECT_EQ(find_text(text, as + 'b' + as), std::string_view::npos);
    EXPECT_EQ(find_text(text, as + 'c'), 2 * kHalf - size);
    EXPECT_EQ(replace(text, as + 'c', "", arena_).value().size(), 2 * kHalf - size);
    EXPECT_EQ(split_part(text, as + 'c', 2).value(), "");
  }
}

TEST_F(TextFunctions, ChangeTheCaseOfAsciiLettersOnly) {
  struct Case {
    std::string_view text, upper, lower;
  };
  for (const Case& c : {Case{"", "", ""}, Case{"Az09 []{}@`", "AZ09 []{}@`", "az09 []{}@`"},
                        Case{"stra\xC3\x9F"
                             "e \xC3\x84",
                             "STRA\xC3\x9F"
                             "E \xC3\x84",
                             "stra\xC3\x9F"
                             "e \xC3\x84"},
                        Case{"ABC", "ABC", "abc"}, Case{"abc", "ABC", "abc"}}) {
    EXPECT_EQ(upper(c.text, arena_), c.upper);
    EXPECT_EQ(lower(c.text, arena_), c.lower);
  }
}

TEST_F(TextFunctions, TrimTakesSpacesAwayAndNothingElse) {
  EXPECT_EQ(trim("  a b  "), "a b");
  EXPECT_EQ(trim("\ta \n"), "\ta \n");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(trim(""), "");
}

TEST_F(TextFunctions, ReplaceFindsFromLeftToRight) {
  struct Case {
    std::string_view text, from, to, result;
  };
  for (const Case& c :
       {Case{"a-b-c", "-", "+", "a+b+c"}, Case{"aaa", "aa", "b", "ba"}, Case{"aa", "a", "", ""},
        Case{"a", "", "x", "a"}, Case{"", "", "x", ""}, Case{"abc", "d", "x", "abc"},
        Case{"a", "a", "aa", "aa"}, Case{"ab", "b", "\xC3\x84", "a\xC3\x84"},
        Case{"-a-", "-", "--", "--a--"}, Case{"abc", "abc", "d", "d"}})
    EXPECT_EQ(*replace(c.text, c.from, c.to, arena_), c.result) << c.text;
}

TEST_F(TextFunctions, ReplaceMakesNoTextOfMoreThan400Kb) {
  const std::string most(kTextBytesMax, 'a');
  EXPECT_EQ(replace(most, "a", "b", arena_)->size(), kTextBytesMax);
  EXPECT_EQ(replace(most.substr(1), "a", "b", arena_)->size(), kTextBytesMax - 1);
  EXPECT_EQ(replace(most + "a", "a", "b", arena_).error().message,
            "REPLACE would give a text of more than 400 KB");
  EXPECT_FALSE(replace(most.substr(1), "a", "bb", arena_));
  EXPECT_EQ(replace(most + "aa", "aa", "a", arena_)->size(), kTextBytesMax / 2 + 1);
  EXPECT_EQ(replace(most, "a", most, arena_).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TextFunctions, SubstringIsAsInSql) {
  struct Case {
    std::string_view text;
    std::int64_t first, end;
    std::string_view result;
  };
  for (const Case& c :
       {Case{"abcde", 2, 4, "bc"}, Case{"abcde", 1, 6, "abcde"}, Case{"abcde", -1, 3, "ab"},
        Case{"abcde", 0, 1, ""}, Case{"abcde", 0, 2, "a"}, Case{"abcde", 5, kMost, "e"},
        Case{"abcde", 6, kMost, ""}, Case{"abcde", kLeast, kMost, "abcde"}, Case{"abcde", 3, 3, ""},
        Case{"abcde", 3, 1, ""}, Case{"", 1, 2, ""}, Case{"abcde", kMost, kMost, ""},
        Case{"abcde", kLeast, kLeast, ""},
        Case{"\xC3\x84\xE2\x82\xAC\xF0\x9F\x98\x80z", 2, 4, "\xE2\x82\xAC\xF0\x9F\x98\x80"},
        Case{"\xC3\x84\xE2\x82\xAC\xF0\x9F\x98\x80z", 4, 9, "z"}})
    EXPECT_EQ(substring(c.text, c.first, c.end), c.result) << c.first << ' ' << c.end;
}

TEST_F(TextFunctions, PadLeftFillsAndCutsByCodePoints) {
  struct Case {
    std::string_view text;
    std::int64_t length;
    std::string_view fill, result;
  };
  for (const Case& c :
       {Case{"7", 3, "0", "007"}, Case{"abc", 2, "0", "ab"}, Case{"abc", 3, "0", "abc"},
        Case{"a", 6, "xyz", "xyzxya"}, Case{"a", 4, "xyz", "xyza"}, Case{"abc", 9, "", "abc"},
        Case{"abc", 2, "", "ab"}, Case{"abc", 0, "x", ""}, Case{"abc", -5, "x", ""},
        Case{"abc", kLeast, "x", ""}, Case{"", 2, "x", "xx"}, Case{"abc", kMost, "", "abc"},
        Case{"\xC3\x84", 3, "\xE2\x82\xAC", "\xE2\x82\xAC\xE2\x82\xAC\xC3\x84"},
        Case{"\xC3\x84\xC3\x96", 1, "x", "\xC3\x84"}})
    EXPECT_EQ(*pad_left(c.text, c.length, c.fill, arena_), c.result) << c.text << c.length;
}

TEST_F(TextFunctions, PadLeftMakesNoTextOfMoreThan400Kb) {
  const auto most = static_cast<std::int64_t>(kTextBytesMax);
  EXPECT_EQ(pad_left("a", most, "0", arena_)->size(), kTextBytesMax);
  EXPECT_EQ(pad_left("a", most + 1, "0", arena_).error().message,
            "LPAD would give a text of more than 400 KB");
  EXPECT_FALSE(pad_left("a", kMost, "0", arena_));
  EXPECT_FALSE(pad_left("a", kMost, "0123456789", arena_));
  EXPECT_FALSE(pad_left("a", most, "\xC3\x84", arena_));
  EXPECT_FALSE(pad_left(std::string(kTextBytesMax + 1, 'a'), most + 2, "0", arena_));
}

TEST_F(TextFunctions, SplitPartCountsFromOne) {
  struct Case {
    std::string_view text, separator;
    std::int64_t number;
    std::optional<std::string_view> result;
  };
  for (const Case& c :
       {Case{"a#b#c", "#", 1, "a"}, Case{"a#b#c", "#", 3, "c"}, Case{"a#b#c", "#", 4, std::nullopt},
        Case{"a#b", "#", kMost, std::nullopt}, Case{"a##b", "#", 2, ""}, Case{"a##b", "##", 2, "b"},
        Case{"", "#", 1, ""}, Case{"", "#", 2, std::nullopt}, Case{"a#", "#", 2, ""}})
    EXPECT_EQ(*split_part(c.text, c.separator, c.number), c.result) << c.text << c.number;
  EXPECT_EQ(split_part("a", "", 1).error().message, "SPLIT_PART has an empty separator");
  EXPECT_EQ(split_part("a", "#", 0).error().message, "SPLIT_PART has a part's number below 1");
  EXPECT_FALSE(split_part("a", "#", kLeast));
}

TEST_F(TextFunctions, CharLengthCountsCodePoints) {
  EXPECT_EQ(char_length(""), 0U);
  EXPECT_EQ(char_length("abc"), 3U);
  EXPECT_EQ(char_length("\xC3\x84\xE2\x82\xAC\xF0\x9F\x98\x80"), 3U);
}

TEST_F(TextFunctions, Sha256IsLowerCaseHex) {
  EXPECT_EQ(sha256_text("", arena_),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_text("abc", arena_),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(TextFunctions, ConcatenateMakesNoTextOfMoreThan400Kb) {
  EXPECT_EQ(*concatenate("ab", "cd", arena_), "abcd");
  EXPECT_EQ(*concatenate("", "", arena_), "");
  const std::string most(kTextBytesMax, 'a');
  EXPECT_EQ(concatenate(most, "", arena_)->size(), kTextBytesMax);
  EXPECT_EQ(concatenate(most, "b", arena_).error().message,
            "|| would give a text of more than 400 KB");
}

TEST_F(TextFunctions, ToIso8601WritesTheYears0To9999) {
  struct Case {
    std::int64_t seconds;
    std::string_view text;
  };
  for (const Case& c :
       {Case{1'700'000'000, "2023-11-14T22:13:20Z"}, Case{0, "1970-01-01T00:00:00Z"},
        Case{-1, "1969-12-31T23:59:59Z"}, Case{951'782'400, "2000-02-29T00:00:00Z"},
        Case{-62'167'219'200, "0000-01-01T00:00:00Z"},
        Case{253'402'300'799, "9999-12-31T23:59:59Z"}})
    EXPECT_EQ(*to_iso8601(c.seconds, arena_), c.text);
  for (const std::int64_t seconds : {-62'167'219'201, 253'402'300'800, kLeast, kMost})
    EXPECT_EQ(to_iso8601(seconds, arena_).error().message,
              "TO_ISO8601 takes times of the years 0 to 9999");
}

}  // namespace
}  // namespace streamonce::handler::views
