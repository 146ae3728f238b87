#include "handler/targets/dynamodb/pack_size.h"

#include <gtest/gtest.h>

namespace streamonce::handler::dynamodb {
namespace {

TEST(PackSize, HalvesAfterConflictsAndGrowsWithSuccesses) {
  PackSize size(50);
  size.conflicted(50);
  EXPECT_EQ(size.limit(), 25U);
  size.conflicted(3);
  EXPECT_EQ(size.limit(), 1U);
  size.conflicted(1);
  EXPECT_EQ(size.limit(), 1U);
  for (const std::size_t expected : {2U, 3U, 4U, 6U, 9U, 13U, 19U, 28U, 42U, 50U, 50U}) {
    size.succeeded(size.limit());
    EXPECT_EQ(size.limit(), expected);
  }
}

TEST(PackSize, ASuccessOfASmallerTransactionSaysNothing) {
  PackSize size(50);
  size.conflicted(50);
  size.succeeded(24);
  EXPECT_EQ(size.limit(), 25U);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
