// events/base64.h: bytes as base64, for what is no text and is kept in a line of JSON.
//
// Source:  RFC 4648, section 4: the standard alphabet, with padding.
// Threads: pure functions.

#pragma once

#include <string>
#include <string_view>

namespace streamonce::events {

std::string to_base64(std::string_view bytes);

/// What a text of base64 stands for. Empty: it is none, or stands for nothing.
std::string from_base64(std::string_view text);

}  // namespace streamonce::events
