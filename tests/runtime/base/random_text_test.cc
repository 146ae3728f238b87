#include "runtime/base/random_text.h"

#include <gtest/gtest.h>

namespace streamonce {
namespace {

TEST(RandomHex, IsThirtyTwoDigitsThatFollowFromTheSeed) {
  std::mt19937_64 random(1);
  std::mt19937_64 again(1);
  const std::string first = random_hex(random);
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(random_hex(again), first);
  EXPECT_NE(random_hex(random), first);
}

}  // namespace
}  // namespace streamonce
