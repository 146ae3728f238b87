// handler/views/language/printer.h: a tree of statements as text again.
//
// Threads: pure functions.

#pragma once

#include <string>

#include "handler/views/language/syntax.h"

namespace streamonce::handler::views {

/// A text that read_script() reads to an equal tree, but for places. A statement has a line.
std::string print(const Script& script);

/// An expression, with the fewest brackets that keep its meaning.
std::string print(const Expression& expression);

/// `"total > 5"`: the same between quotation marks, cut short: for messages.
std::string shown(const Expression& expression);

}  // namespace streamonce::handler::views
