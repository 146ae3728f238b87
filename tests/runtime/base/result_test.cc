#include "runtime/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace streamonce {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kInvalidArgument, "odd"};
  return number / 2;
}

Result<std::string> quarter_in_words(int number) {
  const int first = STREAMONCE_TRY(half(number));
  const int second = STREAMONCE_TRY(half(first));
  return std::to_string(second);
}

Status must_be_even(int number) {
  (void)STREAMONCE_TRY(half(number));
  return {};
}

TEST(Result, HoldsAValue) {
  const Result<int> result = half(8);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(*result, 4);
}

TEST(Result, HoldsAnError) {
  const Result<int> result = half(7);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().message, "odd");
}

TEST(Result, TryGivesTheValueOrReturnsTheErrorEarly) {
  EXPECT_EQ(*quarter_in_words(8), "2");
  EXPECT_EQ(quarter_in_words(6).error().message, "odd");
  EXPECT_TRUE(must_be_even(2));
  EXPECT_FALSE(must_be_even(3));
}

TEST(Result, MovesAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 5);
}

TEST(Result, ContextStandsBeforeTheMessageAndKeepsTheCode) {
  const Error error = with_context("ledger", {ErrorCode::kTimeout, "no answer"});
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_EQ(error.message, "ledger: no answer");
}

TEST(ResultDeathTest, AbortsOnTheSideThatIsNotThere) {
  const Result<int> error = half(1);
  const Result<int> value = half(2);
  EXPECT_DEATH((void)*error, "");
  EXPECT_DEATH((void)value.error(), "");
}

}  // namespace
}  // namespace streamonce
