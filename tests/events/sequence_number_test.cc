#include "events/sequence_number.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce::events {
namespace {

SequenceNumber number(std::string_view text) {
  return SequenceNumber::parse(text).value();
}

TEST(SequenceNumber, OrdersAsAnIntegerNotAsText) {
  EXPECT_LT(number("9"), number("10"));
  EXPECT_LT(number("99999999999999999999999999999999999999"),
            number("100000000000000000000000000000000000000"));
  // Lengths that AWS has sent: 21, 25 and 27 digits.
  EXPECT_LT(number("800000000003126276362"), number("1405400000000002063282832"));
  EXPECT_LT(number("1405400000000002063282832"), number("202328600001712385967261751"));
  // A length that an emulator has sent.
  EXPECT_LT(number(std::string(40, '9')),
            number("49611974300205315735694662545343431332397447507475431426"));
}

TEST(SequenceNumber, LeadingZerosDoNotCount) {
  EXPECT_EQ(number("000000000000000000634"), number("634"));
  EXPECT_LT(number("000000000000000000634"), number("635"));
  EXPECT_EQ(number("0"), number("000"));
  EXPECT_LT(number("000"), number("1"));
}

TEST(SequenceNumber, KeepsTheTextThatCame) {
  EXPECT_EQ(number("0042").text(), "0042");
}

TEST(SequenceNumber, RefusesWhatIsNoNumberOf1To64Digits) {
  for (const std::string_view text : {"", "12a", "-1", "+1", " 1", "1.0", "0x1", "1\n"})
    EXPECT_FALSE(SequenceNumber::parse(text)) << text;
  EXPECT_TRUE(SequenceNumber::parse(std::string(64, '9')));
  EXPECT_FALSE(SequenceNumber::parse(std::string(65, '9')));
  EXPECT_FALSE(SequenceNumber::parse(std::string(65, '0')));
}

}  // namespace
}  // namespace streamonce::events
