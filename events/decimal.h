// events/decimal.h: DynamoDB's numbers, exactly.
//
// A number has up to 38 significant digits and a magnitude from 1E-130 to 9.9...9E+125, or is 0.
// What does not fit is an error, as DynamoDB has it: nothing is ever rounded.
//
// Source:  DynamoDB developer guide, "Supported data types and naming rules", Number.
// Threads: values and pure functions.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::events {

__extension__ using Coefficient = unsigned __int128;

/// coefficient * 10^exponent. There is one Decimal for each number.
struct Decimal {
  Coefficient coefficient = 0;  ///< below 10^38, and its last digit is not 0; of zero: 0
  std::int16_t exponent = 0;    ///< of zero: 0
  bool is_negative = false;     ///< of zero: false

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

/// The most bytes of a number's plain text: sign, `0.`, and the places of 38 digits from 1E-130 on.
inline constexpr std::size_t kPlainBytesMax = 1 + 2 + 129 + 38;

/// A text as DynamoDB takes it: `[+-] digits [. digits] [e|E [+-] digits]`.
/// @error kInvalidArgument  "is not a number", "has more than 38 significant digits" or "is out of
///                          DynamoDB's range": for a message that says of what, never with the text
Result<Decimal> parse_decimal(std::string_view text);

Decimal decimal_of(std::int64_t number);

/// @error kInvalidArgument  "the result has more than 38 significant digits" or "the result is out
///                          of DynamoDB's range", so of the three below
Result<Decimal> add(const Decimal& a, const Decimal& b);
Result<Decimal> subtract(const Decimal& a, const Decimal& b);
Result<Decimal> multiply(const Decimal& a, const Decimal& b);
Decimal negate(const Decimal& a);

std::strong_ordering compare(const Decimal& a, const Decimal& b);

/// The integer that `number` is once its fraction is cut off; none: it is not within the 64 bits,
/// the smallest of them left out.
std::optional<std::int64_t> truncated(const Decimal& number);
/// Whether it has no fraction.
bool is_integer(const Decimal& number);

/// Appends `number` without an exponent and without needless zeros: `100`, `-0.05`. That is the one
/// spelling that canonical keys have (events/item_key.h), and kPlainBytesMax bound it, so that the
/// longest numbers need no other.
void append_plain(std::string& out, const Decimal& number);
/// The same in `arena`.
std::string_view plain_text(const Decimal& number, std::pmr::memory_resource& arena);

}  // namespace streamonce::events
