// handler/redact.h: takes item values out of a database's words (guarantee G9).
//
// A database may quote what it refuses: as it is, cut short, escaped, or changed by a function of
// the user's. So values are not looked for: every word goes that is none of a database's own. A
// value that is such a word ("key") stays, and tells nothing.
//
// Everything that a database says passes through here before it becomes a reason.
//
// Threads: pure functions.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace streamonce::handler {

/// No more of a message is looked at, so that a long one costs no time: a function of 128 MB has a
/// fourteenth of a core.
inline constexpr std::size_t kRedactedBytesMax = 2048;

/// `message` with `***` in the place of each run of words that databases do not use when they
/// refuse something. At most kRedactedBytesMax of it.
std::string redact(std::string_view message);

/// Whether 8 bytes in a row of `text` are in one of `secrets`: a shorter run tells nothing of use.
bool holds_part_of(std::string_view text, std::span<const std::string_view> secrets);

/// The same as redact() for a message on a permission or a resource, which has no item to quote:
/// the names of resources (`arn:aws:...`) and of actions (`dynamodb:PutItem`) stay as well, unless
/// they hold a part of one of `secrets`.
std::string redact_keeping_names(std::string_view message,
                                 std::span<const std::string_view> secrets);

}  // namespace streamonce::handler
