// runtime/base/text.h: the characters of texts, and texts of others in the messages of ours.
//
// Three things are done to a text, and each has its name: an excerpt is cut short, what is
// printable has no control characters, and what is quoted has quotation marks around it.
//
// Threads: pure functions.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace streamonce {

/// The digits of hexadecimal numbers, by their value.
inline constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Whether `c` is a decimal digit, whatever the locale.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Whether `c` is a letter or decimal digit of ASCII.
constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

/// Whether `c` is printable ASCII, the blank among it.
constexpr bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

/// Whether both are the same but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

/// Length of the well-formed UTF-8 sequence at the byte `at` of `text`, or 0 if there is none.
std::size_t utf8_length_at(std::string_view text, std::size_t at);

/// Whether all of `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

/// The most bytes of a text that quoted_excerpt() keeps.
inline constexpr std::size_t kQuotedBytesMax = 64;

/// `text` between quotation marks, cut short, with a question mark for each quotation mark in it
/// and each byte that is no printable ASCII. For names that an input holds, never for an item's
/// values.
std::string quoted_excerpt(std::string_view text);

/// `text` as it is between quotation marks: for what the user set and is to find again.
std::string in_quotes(std::string_view text);

/// The first `bytes_max` bytes of `text`, with a blank for each that is no printable ASCII.
std::string printable_excerpt(std::string_view text, std::size_t bytes_max);

/// The whole of `text`, with a question mark for each ASCII control character: nothing in it moves
/// a terminal's cursor. Bytes above ASCII stay, as names of files have them.
std::string without_control_characters(std::string_view text);

/// Where the byte `at` of `text` is, as in "line 3, column 5 (byte 71)": line and column from 1,
/// the column in bytes, the byte from 0.
std::string place_in(std::string_view text, std::size_t at);

}  // namespace streamonce
