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

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text = {};  ///< as it is written, quotes included
  Place place = {};
};

/// Cuts a text into tokens, and passes over blanks and comments.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  /// The next token. Behind a bad one it goes on with what comes next.
  /// @param complaint  becomes what is wrong with a bad one
  Token next(std::string& complaint);

 private:
  bool pass_blanks(std::string& complaint);
  Token quoted(std::string& complaint);
  Token number(std::string& complaint);
  Token unknown(std::string& complaint);
  Token token(TokenKind kind, std::size_t bytes);
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

/// Whether `word` is one of the language's own, in any case, and no name unless it is quoted.
bool is_reserved(std::string_view word);

/// Whether SQL has `word`, in any case, as a value that changes with the clock.
bool is_clock(std::string_view word);

}  // namespace streamonce::handler::views
