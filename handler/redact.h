// handler/redact.h: takes item values out of a database's words (guarantee G9).
//
// A database may quote what it refuses: as it is, cut short, escaped, or changed by a function of
// the user's. So values are not looked for: every word goes that is none of a database's own. A
// value that is such a word ("key") stays, and tells nothing.
//
// Everything that a database says of an item passes through here before it becomes a reason.
//
// Threads: a pure function.

#pragma once

#include <string>
#include <string_view>

namespace streamonce::handler {

/// `message` with `***` in the place of each run of words that databases do not use when they
/// refuse something.
std::string redact(std::string_view message);

}  // namespace streamonce::handler
