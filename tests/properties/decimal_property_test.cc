#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "events/decimal.h"
#include "tests/support/property.h"

namespace streamonce::events {
namespace {

using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::in_range;

/// How many places behind the point every number is written with: enough for a product of two.
constexpr int kPlaces = 2 * (130 + 38);
constexpr std::size_t kSignificantMax = 38;

/// A number of school: a sign, and digits from the highest on, of which the last kPlaces stand
/// behind the point. No zeros in front.
struct Longhand {
  bool is_negative = false;
  std::string digits = {};
};

Longhand without_zeros(bool is_negative, std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return {.is_negative = is_negative && !digits.empty(), .digits = digits};
}

Longhand longhand(bool is_negative, const std::string& digits, int exponent) {
  return without_zeros(is_negative,
                       digits + std::string(static_cast<std::size_t>(kPlaces + exponent), '0'));
}

/// -1, 0 or 1: as `a` is below, the same as or above `b`, without their signs.
int compare_digits(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a < b ? -1 : a == b ? 0 : 1;
}

std::string sum_of_digits(const std::string& a, const std::string& b) {
  std::string sum;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    if (i < a.size()) carry += a[a.size() - 1 - i] - '0';
    if (i < b.size()) carry += b[b.size() - 1 - i] - '0';
    sum += static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  std::reverse(sum.begin(), sum.end());
  return sum;
}

/// `a` is not below `b`.
std::string difference_of_digits(const std::string& a, const std::string& b) {
  std::string difference = a;
  int borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    int digit = a[a.size() - 1 - i] - '0' - borrow - (i < b.size() ? b[b.size() - 1 - i] - '0' : 0);
    borrow = digit < 0 ? 1 : 0;
    if (digit < 0) digit += 10;
    difference[a.size() - 1 - i] = static_cast<char>('0' + digit);
  }
  return difference;
}

Longhand school_sum(const Longhand& a, const Longhand& b) {
  if (a.is_negative == b.is_negative)
    return without_zeros(a.is_negative, sum_of_digits(a.digits, b.digits));
  const bool is_first_larger = compare_digits(a.digits, b.digits) >= 0;
  const Longhand& larger = is_first_larger ? a : b;
  const Longhand& smaller = is_first_larger ? b : a;
  return without_zeros(larger.is_negative, difference_of_digits(larger.digits, smaller.digits));
}

/// The product of two numbers of digits, each to one exponent.
std::string product_of_digits(const std::string& a, const std::string& b) {
  std::vector<int> places(a.size() + b.size(), 0);
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) places[i + j + 1] += (a[i] - '0') * (b[j] - '0');
  for (std::size_t i = places.size(); i-- > 1;) {
    places[i - 1] += places[i] / 10;
    places[i] %= 10;
  }
  std::string digits;
  for (const int place : places) digits += static_cast<char>('0' + place);
  return digits;
}

/// What an operation with this result gives: its plain text, or why there is none.
std::string expected(const Longhand& number) {
  const std::string& digits = number.digits;
  if (digits.empty()) return "0";
  const std::size_t last = digits.find_last_not_of('0');
  if (last >= kSignificantMax) return "the result has more than 38 significant digits";
  const int magnitude = static_cast<int>(digits.size()) - 1 - kPlaces;
  if (magnitude < -130 || magnitude > 125) return "the result is out of DynamoDB's range";
  std::string text = digits;
  if (text.size() <= kPlaces) text.insert(0, kPlaces + 1 - text.size(), '0');
  text.insert(text.size() - kPlaces, 1, '.');
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return (number.is_negative ? "-" : "") + text;
}

struct Operand {
  bool is_negative = false;
  std::string digits = "0";
  int exponent = 0;

  Longhand written() const { return longhand(is_negative, digits, exponent); }
  Decimal decimal() const {
    const Result<Decimal> parsed =
        parse_decimal((is_negative ? "-" : "") + digits + "e" + std::to_string(exponent));
    RC_ASSERT(parsed.has_value());
    return *parsed;
  }
};

/// Whether DynamoDB has such a number.
bool fits(const Operand& operand) {
  const int magnitude = operand.exponent + static_cast<int>(operand.digits.size()) - 1;
  return operand.digits.front() != '0' && magnitude >= -130 && magnitude <= 125;
}

Operand draw_operand() {
  Operand operand;
  if (draw_below(20) == 0) return operand;
  const std::size_t length = 1 + (draw_coin() ? draw_below(4) : draw_below(kSignificantMax));
  operand.digits = draw_below(4) == 0
                       ? std::string(length, '9')
                       : *rc::gen::container<std::string>(length, in_range('0', ':'));
  if (operand.digits.front() == '0') operand.digits.front() = '1';
  operand.is_negative = draw_coin();
  operand.exponent = draw_coin()          ? *in_range(-40, 40)
                     : draw_below(3) == 0 ? *in_range(-130, 126)
                     : draw_coin()        ? *in_range(-130, -120)
                                          : *in_range(110, 126);
  operand.exponent -= std::max(0, operand.exponent + static_cast<int>(length) - 126);
  return operand;
}

/// One that nearly takes `other` away, or has its bound, or has nothing to do with it.
Operand draw_partner(const Operand& other) {
  Operand operand = other;
  switch (draw_below(4)) {
    case 0:
      operand.is_negative = !other.is_negative;
      operand.digits.back() = static_cast<char>('0' + draw_below(10));
      break;
    case 1:
      operand.is_negative = !other.is_negative;
      operand.digits = *rc::gen::element<std::string>("1", "2", "9", "5", "10", "99");
      operand.exponent += *in_range(-39, 40);
      break;
    default:
      return draw_operand();
  }
  return fits(operand) ? operand : draw_operand();
}

std::string shown(const Result<Decimal>& result) {
  if (!result) return result.error().message;
  std::string text;
  append_plain(text, *result);
  return text;
}

TEST(DecimalProperty, SumsAndDifferencesAreThoseOfSchoolOrErrors) {
  const auto property = [] {
    const Operand a = draw_operand();
    const Operand b = draw_partner(a);
    Operand minus_b = b;
    minus_b.is_negative = !b.is_negative;
    RC_LOG() << a.digits << 'e' << a.exponent << " and " << b.digits << 'e' << b.exponent << '\n';
    RC_ASSERT(shown(add(a.decimal(), b.decimal())) ==
              expected(school_sum(a.written(), b.written())));
    RC_ASSERT(shown(add(b.decimal(), a.decimal())) ==
              expected(school_sum(a.written(), b.written())));
    RC_ASSERT(shown(subtract(a.decimal(), b.decimal())) ==
              expected(school_sum(a.written(), minus_b.written())));
  };
  EXPECT_TRUE(holds("max_success=4000", property));
}

TEST(DecimalProperty, ProductsAreThoseOfSchoolOrErrors) {
  const auto property = [] {
    const Operand a = draw_operand();
    Operand b = draw_operand();
    if (draw_below(3) == 0) {  // twos and fives, which make zeros
      b.digits = *rc::gen::element<std::string>("2", "5", "25", "125", "65536", "1953125",
                                                "18446744073709551616", "152587890625");
      b.exponent = *in_range(-20, 20);
    }
    RC_LOG() << a.digits << 'e' << a.exponent << " and " << b.digits << 'e' << b.exponent << '\n';
    const Longhand product =
        longhand(a.is_negative != b.is_negative, product_of_digits(a.digits, b.digits),
                 a.exponent + b.exponent);
    RC_ASSERT(shown(multiply(a.decimal(), b.decimal())) == expected(product));
    RC_ASSERT(shown(multiply(b.decimal(), a.decimal())) == expected(product));
  };
  EXPECT_TRUE(holds("max_success=3000", property));
}

TEST(DecimalProperty, OrderIsThatOfSchool) {
  const auto property = [] {
    const Operand a = draw_operand();
    Operand b = draw_partner(a);
    if (draw_coin()) b.is_negative = a.is_negative;
    if (draw_below(4) == 0) b = a;
    const Longhand left = a.written();
    const Longhand right = b.written();
    const int wanted =
        left.is_negative != right.is_negative
            ? (left.is_negative ? -1 : 1)
            : compare_digits(left.digits, right.digits) * (left.is_negative ? -1 : 1);
    RC_ASSERT(compare(a.decimal(), b.decimal()) == (wanted <=> 0));
    RC_ASSERT(compare(b.decimal(), a.decimal()) == (0 <=> wanted));
    RC_ASSERT((a.decimal() == b.decimal()) == (wanted == 0));
  };
  EXPECT_TRUE(holds("max_success=3000", property));
}

TEST(DecimalProperty, ReadsWhatItPrints) {
  const auto property = [] {
    const Decimal number = draw_operand().decimal();
    const std::string text = shown(number);
    RC_ASSERT(text.size() <= kPlainBytesMax);
    RC_ASSERT(*parse_decimal(text) == number);
    RC_ASSERT(negate(negate(number)) == number);
  };
  EXPECT_TRUE(holds("max_success=2000", property));
}

}  // namespace
}  // namespace streamonce::events
