#include "events/sequence_number.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce::events {
namespace {

SequenceNumber sequence(std::string_view text) {
  return SequenceNumber::parse(text).value();
}

TEST(SequenceNumber, OrdersAsAnIntegerNotAsText) {
  EXPECT_LT(sequence("9"), sequence("10"));
  EXPECT_LT(sequence("99999999999999999999999999999999999999"),
            sequence("100000000000000000000000000000000000000"));
  // Lengths that AWS has sent: 21, 25 and 27 digits.
  EXPECT_LT(sequence("800000000003126276362"), sequence("1405400000000002063282832"));
  EXPECT_LT(sequence("1405400000000002063282832"), sequence("202328600001712385967261751"));
  // A length that an emulator has sent.
  EXPECT_LT(sequence(std::string(40, '9')),
            sequence("49611974300205315735694662545343431332397447507475431426"));
}

TEST(SequenceNumber, LeadingZerosDoNotCount) {
  EXPECT_EQ(sequence("000000000000000000634"), sequence("634"));
  EXPECT_LT(sequence("000000000000000000634"), sequence("635"));
  EXPECT_EQ(sequence("0"), sequence("000"));
  EXPECT_LT(sequence("000"), sequence("1"));
}

TEST(SequenceNumber, KeepsTheTextThatCame) {
  EXPECT_EQ(sequence("0042").text(), "0042");
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
