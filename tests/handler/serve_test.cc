#include "handler/serve.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace streamonce::handler {
namespace {

using std::chrono::milliseconds;

TEST(CommitDeadline, KeepsAReserveForTheAnswer) {
  const testing::FakeClock clock;
  const auto left_of = [&](milliseconds time) {
    return commit_deadline(clock.now() + time, clock) - clock.steady_now();
  };
  EXPECT_EQ(left_of(milliseconds(60'000)), milliseconds(60'000) - kAnswerReserve);
  EXPECT_EQ(left_of(milliseconds(3'000)), milliseconds(2'750));
  EXPECT_EQ(left_of(2 * kAnswerReserve), kAnswerReserve);
  EXPECT_EQ(left_of(milliseconds(100)), milliseconds(50));
  EXPECT_EQ(left_of(milliseconds(0)), milliseconds(0));
  EXPECT_EQ(left_of(milliseconds(-5'000)), milliseconds(0));
}

}  // namespace
}  // namespace streamonce::handler
