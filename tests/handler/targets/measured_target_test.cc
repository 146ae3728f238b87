#include "handler/targets/measured_target.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string_view>

#include "tests/support/fake_clock.h"
#include "tests/support/mark_places.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler {
namespace {

using std::chrono::milliseconds;

TEST(MeasuredTarget, CountsTheTimeOfBothCallsAndWhetherThereWasACommit) {
  testing::FakeClock clock;
  testing::MemoryTarget target;
  TargetFigures figures;
  MeasuredTarget measured(target, clock, figures);
  clock.tick = milliseconds(7);
  const std::array<std::string_view, 1> ids = {"p|a"};
  EXPECT_EQ(
      measured.read_marks(testing::places_of(ids), Reading::kWhole, clock.steady_now()).size(), 1U);
  EXPECT_EQ(figures.time, milliseconds(7));
  EXPECT_FALSE(figures.has_committed);
  EXPECT_EQ(target.readings, std::vector{Reading::kWhole});
  measured.commit({}, {}, clock.steady_now());
  EXPECT_EQ(figures.time, milliseconds(14));
  EXPECT_TRUE(figures.has_committed);
  EXPECT_EQ(target.calls, 1);
}

}  // namespace
}  // namespace streamonce::handler
