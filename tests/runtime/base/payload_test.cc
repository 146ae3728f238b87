#include "runtime/base/payload.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <string>

namespace streamonce {
namespace {

TEST(Payload, IsFilledFromTheFront) {
  Payload payload(16);
  EXPECT_EQ(payload.text(), "");
  ASSERT_TRUE(payload.append("abc"));
  ASSERT_TRUE(payload.append(""));
  ASSERT_TRUE(payload.append("def"));
  EXPECT_EQ(payload.text(), "abcdef");
  EXPECT_EQ(payload.view().text, "abcdef");
  EXPECT_EQ(payload.size(), 6U);
  EXPECT_EQ(payload.bytes_max(), 16U);
}

TEST(Payload, TakesExactlyItsBoundAndNotAByteMore) {
  Payload payload(4);
  ASSERT_TRUE(payload.append("abc"));
  EXPECT_FALSE(payload.append("de"));
  EXPECT_EQ(payload.text(), "abc");
  EXPECT_TRUE(payload.append("d"));
  EXPECT_FALSE(payload.append("e"));
  EXPECT_EQ(payload.text(), "abcd");
}

TEST(Payload, TakesInWhatIsWrittenToItsRoom) {
  Payload payload(4);
  ASSERT_TRUE(payload.append("ab"));
  ASSERT_EQ(payload.room().size(), 2U);
  payload.room()[0] = 'c';
  payload.take_in(1);
  EXPECT_EQ(payload.text(), "abc");
  payload.room()[0] = 'd';
  payload.take_in(1);
  EXPECT_EQ(payload.text(), "abcd");
  EXPECT_TRUE(payload.room().empty());
}

TEST(Payload, IsUsedAgainWithoutMoving) {
  Payload payload(8);
  ASSERT_TRUE(payload.append("12345678"));
  const char* const before = payload.text().data();
  payload.clear();
  EXPECT_EQ(payload.size(), 0U);
  ASSERT_TRUE(payload.append("ab"));
  EXPECT_EQ(payload.text(), "ab");
  EXPECT_EQ(payload.text().data(), before);
}

TEST(Payload, HasReadableBytesBehindItsText) {
  const Payload payload = Payload::copy_of("{}");
  EXPECT_EQ(payload.text(), "{}");
  const char* const behind = payload.text().data() + payload.size();
  EXPECT_EQ(std::accumulate(behind, behind + kPayloadPaddingBytes, 0), 0);
}

TEST(Payload, CopiesEmptyText) {
  EXPECT_EQ(Payload::copy_of("").text(), "");
}

TEST(Payload, HoldsTheLargestThatLambdaSends) {
  Payload payload;
  EXPECT_TRUE(payload.append(std::string(6'291'556, 'x')));
  EXPECT_FALSE(payload.append("x"));
}

}  // namespace
}  // namespace streamonce
