// runtime/base/base64.h: bytes as base64, so that a line of JSON can keep what is no text.
//
// Source:  RFC 4648, section 4: the standard alphabet, with padding.
// Threads: pure functions.

#pragma once

#include <string>
#include <string_view>

namespace streamonce {

/// Whether `text` is base64 with padding, and with zero bits at the end.
bool is_canonical_base64(std::string_view text);

std::string to_base64(std::string_view bytes);

/// The bytes that `text` is the base64 of. Empty: `text` is not canonical base64, or is empty.
std::string from_base64(std::string_view text);

}  // namespace streamonce
