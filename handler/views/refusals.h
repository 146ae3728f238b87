// handler/views/refusals.h: what SQL has and views have not, and how to write it here.
//
// Threads: pure functions of constants.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "handler/views/token.h"

namespace streamonce::handler::views {

/// Why there is no JOIN.
inline constexpr std::string_view kJoinRefusal =
    "no JOIN: a view is made of the items of one source; make one view for each source, with the "
    "same key layout, and query both";

/// Why `token` cannot stand where it was found, if it is known from SQL or another language. Empty:
/// it is not, and the place tells what is wrong.
std::string_view refusal_of(const Token& token);

/// Whether `token` begins a clause of SQL that would stand behind a SELECT and is refused.
bool begins_refused_clause(const Token& token);

/// Whether `token` is a word of a JOIN.
bool begins_join(const Token& token);

/// Why there is no function `call`, which is in lower case, and what does its work. Empty: it is
/// not known from elsewhere.
std::string_view refusal_of_function(std::string_view call);

/// Why there is neither clock nor randomness.
inline constexpr std::string_view kClockRefusal =
    "a view is a function of the item alone, so that a retry gives the same row: no clock, no "
    "randomness; let the writer of the item put this value into an attribute";

/// Finds, among names that are known, the one that a wrong name is most likely meant for.
class Suggestion {
 public:
  explicit Suggestion(std::string_view wrong);

  void consider(std::string_view known);
  /// `; did you mean "x"?`, or nothing.
  std::string text() const;

 private:
  std::string_view wrong_;
  std::string_view nearest_;
  std::size_t changes_less_than_;
};

}  // namespace streamonce::handler::views
