// handler/views/language/token_stream.h: a text token by token, with what is wrong with it.
//
// A fault is either told and read over, or it stops the statement: from then on no token is there,
// so that every loop of a reader ends, until the next statement begins.
//
// Threads: one thread's. Ownership: views the text, and owns the faults.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "handler/views/language/syntax.h"
#include "handler/views/language/token.h"
#include "runtime/base/text.h"

namespace streamonce::handler::views {

class TokenStream {
 public:
  explicit TokenStream(std::string_view text);

  /// The token that is next. An end where the statement was stopped.
  const Token& token() const { return token_; }
  /// The token behind that one, which may be a bad one. Both are there until the next one is taken.
  const Token& following() const { return following_; }
  /// Takes the next token.
  Token take();

  /// Whether the next token is `word`, in any case. Most are told apart by their length, in place.
  bool at_word(std::string_view word) const {
    return token_.kind == TokenKind::kWord && token_.text.size() == word.size() &&
           same_word(token_.text, word);
  }
  /// Whether the next token is `symbol`, which has one byte or two.
  bool at_symbol(std::string_view symbol) const {
    return token_.kind == TokenKind::kSymbol && token_.text.size() == symbol.size() &&
           token_.text.front() == symbol.front() && token_.text.back() == symbol.back();
  }
  bool at_end() const { return token_.kind == TokenKind::kEnd && !stopped_; }
  /// Whether a statement begins here: CREATE SOURCE or CREATE VIEW.
  bool at_statement() const;
  /// Take the next token if it is that.
  bool accept_word(std::string_view word);
  bool accept_symbol(std::string_view symbol);
  /// The same, and otherwise stop the statement.
  /// @param wanted  what would do, for the message
  void expect_word(std::string_view word, std::string_view wanted);
  void expect_symbol(std::string_view symbol, std::string_view wanted);

  /// Tells a fault, and reads on.
  void tell(Place place, std::string message);
  /// Tells a fault, and stops the statement.
  void stop(Place place, std::string message);
  /// Stops the statement at the next token: what was found, and what would do.
  void stop_expecting(std::string_view wanted);
  bool stopped() const { return stopped_; }

  /// Begins with what stands behind the next `;`, or with the next CREATE SOURCE or CREATE VIEW.
  void recover();

  std::vector<Fault> take_faults();

 private:
  void advance();

  Lexer lexer_;  // behind the token that follows
  Token token_;
  Token following_;
  std::string complaint_;  // what is wrong with the token that follows, if it is a bad one
  Token stopped_at_;
  bool stopped_ = false;
  std::vector<Fault> faults_;
};

/// `"word"`, `the text 'abc'` or `the end of the text`: for messages.
std::string describe(const Token& token);

}  // namespace streamonce::handler::views
