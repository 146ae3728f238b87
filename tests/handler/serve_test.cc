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

/// Of a Runtime API that is out of its mind, or beside a clock that is.
TEST(CommitDeadline, IsWithinADayWhateverTheTimesAre) {
  const testing::FakeClock clock;
  const auto left_until = [&](milliseconds since_epoch) {
    return commit_deadline(WallTime(since_epoch), clock) - clock.steady_now();
  };
  EXPECT_EQ(left_until(milliseconds(0)), milliseconds(0));
  EXPECT_EQ(left_until(milliseconds(253'402'300'799'000)), kInvocationTimeMax - kAnswerReserve);
  clock.advance(-std::chrono::hours(24 * 365 * 60));  // to before 1970
  ASSERT_LT(clock.now(), WallTime());
  EXPECT_EQ(left_until(milliseconds(1'795'221'862'580)), kInvocationTimeMax - kAnswerReserve);
}

}  // namespace
}  // namespace streamonce::handler
