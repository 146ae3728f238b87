#include "handler/commands/unit_pace.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <numeric>

#include "tests/support/fake_clock.h"

namespace streamonce::handler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class UnitPaceTest : public ::testing::Test {
 protected:
  /// Writes `tenths` in the time `took`, and waits. @return for how long
  milliseconds write(UnitPace& pace, std::int64_t tenths, milliseconds took = milliseconds(0)) {
    const SteadyTime began = clock_.steady_now();
    clock_.advance(took);
    clock_.sleeps.clear();
    pace.wait(began, tenths, [this] { return stopped_; });
    return std::accumulate(clock_.sleeps.begin(), clock_.sleeps.end(), milliseconds(0));
  }

  testing::FakeClock clock_;
  bool stopped_ = false;
};

TEST_F(UnitPaceTest, WaitsForWhatWasWrittenIsWorth) {
  UnitPace pace(100, clock_);
  EXPECT_EQ(write(pace, 1'000), seconds(1));
  EXPECT_EQ(write(pace, 500, milliseconds(200)), milliseconds(300));
  EXPECT_EQ(write(pace, 0), milliseconds(0));
}

TEST_F(UnitPaceTest, DoesNotSaveTimeUpThatNothingWasWrittenIn) {
  UnitPace pace(100, clock_);
  EXPECT_EQ(write(pace, 1'000), seconds(1));
  clock_.advance(seconds(60));
  EXPECT_EQ(write(pace, 1'000), seconds(1));
  EXPECT_EQ(write(pace, 100, seconds(30)), milliseconds(0));
}

TEST_F(UnitPaceTest, WithoutABoundNeverWaits) {
  UnitPace pace(std::nullopt, clock_);
  EXPECT_EQ(write(pace, 1'000'000), milliseconds(0));
  EXPECT_EQ(pace.batch_items(1'000, 40), 1'000U);
}

TEST_F(UnitPaceTest, StopsWaitingWithinAQuarterOfASecond) {
  UnitPace pace(1, clock_);
  clock_.on_sleep = [this] { stopped_ = clock_.sleeps.size() == 3; };
  EXPECT_EQ(write(pace, 1'000), milliseconds(750));
}

TEST_F(UnitPaceTest, IsNotHeldUpForEverByANumberThatCannotBe) {
  UnitPace pace(1, clock_);
  EXPECT_EQ(write(pace, std::numeric_limits<std::int64_t>::max()), std::chrono::hours(1));
  clock_.advance(std::chrono::hours(2));
  EXPECT_EQ(write(pace, -1'000), milliseconds(0));
}

TEST_F(UnitPaceTest, MakesBatchesOfAboutASecond) {
  EXPECT_EQ(UnitPace(1, clock_).batch_items(1'000, 40), 1U);
  EXPECT_EQ(UnitPace(400, clock_).batch_items(1'000, 40), 100U);
  EXPECT_EQ(UnitPace(1'000'000, clock_).batch_items(1'000, 40), 1'000U);
}

}  // namespace
}  // namespace streamonce::handler
