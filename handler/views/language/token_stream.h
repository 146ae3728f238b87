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

namespace streamonce::handler::views {

class TokenStream {
 public:
  explicit TokenStream(std::string_view text);

  /// The token that is next. An end where the statement was stopped.
  const Token& token() const { return token_; }
  /// The token behind that one, which may be a bad one. Both are there until the next one is taken.
  const Token& following() const { return following_; }
  /// Takes the next token: the one behind it is next then.
  void take();

  /// Whether the next token is that word, in any case, or that symbol.
  bool at(const Terminal& terminal) const { return token_.is(terminal); }
  bool at_end() const { return token_.kind == TokenKind::kEnd && !stopped_; }
  /// Whether a statement begins here: CREATE SOURCE or CREATE VIEW.
  bool at_statement() const {
    return at("CREATE") && (following_.is("SOURCE") || following_.is("VIEW"));
  }
  /// Takes the next token if it is that.
  bool accept(const Terminal& terminal) {
    if (!at(terminal)) return false;
    take();
    return true;
  }
  /// The same, and otherwise stops the statement.
  /// @param wanted  what would do, for the message
  void expect(const Terminal& terminal, std::string_view wanted) {
    if (!accept(terminal)) stop_expecting(wanted);
  }

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
