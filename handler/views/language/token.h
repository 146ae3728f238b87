// handler/views/language/token.h: the words, texts, numbers and symbols that a views.sql is made
// of.
//
// Threads: a Lexer is one thread's. Ownership: tokens view the text.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

#include "handler/views/language/syntax.h"
#include "runtime/base/check.h"

namespace streamonce::handler::views {

enum class TokenKind : std::uint8_t {
  kEnd,         ///< the end of the text, again and again
  kWord,        ///< a keyword or a name: ASCII letters, digits and `_`, no digit in front
  kQuotedName,  ///< in double quotes
  kText,        ///< in single quotes
  kNumber,      ///< without a sign
  kSymbol,
  kBad,  ///< no token
};

/// The capital letter of an ASCII letter; any other byte as it is.
constexpr char capital(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// The most bytes of what has a code.
inline constexpr std::size_t kCodeBytesMax = 8;

/// Of a word's bytes, which are letters, digits and `_`, these bits are its code: that makes small
/// letters capital ones, and keeps any two others apart.
inline constexpr std::uint64_t kCapitalBits = 0xDFDF'DFDF'DFDF'DFDF;

/// A word, in any case, or a symbol as one number, so that tokens are told apart by one comparison.
/// Its first byte is the lowest one of the number. 0: it is empty or too long.
/// @param text  a word, or a symbol, and nothing else
constexpr std::uint64_t code_of(std::string_view text) {
  if (text.empty() || text.size() > kCodeBytesMax) return 0;
  std::uint64_t code = 0;
  for (std::size_t i = text.size(); i-- > 0;)
    code = code << 8U | static_cast<unsigned char>(text[i]);
  const char first = capital(text.front());
  const bool is_word = (first >= 'A' && first <= 'Z') || first == '_';
  return is_word ? code & kCapitalBits : code;
}

/// A word of the language, or a symbol: what its grammar has in quotes.
class Terminal {
 public:
  /// @param text  one that has a code
  // Literals stand where terminals are wanted.
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval Terminal(const char* text) : text_(text), code_(code_of(text_)) {
    STREAMONCE_CHECK(code_ != 0);  // by the compiler
  }

  std::string_view text() const { return text_; }
  std::uint64_t code() const { return code_; }

 private:
  std::string_view text_;
  std::uint64_t code_;
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text = {};  ///< as it is written, quotes included
  Place place = {};
  std::uint64_t code = 0;  ///< of a symbol, and of a word that is not too long; else 0

  /// Whether it is that word, in any case, or that symbol.
  bool is(const Terminal& terminal) const { return code == terminal.code(); }
};

/// Cuts a text into tokens, and passes over blanks and comments.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  /// The next token. Behind a bad one it goes on with what comes next.
  /// @param complaint  becomes what is wrong with a bad one
  Token next(std::string& complaint);

 private:
  /// What the next token is, and how long.
  struct Cut {
    TokenKind kind;
    std::size_t bytes;
  };

  bool pass_blanks(std::string& complaint);
  Cut cut(std::string& complaint) const;
  Cut word() const;
  Cut quoted(std::string& complaint) const;
  Cut number(std::string& complaint) const;
  Cut unknown(std::string& complaint) const;
  std::uint64_t word_code(std::size_t bytes) const;
  char byte(std::size_t ahead) const;
  void advance(std::size_t bytes);

  std::string_view text_;
  std::size_t at_ = 0;
  Place place_;
};

/// What stands between the quotes of a name or a text: a doubled quote is one. A view of the token
/// where there is none, and else in `memory`.
std::string_view unquoted(std::string_view token_text, std::pmr::memory_resource& memory);

/// `text` with its ASCII letters in lower case: itself where all are, and else in `memory`.
std::string_view lower_case(std::string_view text, std::pmr::memory_resource& memory);

/// `text` with its ASCII letters in capital ones.
std::string upper_case(std::string_view text);

/// Whether `name` can stand without double quotes wherever a name can.
bool is_plain_name(std::string_view name);

/// Whether `token` is a word of the language's own, in any case, and no name unless it is quoted.
bool is_reserved(const Token& token);

/// Whether SQL has `word`, in any case, as a value that changes with the clock.
bool is_clock(std::string_view word);

}  // namespace streamonce::handler::views
