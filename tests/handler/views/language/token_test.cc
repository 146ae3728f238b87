#include "handler/views/language/token.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace streamonce::handler::views {
namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";
constexpr std::string_view kLetters = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kSymbols = "()[]{},;.:+-*/%=<>";

constexpr std::array<std::string_view, 9> kPairs{"<>", "!=", "<=", ">=", "<<",
                                                 ">>", "||", "==", "&&"};

bool is_among(std::string_view bytes, char byte) {
  return bytes.find(byte) != std::string_view::npos;
}

/// What `byte` is where it stands alone.
TokenKind kind_of(char byte) {
  if (is_among(kBlanks, byte)) return TokenKind::kEnd;
  if (is_among(kLetters, byte)) return TokenKind::kWord;
  if (is_among(kDigits, byte)) return TokenKind::kNumber;
  return is_among(kSymbols, byte) ? TokenKind::kSymbol : TokenKind::kBad;
}

TEST(Lexer, KnowsEachByteAloneAndBehindALetter) {
  for (int value = 0; value < 256; ++value) {
    const std::string byte(1, static_cast<char>(value));
    std::string complaint;
    const Token alone = Lexer(byte).next(complaint);
    EXPECT_EQ(alone.kind, kind_of(byte.front())) << value;
    EXPECT_EQ(alone.text, alone.kind == TokenKind::kEnd ? "" : byte) << value;
    EXPECT_EQ(complaint.empty(), alone.kind != TokenKind::kBad) << value;

    const std::string text = "a" + byte;
    Lexer lexer(text);
    const bool goes_on = is_among(kLetters, byte.front()) || is_among(kDigits, byte.front());
    const Token word = lexer.next(complaint);
    EXPECT_EQ(word.kind, TokenKind::kWord) << value;
    EXPECT_EQ(word.text, goes_on ? text : "a") << value;
    EXPECT_EQ(lexer.next(complaint).kind, goes_on ? TokenKind::kEnd : kind_of(byte.front()))
        << value;
  }
}

TEST(Lexer, GivesAWordTheSameCodeInAnyCase) {
  for (const std::string_view text : {"exclude", "EXCLUDE", "eXcLuDe"}) {
    for (const std::string_view behind : {"", " ", "(x)", "   -- and so on"}) {
      const std::string whole = std::string(text) + std::string(behind);
      std::string complaint;
      const Token token = Lexer(whole).next(complaint);
      EXPECT_TRUE(token.is("EXCLUDE")) << whole;
      EXPECT_TRUE(is_reserved(token)) << whole;
    }
  }
}

/// Of a text that has a memory of its size, so that what is read behind it is found.
TEST(Lexer, ReadsNothingBehindTheTextForACode) {
  const std::string_view word = "exclude_s";
  for (std::size_t length = 1; length <= word.size(); ++length) {
    for (const std::string_view before : {"", " ", "a.b, "}) {
      for (std::size_t behind = 0; behind <= kCodeBytesMax; ++behind) {
        const std::string text =
            std::string(before) + std::string(word.substr(0, length)) + std::string(behind, ')');
        const std::vector<char> bytes(text.begin(), text.end());
        Lexer lexer({bytes.data(), bytes.size()});
        std::string complaint;
        Token token = lexer.next(complaint);
        while (token.text != word.substr(0, length) && token.kind != TokenKind::kEnd)
          token = lexer.next(complaint);
        EXPECT_EQ(token.code, code_of(token.text)) << text;
      }
    }
  }
}

TEST(Lexer, GivesNothingElseTheCodeOfAWord) {
  for (const std::string_view text : {"EXCLUDES", "EXCLUD", "EXCLUDE_", "EXCLUDE1", "_XCLUDE",
                                      "EXCLUDEEXCLUDE", "'EXCLUDE'", "\"EXCLUDE\"", "7", "(", ""}) {
    std::string complaint;
    const Token token = Lexer(text).next(complaint);
    EXPECT_FALSE(token.is("EXCLUDE")) << text;
    EXPECT_FALSE(is_reserved(token)) << text;
  }
}

TEST(Lexer, TellsApartAllThatHasACode) {
  std::map<std::uint64_t, std::string> seen;
  const auto note = [&](const std::string& text) {
    std::string complaint;
    const Token token = Lexer(text).next(complaint);
    const auto [place, is_new] = seen.emplace(token.code, token.text);
    EXPECT_NE(token.code, 0U) << text;
    EXPECT_TRUE(is_new || upper_case(place->second) == upper_case(token.text))
        << text << " and " << place->second;
  };
  for (const char symbol : kSymbols) note({symbol});
  for (const std::string_view pair : kPairs) note(std::string(pair));
  for (const char first : kLetters) {
    note({first});
    for (const char second : kLetters) note({first, second});
    for (const char second : kDigits) note({first, second});
  }
}

TEST(Lexer, TakesTwoBytesForASymbolWhereItCan) {
  for (const std::string_view pair : kPairs) {
    std::string complaint;
    const Token token = Lexer(pair).next(complaint);
    EXPECT_EQ(token.kind, TokenKind::kSymbol) << pair;
    EXPECT_EQ(token.text, pair);
  }
  for (const std::string_view begin : {"<-", ">(", "=<", "=-"}) {
    std::string complaint;
    EXPECT_EQ(Lexer(begin).next(complaint).text, begin.substr(0, 1));
  }
}

TEST(Unquoted, IsInMemoryOnlyWhereAQuoteIsDoubled) {
  TreeMemory memory;
  const std::string_view plain = "'text'";
  EXPECT_EQ(unquoted(plain, memory).data(), plain.data() + 1);
  EXPECT_EQ(unquoted(plain, memory), "text");
  EXPECT_EQ(unquoted("''", memory), "");
  EXPECT_EQ(unquoted("'it''s'", memory), "it's");
  EXPECT_EQ(unquoted(R"("x""""y'")", memory), R"(x""y')");
}

TEST(LowerCase, IsItselfWhereAllIs) {
  TreeMemory memory;
  const std::string_view lower = "size_2";
  EXPECT_EQ(lower_case(lower, memory).data(), lower.data());
  EXPECT_EQ(lower_case("COALESCE_A", memory), "coalesce_a");
}

}  // namespace
}  // namespace streamonce::handler::views
