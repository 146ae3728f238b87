// runtime/base/base64.h: bytes as text, in the one spelling that each sequence of bytes has.
//
// Source:  RFC 4648, section 4: the standard alphabet, with padding.
// Threads: pure functions.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace streamonce {

/// Whether `text` is padded, of the standard alphabet, and has zeros for the bits at its end that
/// no byte needs. The empty text is.
bool is_canonical_base64(std::string_view text);

std::string to_base64(std::string_view bytes);

/// Writes the bytes that `text`, which is canonical, is the base64 of. `out` has three bytes for
/// each four of the text, and is longer than what is written.
/// @return  how many bytes they are
std::size_t decode_base64(std::string_view text, char* out);

/// The bytes that `text` is the base64 of. Empty: `text` is not canonical base64, or is empty.
std::string from_base64(std::string_view text);

}  // namespace streamonce
