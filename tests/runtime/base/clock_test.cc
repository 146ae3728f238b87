#include "runtime/base/clock.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace streamonce {
namespace {

using std::chrono::milliseconds;

TEST(Clock, FormatsRfc3339WithMilliseconds) {
  struct Row {
    std::int64_t since_epoch;
    std::string_view text;
  };
  for (const Row& row :
       {Row{0, "1970-01-01T00:00:00.000Z"}, Row{1'795'221'862'580, "2026-11-21T00:44:22.580Z"},
        Row{951'782'400'007, "2000-02-29T00:00:00.007Z"}, Row{-1, "1969-12-31T23:59:59.999Z"},
        Row{253'402'300'799'999, "9999-12-31T23:59:59.999Z"}})
    EXPECT_EQ(format_rfc3339(WallTime{milliseconds(row.since_epoch)}), row.text);
}

TEST(Clock, SystemClockTellsTheTime) {
  SystemClock clock;
  EXPECT_GT(format_rfc3339(clock.now()), "2026");
  const SteadyTime before = clock.steady_now();
  clock.sleep_for(milliseconds(1));
  EXPECT_GE(clock.steady_now() - before, milliseconds(1));
}

TEST(Clock, FakeClockMovesWhenToldAndWhenSleptOn) {
  testing::FakeClock clock;
  const SteadyTime steady = clock.steady_now();
  const WallTime wall = clock.now();
  EXPECT_EQ(clock.steady_now(), steady);
  clock.sleep_for(milliseconds(50));
  clock.advance(milliseconds(5));
  EXPECT_EQ(clock.steady_now() - steady, milliseconds(55));
  EXPECT_EQ(clock.now() - wall, milliseconds(55));
  EXPECT_EQ(clock.sleeps, (std::vector<milliseconds>{milliseconds(50)}));
}

}  // namespace
}  // namespace streamonce
