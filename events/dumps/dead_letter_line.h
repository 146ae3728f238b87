// events/dumps/dead_letter_line.h: what was not done, as a line of JSON that DeadLetterReader takes
// again.
//
// Threads: pure functions.

#pragma once

#include <string>
#include <string_view>

namespace streamonce::events {

/// `json`, which is well-formed, without white space between its tokens: one line.
std::string one_line(std::string_view json);

/// The unreadable `text`, whole, as one line of JSON that DeadLetterReader takes again: itself if
/// it is a JSON object, or else `{"unreadableDocument":...,"reason":...}`; where it is no UTF-8, or
/// would be mostly escapes, `{"unreadableBytes":...,"reason":...}`, in base64. The line is at most
/// half as long again as `text`, and some.
std::string unreadable_line(std::string_view text, std::string_view reason);

}  // namespace streamonce::events
