// handler/views/values/text_functions.h: the functions of the view language that work on texts and
// times.
//
// Texts are UTF-8, and places and lengths count code points, from 1. What is made lies in the arena
// that is given; a result may as well be a part of an argument.
//
// No result is longer than kTextBytesMax, so that no text of a view makes much of little. A message
// of an error begins with the function's name, and tells no text.
//
// Threads: pure functions, but for the arena.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::handler::views {

/// The most bytes of a text that a function makes.
/// Source: DynamoDB quotas, "Item size: 400 KB"; no attribute can have more.
inline constexpr std::size_t kTextBytesMax = 400UL * 1024;

/// Where `part` begins in `text` at `from` or behind it; npos: nowhere. As string_view::find, in
/// time that does not grow with the product of the sizes, whatever the texts are.
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0);

/// `text` with its letters a to z as capital ones, and all else as it is.
std::string_view upper(std::string_view text, std::pmr::memory_resource& arena);
/// `text` with its letters A to Z as small ones, and all else as it is.
std::string_view lower(std::string_view text, std::pmr::memory_resource& arena);

/// `text` without the spaces, and only those, at both ends.
std::string_view trim(std::string_view text);

/// `text` with `to` for each `from`, looked for from left to right. An empty `from` is nowhere.
/// @error kInvalidArgument  the result would be longer than kTextBytesMax
Result<std::string_view> replace(std::string_view text, std::string_view from, std::string_view to,
                                 std::pmr::memory_resource& arena);

/// The code points at the places from `first` on and before `end`. Places before 1, and behind the
/// text, are empty: so SUBSTRING(s, start, length) is substring(s, start, start + length).
std::string_view substring(std::string_view text, std::int64_t first, std::int64_t end);

/// `text` cut behind `length` code points, or with as much of `fill`, again and again, before it
/// that there are so many. An empty `fill` adds nothing. A length below 0 is 0.
/// @error kInvalidArgument  the result would be longer than kTextBytesMax
Result<std::string_view> pad_left(std::string_view text, std::int64_t length, std::string_view fill,
                                  std::pmr::memory_resource& arena);

/// The part `number`, from 1, of the parts of `text` between `separator`s. None: there are fewer.
/// @error kInvalidArgument  the number is below 1, or the separator is empty
Result<std::optional<std::string_view>> split_part(std::string_view text,
                                                   std::string_view separator, std::int64_t number);

/// How many code points `text` has.
std::size_t char_length(std::string_view text);

/// The SHA-256 of `bytes` in 64 lower-case digits.
std::string_view sha256_text(std::string_view bytes, std::pmr::memory_resource& arena);

/// `first` and `second`, one behind the other.
/// @error kInvalidArgument  the result would be longer than kTextBytesMax
Result<std::string_view> concatenate(std::string_view first, std::string_view second,
                                     std::pmr::memory_resource& arena);

/// `2023-11-14T22:13:20Z` for 1700000000.
/// @error kInvalidArgument  a time before the year 0 or after 9999, which has no such text
Result<std::string_view> to_iso8601(std::int64_t seconds, std::pmr::memory_resource& arena);

}  // namespace streamonce::handler::views
