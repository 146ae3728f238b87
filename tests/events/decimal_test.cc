#include "events/decimal.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <string>
#include <string_view>

#include "events/item_key.h"

namespace streamonce::events {
namespace {

const std::string kNines(38, '9');

Decimal number(std::string_view text) {
  const Result<Decimal> parsed = parse_decimal(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Decimal{};
}

/// The text of a result, or its error.
std::string shown(const Result<Decimal>& result) {
  if (!result) return result.error().message;
  std::string text;
  append_plain(text, *result);
  return text;
}

constexpr std::string_view kTooLong = "the result has more than 38 significant digits";
constexpr std::string_view kOutOfRange = "the result is out of DynamoDB's range";

TEST(Decimal, IsOneForEachNumberHoweverItIsWritten) {
  for (const std::string_view text : {"100", "1E2", "+100.00", "0.1e3", "00100", "1000e-1", "100."})
    EXPECT_EQ(number(text), (Decimal{.coefficient = 1, .exponent = 2})) << text;
  for (const std::string_view text : {"0", "-0", "0.00", "+0e5", ".0", "-0E-7"})
    EXPECT_EQ(number(text), Decimal{}) << text;
  EXPECT_EQ(number("-12.50"), (Decimal{.coefficient = 125, .exponent = -1, .is_negative = true}));
}

TEST(Decimal, TakesWhatDynamoDbTakesAndSaysWhatIsWrongWithAnythingElse) {
  for (const std::string_view text :
       {"", "-", "+", ".", "1.2.3", "1e", "1e+-2", "--1", "1 ", " 1", "NaN", "0x1", "1,5", "-."})
    EXPECT_EQ(shown(parse_decimal(text)), "is not a number") << text;
  EXPECT_EQ(shown(parse_decimal(kNines)), kNines);
  EXPECT_EQ(shown(parse_decimal("-" + kNines)), "-" + kNines);
  EXPECT_EQ(shown(parse_decimal(kNines + "9")), "has more than 38 significant digits");
  EXPECT_EQ(shown(parse_decimal("0." + kNines)), "0." + kNines);
  EXPECT_EQ(shown(parse_decimal(kNines + "000")), kNines + "000");
  for (const std::string_view text : {"1E126", "-1E126", "9.9E-131", "1e-131", "1e999"})
    EXPECT_EQ(shown(parse_decimal(text)), "is out of DynamoDB's range") << text;
}

TEST(Decimal, PrintsPlainTextsAsCanonicalKeysHaveThem) {
  struct Case {
    std::string_view text, plain;
  };
  for (const Case& c : {Case{"0", "0"}, Case{"-0", "0"}, Case{"1E+2", "100"}, Case{"5e-2", "0.05"},
                        Case{"-12.500", "-12.5"}, Case{"1200.0", "1200"}, Case{"-.5", "-0.5"}}) {
    std::pmr::monotonic_buffer_resource arena;
    EXPECT_EQ(shown(number(c.text)), c.plain);
    EXPECT_EQ(plain_text(number(c.text), arena), c.plain);
    EXPECT_EQ(*events::canonical_number(c.text), c.plain);
  }
  const std::string longest = shown(number("-1." + std::string(36, '0') + "1e-130"));
  EXPECT_EQ(longest.size(), kPlainBytesMax);
  EXPECT_EQ(longest, "-0." + std::string(129, '0') + "1" + std::string(36, '0') + "1");
  EXPECT_EQ(shown(number("9.9e125")), "99" + std::string(124, '0'));
}

TEST(Decimal, AddsAndSubtractsExactly) {
  EXPECT_EQ(shown(subtract(number("0.3"), number("0.1"))), "0.2");
  EXPECT_EQ(shown(add(number("99.99"), number("0.01"))), "100");
  EXPECT_EQ(shown(add(number("5"), number("-5"))), "0");
  EXPECT_EQ(add(number("5"), number("-5")).value(), Decimal{});
  EXPECT_EQ(shown(add(number("-7"), number("2.5"))), "-4.5");
  EXPECT_EQ(shown(subtract(number("2"), number("7"))), "-5");
  EXPECT_EQ(shown(add(number("0"), number("1E-130"))), shown(number("1E-130")));
  EXPECT_EQ(shown(subtract(number("0"), number("1E125"))), shown(number("-1E125")));
}

TEST(Decimal, NeverRoundsASum) {
  EXPECT_EQ(shown(add(number(kNines), number("1"))), "1" + std::string(38, '0'));
  EXPECT_EQ(shown(add(number(kNines), number("0.1"))), kTooLong);
  EXPECT_EQ(shown(add(number(kNines), number("2"))), kTooLong);
  // 39 digits that another takes one from.
  EXPECT_EQ(shown(subtract(number("1E38"), number("1"))), kNines);
  EXPECT_EQ(shown(subtract(number("2E38"), number("1"))), kTooLong);
  EXPECT_EQ(shown(subtract(number("1E39"), number("1"))), kTooLong);
  EXPECT_EQ(shown(add(number("1"), number("1E-130"))), kTooLong);
  EXPECT_EQ(shown(add(number("9E125"), number("1E125"))), kOutOfRange);
  EXPECT_EQ(shown(subtract(number("1.1E-130"), number("1E-130"))), kOutOfRange);
}

TEST(Decimal, MultipliesExactly) {
  EXPECT_EQ(shown(multiply(number("1.5"), number("-2"))), "-3");
  EXPECT_EQ(shown(multiply(number("0"), number("-2"))), "0");
  EXPECT_EQ(shown(multiply(number("-0.1"), number("-0.1"))), "0.01");
  EXPECT_EQ(shown(multiply(number("9999999999999999999"), number("9999999999999999999"))),
            "99999999999999999980000000000000000001");
  EXPECT_EQ(shown(multiply(number("99999999999999999999"), number("9999999999999999999"))),
            kTooLong);
  // 2^100 * 5^54 is 2^46 with 54 zeros, though the product has 84 digits.
  EXPECT_EQ(shown(multiply(number("1267650600228229401496703205376"),
                           number("55511151231257827021181583404541015625"))),
            "70368744177664" + std::string(54, '0'));
  EXPECT_EQ(shown(multiply(number("1E100"), number("1E26"))), kOutOfRange);
  EXPECT_EQ(shown(multiply(number("1E-100"), number("1E-31"))), kOutOfRange);
}

TEST(Decimal, NegatesAndNothingIsNegativeZero) {
  EXPECT_EQ(negate(number("5")), number("-5"));
  EXPECT_EQ(negate(negate(number("5"))), number("5"));
  EXPECT_EQ(negate(Decimal{}), Decimal{});
}

TEST(Decimal, ComparesByValue) {
  const std::string_view rising[] = {
      "-9.9E125", "-1E2",   "-99.9", "-1",     "-0.5", "-1E-130",
      "0",        "1E-130", "0.5",   "0.51",   "5",    "5.000000000000000000000000000001",
      "99.9",     "100",    "1E125", "9.9E125"};
  for (std::size_t i = 0; i < std::size(rising); ++i)
    for (std::size_t j = 0; j < std::size(rising); ++j)
      EXPECT_EQ(compare(number(rising[i]), number(rising[j])), i <=> j)
          << rising[i] << " and " << rising[j];
}

TEST(Decimal, ComesFromAnIntegerAndGoesBackToOne) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t integer :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1700}, kMax, kMin, kMin + 1}) {
    EXPECT_EQ(decimal_of(integer), number(std::to_string(integer)));
    if (integer != kMin) EXPECT_EQ(truncated(decimal_of(integer)), integer);
  }
  EXPECT_EQ(truncated(number("1.99")), 1);
  EXPECT_EQ(truncated(number("-1.99")), -1);
  EXPECT_EQ(truncated(number("1E-130")), 0);
  EXPECT_EQ(truncated(number("9.3E18")), std::nullopt);
  EXPECT_EQ(truncated(number("1E19")), std::nullopt);
  EXPECT_EQ(truncated(number("1E125")), std::nullopt);
  EXPECT_EQ(truncated(number(kNines)), std::nullopt);
  EXPECT_TRUE(is_integer(number("100")));
  EXPECT_TRUE(is_integer(number("0")));
  EXPECT_FALSE(is_integer(number("0.1")));
}

}  // namespace
}  // namespace streamonce::events
