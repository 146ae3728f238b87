// runtime/base/text_encoding.h: the two things that an editor or a shell does to a JSON text: it
// puts a byte order mark in front, or writes the text in UTF-16.
//
// JSON is UTF-8. A byte order mark of UTF-8 means nothing and is passed over; UTF-16 is named, so
// that its user knows what to do. UTF-16 is told by its own byte order mark, or by the zero byte in
// each of the first two characters, which are ASCII in every JSON document.
//
// Source:  RFC 8259, section 8.1; RFC 4627, section 3, which tells encodings by their zero bytes.
//          Windows PowerShell 5.1 writes little-endian UTF-16 with > and Out-File, and UTF-8 with a
//          byte order mark with -Encoding utf8.
// Threads: pure functions.

#pragma once

#include <cstddef>
#include <string_view>

namespace streamonce {

/// The byte order mark of UTF-8.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// How many bytes at the start of a text tell its encoding.
inline constexpr std::size_t kEncodingBytes = 4;

/// `text` without a byte order mark at its start.
std::string_view without_byte_order_mark(std::string_view text);

/// Says that `text` is UTF-16, in which byte order, and what its user is to do. Empty: it is not.
/// @param text  the start of a text: kEncodingBytes are enough
std::string_view utf16_complaint(std::string_view text);

}  // namespace streamonce
