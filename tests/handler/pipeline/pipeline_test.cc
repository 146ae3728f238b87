#include "handler/pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/changes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler {
namespace {

using events::Change;
using testing::bad_change;
using testing::change;
using testing::FakeClock;
using testing::MemoryTarget;
using enum Fate;

class PipelineTest : public ::testing::Test {
 protected:
  std::vector<Fate> apply(const std::vector<Change>& changes) {
    Pipeline pipeline(options_, target_, clock_);
    return pipeline.apply(changes, clock_.steady_now() + std::chrono::seconds(60)).fates;
  }

  PipelineOptions options_;
  MemoryTarget target_;
  FakeClock clock_;
};

TEST_F(PipelineTest, GivesTheFateOfEachChangeInTheirOrder) {
  EXPECT_EQ(apply({change("a", "2"), change("a", "1"), bad_change("b", "3")}),
            (std::vector{kApplied, kSuperseded, kFailed}));
  EXPECT_EQ(apply({change("a", "2"), change("c", "4")}), (std::vector{kAlreadyApplied, kApplied}));
  EXPECT_EQ(target_.marks.size(), 2U);
}

TEST_F(PipelineTest, NamesTheMarksAsItIsNamedItself) {
  options_.name = "copy";
  apply({change("a", "1")});
  EXPECT_TRUE(target_.marks.contains("copy|123456789012/eu-west-1/orders|2:idS1:a"));
}

TEST_F(PipelineTest, LeavesTheTargetAloneWhereThereIsNothingToCommit) {
  EXPECT_TRUE(apply({}).empty());
  EXPECT_EQ(apply({bad_change("a", "1")}), std::vector{kFailed});
  EXPECT_EQ(target_.calls, 0);
}

TEST_F(PipelineTest, HandsTheDeadlineToTheTarget) {
  struct Watching final : Target {
    void commit(std::span<const Commit>, std::span<Outcome>, SteadyTime until) override {
      deadline = until;
    }
    std::vector<MarkResult> read_marks(std::span<const MarkPlace>, Reading, SteadyTime) override {
      return {};
    }
    SteadyTime deadline;
  } watching;
  const SteadyTime deadline = clock_.steady_now() + std::chrono::seconds(7);
  const std::vector<Change> changes = {change("a", "1")};
  const BatchResult result = Pipeline(options_, watching, clock_).apply(changes, deadline);
  EXPECT_EQ(watching.deadline, deadline);
  EXPECT_EQ(result.fates, std::vector{kFailed}) << "an outcome that nobody wrote";
}

}  // namespace
}  // namespace streamonce::handler
