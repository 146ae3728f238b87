// runtime/base/redact.h: takes what others quote out of their words (guarantee G9).
//
// A database may quote the item that it refuses: as it is, cut short, escaped, or changed by a
// function of the user's. libcurl quotes the proxy's URL, with its password. So secrets are not
// looked for. What stays is what is known to be the speaker's own:
//
// - A message of a known form stays as it is, but for the places where the form quotes something.
// - A message of no known form keeps the words that databases use when they refuse something, up to
//   the first quotation mark, bracket, colon or equals sign. Nothing stays from there on.
//
// So the text does not depend on what is quoted, even where that is made of a database's own words.
// One thing is not told apart: such words that a message of no known form quotes without a mark.
//
// Everything that a database or a library for the network says passes through here before it
// becomes a reason or the message of an Error.
//
// Threads: pure functions.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace streamonce {

/// The most bytes that are looked at of a message of no known form, so that a long one costs no
/// time: a function of 128 MB has a fourteenth of a core.
inline constexpr std::size_t kRedactedBytesMax = 2048;

/// What may be told of `message`; `***` stands in the place of what is withheld.
std::string redact(std::string_view message);

/// Whether 8 bytes in a row of `text` are in one of `secrets`: a shorter run tells nothing of use.
bool holds_part_of(std::string_view text, std::span<const std::string_view> secrets);

/// What may be told of a message on a permission or a resource, which has no item to quote: known
/// words stay wherever they stand, and so do the names of resources (`arn:aws:...`) and of actions
/// (`dynamodb:PutItem`), unless they hold a part of one of `secrets`.
std::string redact_keeping_names(std::string_view message,
                                 std::span<const std::string_view> secrets);

}  // namespace streamonce
