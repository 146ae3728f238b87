// tests/bench/write_units_test.cc: what DynamoDB takes for a write.

#include "bench/write_units.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce::bench {
namespace {

/// An item of so many bytes, 4 or more: the names `pk` and `n` are 3 of them.
std::string item_of(std::size_t bytes) {
  return R"({"pk":{"S":"k"},"n":{"S":")" + std::string(bytes - 4, 'x') + "\"}}";
}

TEST(WriteUnits, AreOneForEachBegunKilobyte) {
  EXPECT_EQ(write_units(item_of(4)), 1U);
  EXPECT_EQ(write_units(item_of(1024)), 1U);
  EXPECT_EQ(write_units(item_of(1025)), 2U);
  EXPECT_EQ(write_units(item_of(3584)), 4U);
}

TEST(WriteUnits, AreOneForAKeyOrNothing) {
  EXPECT_EQ(write_units("{}"), 1U);
  EXPECT_EQ(write_units(R"({"pk":{"S":"k"}})"), 1U);
}

TEST(WriteUnits, AreTwiceThatInATransaction) {
  EXPECT_EQ(write_units_in_transaction(item_of(1024)), 2U);
  EXPECT_EQ(write_units_in_transaction(item_of(1025)), 4U);
}

}  // namespace
}  // namespace streamonce::bench
