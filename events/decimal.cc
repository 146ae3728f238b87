#include "events/decimal.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "events/item_key.h"
#include "runtime/base/text.h"

namespace streamonce::events {
namespace {

constexpr int kDigitsMax = 38;
/// The power of ten of the first digit.
/// Source: DynamoDB developer guide, "Supported data types and naming rules", Number.
constexpr int kMagnitudeMin = -130;
constexpr int kMagnitudeMax = 125;

/// 10^0 to 10^38, which is the largest power of ten in 128 bits.
constexpr std::array<Coefficient, kDigitsMax + 1> kPowersOfTen = [] {
  std::array<Coefficient, kDigitsMax + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();
constexpr Coefficient kCoefficientEnd = kPowersOfTen[kDigitsMax];

constexpr Coefficient power_of_ten(int exponent) {
  return kPowersOfTen[static_cast<std::size_t>(exponent)];
}

int digits_of(Coefficient coefficient) {
  int digits = 0;
  while (digits < kDigitsMax && coefficient >= power_of_ten(digits)) ++digits;
  return digits;
}

Error too_many_digits() {
  return invalid_argument("the result has more than 38 significant digits");
}

/// The one Decimal that is coefficient * 10^exponent, whatever the zeros at the coefficient's end.
Result<Decimal> normalised(bool is_negative, Coefficient coefficient, int exponent) {
  if (coefficient == 0) return Decimal{};
  while (coefficient % 10 == 0) {
    coefficient /= 10;
    ++exponent;
  }
  if (coefficient >= kCoefficientEnd) return too_many_digits();
  const int magnitude = exponent + digits_of(coefficient) - 1;
  if (magnitude < kMagnitudeMin || magnitude > kMagnitudeMax)
    return invalid_argument("the result is out of DynamoDB's range");
  return Decimal{.coefficient = coefficient,
                 .exponent = static_cast<std::int16_t>(exponent),
                 .is_negative = is_negative};
}

/// `text` in plain form, as canonical_number() gives it: at most 126 digits before the point, and
/// at most 38 from the first that is not 0 to the last one.
Decimal from_plain(std::string_view text) {
  Decimal number;
  if (text.starts_with('-')) {
    number.is_negative = true;
    text.remove_prefix(1);
  }
  int zeros = 0;  // read, and not yet in the coefficient
  int exponent = 0;
  bool is_fraction = false;
  for (const char c : text) {
    if (c == '.') {
      is_fraction = true;
      continue;
    }
    if (is_fraction) --exponent;
    if (c == '0') {
      ++zeros;
      continue;
    }
    if (number.coefficient != 0) number.coefficient *= power_of_ten(zeros);
    number.coefficient = number.coefficient * 10 + static_cast<unsigned>(c - '0');
    zeros = 0;
  }
  if (number.coefficient == 0) return {};
  number.exponent = static_cast<std::int16_t>(exponent + zeros);
  return number;
}

/// Whether `text` is at most 38 digits, with a sign and a point or without: nearly all numbers are.
bool is_plain(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  std::size_t points = 0;
  for (const char c : text) {
    if (c == '.')
      ++points;
    else if (!is_digit(c))
      return false;
  }
  return points <= 1 && text.size() > points && text.size() <= kDigitsMax + points;
}

/// The sum of two numbers that are not 0, the first with an exponent that is not the smaller one.
Result<Decimal> sum_of(const Decimal& a, const Decimal& b) {
  // A number with zeros at its end and one whose last digit is none have a sum without zeros there:
  // where the first comes to 2E+38, the sum has over 38 digits, whatever the other takes away.
  const int zeros = a.exponent - b.exponent;
  if (zeros > kDigitsMax || a.coefficient >= 2 * power_of_ten(kDigitsMax - zeros))
    return too_many_digits();
  const Coefficient first = a.coefficient * power_of_ten(zeros);
  const Coefficient other = b.coefficient;
  if (a.is_negative == b.is_negative) return normalised(a.is_negative, first + other, b.exponent);
  if (first > other) return normalised(a.is_negative, first - other, b.exponent);
  return normalised(b.is_negative, other - first, b.exponent);
}

/// The power of ten of the first digit of a number that is not 0.
int magnitude_of(const Decimal& number) {
  return number.exponent + digits_of(number.coefficient) - 1;
}

/// The order of two numbers that are not 0, without their signs.
std::strong_ordering compare_magnitudes(const Decimal& a, const Decimal& b) {
  if (a.exponent == b.exponent) return a.coefficient <=> b.coefficient;
  if (const auto order = magnitude_of(a) <=> magnitude_of(b); std::is_neq(order)) return order;
  // As many places before the point: the one of the larger exponent has fewer digits.
  const int zeros = a.exponent - b.exponent;
  if (zeros > 0) return a.coefficient * power_of_ten(zeros) <=> b.coefficient;
  return a.coefficient <=> b.coefficient * power_of_ten(-zeros);
}

using PlainText = std::array<char, kPlainBytesMax>;

/// Writes `number` in plain form to the end of `text`, which is where the digits are got from.
std::string_view write_plain(PlainText& text, const Decimal& number) {
  if (number.coefficient == 0) return "0";
  char* const end = text.data() + text.size();
  char* at = end;
  for (int i = 0; i < number.exponent; ++i) *--at = '0';
  int places = number.exponent;  // the power of ten of the digit that comes next
  for (Coefficient rest = number.coefficient; rest != 0 || places <= 0; rest /= 10) {
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    if (++places == 0) *--at = '.';
  }
  if (number.is_negative) *--at = '-';
  return {at, static_cast<std::size_t>(end - at)};
}

}  // namespace

Result<Decimal> parse_decimal(std::string_view text) {
  if (is_plain(text)) return from_plain(text);
  return from_plain(STREAMONCE_TRY(canonical_number(text)));
}

Decimal decimal_of(std::int64_t number) {
  Decimal result;
  result.is_negative = number < 0;
  result.coefficient = static_cast<std::uint64_t>(number);
  if (number < 0) result.coefficient = ~static_cast<std::uint64_t>(number) + Coefficient{1};
  while (result.coefficient != 0 && result.coefficient % 10 == 0) {
    result.coefficient /= 10;
    ++result.exponent;
  }
  return result;
}

Result<Decimal> add(const Decimal& a, const Decimal& b) {
  if (a.coefficient == 0) return b;
  if (b.coefficient == 0) return a;
  return a.exponent >= b.exponent ? sum_of(a, b) : sum_of(b, a);
}

Result<Decimal> subtract(const Decimal& a, const Decimal& b) {
  return add(a, negate(b));
}

Result<Decimal> multiply(const Decimal& a, const Decimal& b) {
  if (a.coefficient == 0 || b.coefficient == 0) return Decimal{};
  Coefficient first = a.coefficient;
  Coefficient other = b.coefficient;
  int exponent = a.exponent + b.exponent;
  // Zeros at the product's end are twos of one factor and fives of the other. Without them it must
  // be below 10^38, and so no product has more than 128 bits.
  for (; first % 2 == 0 && other % 5 == 0; ++exponent) {
    first /= 2;
    other /= 5;
  }
  for (; first % 5 == 0 && other % 2 == 0; ++exponent) {
    first /= 5;
    other /= 2;
  }
  if (first > (kCoefficientEnd - 1) / other) return too_many_digits();
  return normalised(a.is_negative != b.is_negative, first * other, exponent);
}

Decimal negate(const Decimal& a) {
  Decimal result = a;
  result.is_negative = !a.is_negative && a.coefficient != 0;
  return result;
}

std::strong_ordering compare(const Decimal& a, const Decimal& b) {
  if (a.coefficient == 0 && b.coefficient == 0) return std::strong_ordering::equal;
  if (a.coefficient == 0)
    return b.is_negative ? std::strong_ordering::greater : std::strong_ordering::less;
  if (b.coefficient == 0 || a.is_negative != b.is_negative)
    return a.is_negative ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.is_negative ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

bool is_integer(const Decimal& number) {
  return number.exponent >= 0;
}

std::optional<std::int64_t> truncated(const Decimal& number) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  Coefficient integer = number.coefficient;
  if (number.exponent < 0) {
    integer = number.exponent < -kDigitsMax ? 0 : integer / power_of_ten(-number.exponent);
  } else if (number.coefficient != 0) {
    if (number.exponent > kDigitsMax || integer > kMax / power_of_ten(number.exponent)) return {};
    integer *= power_of_ten(number.exponent);
  }
  if (integer > kMax) return {};
  const auto magnitude = static_cast<std::int64_t>(integer);
  return number.is_negative ? -magnitude : magnitude;
}

void append_plain(std::string& out, const Decimal& number) {
  PlainText text;
  out += write_plain(text, number);
}

std::string_view plain_text(const Decimal& number, std::pmr::memory_resource& arena) {
  PlainText text;
  const std::string_view plain = write_plain(text, number);
  auto* const copy = static_cast<char*>(arena.allocate(plain.size(), alignof(char)));
  std::copy(plain.begin(), plain.end(), copy);
  return {copy, plain.size()};
}

}  // namespace streamonce::events
