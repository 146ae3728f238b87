#include "handler/pipeline/checkpoint.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/support/changes.h"

namespace streamonce::handler {
namespace {

using events::Change;
using testing::bad_change;
using testing::change;
using testing::nameless_change;
using enum Fate;

/// What becomes of `changes` if their commits, in the order of the items, have these results.
BatchResult result_of(const std::vector<Change>& changes, const std::vector<CommitResult>& results,
                      std::optional<std::chrono::days> retain = {}) {
  const Groups groups = group(changes, "copy");
  constexpr WallTime kNow{std::chrono::seconds(1'795'221'862)};
  Plan planned = plan(changes, groups, {.retain = retain, .now = kNow});
  EXPECT_EQ(planned.commits.size(), results.size());
  std::vector<Outcome> outcomes;
  for (const CommitResult result : results)
    outcomes.push_back({.result = result, .reason = result == CommitResult::kFailed ? "why" : ""});
  return checkpoint(changes, std::move(planned), outcomes);
}

TEST(Checkpoint, TheNewestChangeOfALaneHasTheFateOfItsCommit) {
  const std::pair<CommitResult, std::vector<Fate>> table[] = {
      {CommitResult::kApplied, {kSuperseded, kSuperseded, kApplied}},
      {CommitResult::kAlreadyApplied, {kSuperseded, kSuperseded, kAlreadyApplied}},
      {CommitResult::kStale, {kSuperseded, kSuperseded, kStale}},
      {CommitResult::kFailed, {kFailed, kFailed, kFailed}},
  };
  for (const auto& [result, fates] : table)
    EXPECT_EQ(result_of({change("a", "1"), change("a", "2"), change("a", "3")}, {result}).fates,
              fates);
}

TEST(Checkpoint, AFailedLaneIsNotDoneFromItsOldestChangeOn) {
  const BatchResult result = result_of({change("b", "1"), change("a", "2"), change("a", "3")},
                                       {CommitResult::kApplied, CommitResult::kFailed});
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].record, 1U);
  EXPECT_EQ(result.failures[0].cause, 2U);
  EXPECT_EQ(result.failures[0].reason, "why");
}

TEST(Checkpoint, ALaneThatIsCutByABadChangeIsDoneUpToIt) {
  const BatchResult result = result_of({change("a", "1"), change("a", "2"), bad_change("a", "3"),
                                        change("a", "4"), nameless_change("5")},
                                       {CommitResult::kApplied});
  EXPECT_EQ(result.fates, (std::vector{kSuperseded, kApplied, kFailed, kFailed, kFailed}));
  ASSERT_EQ(result.failures.size(), 2U);
  EXPECT_EQ(result.failures[0].record, 2U);
  EXPECT_EQ(result.failures[0].cause, 2U);
  EXPECT_EQ(result.failures[1].record, 4U);
}

/// A lane whose sound changes fail and that has a bad one behind them stops in two places.
TEST(Checkpoint, ALaneMayFailTwice) {
  const BatchResult result =
      result_of({bad_change("a", "2"), change("a", "1")}, {CommitResult::kFailed});
  ASSERT_EQ(result.failures.size(), 2U);
  EXPECT_EQ(result.failures[0].record, 1U);
  EXPECT_EQ(result.failures[1].record, 0U);
}

TEST(Checkpoint, FailuresRiseByVersionAndNotByPlaceOrText) {
  const std::vector<CommitResult> failed(4, CommitResult::kFailed);
  std::vector<Change> changes = {change("a", "100"), change("b", "99"), change("c", "1000"),
                                 change("d", "1")};
  changes[3].version = testing::version_of("1", "2026-12-01T00:00:00.000");
  std::vector<RecordIndex> records;
  for (const Failure& failure : result_of(changes, failed).failures)
    records.push_back(failure.record);
  EXPECT_EQ(records, (std::vector<RecordIndex>{1, 0, 2, 3}));
}

TEST(Checkpoint, CountsEachChangeOnceAndItemsApart) {
  std::vector<Change> changes = {change("a", "1"),     change("a", "2"), bad_change("b", "3"),
                                 nameless_change("4"), change("c", "5"), change("d", "6")};
  changes[4].created_at = 1;
  const BatchResult result =
      result_of(changes, {CommitResult::kApplied, CommitResult::kStale}, std::chrono::days(7));
  EXPECT_EQ(result.fates, (std::vector{kSuperseded, kApplied, kFailed, kFailed, kExpired, kStale}));
  EXPECT_EQ(result.items, 4U);
  EXPECT_EQ(result.counts.all(), 6U);
  EXPECT_EQ(result.counts.of(kFailed), 2U);
  EXPECT_EQ(result.counts.of(kExpired), 1U);
  EXPECT_EQ(result.counts.not_done(), 3U);
  EXPECT_EQ(result.counts.of(kApplied), 1U);
  EXPECT_EQ(result.counts.of(kSuperseded), 1U);
  EXPECT_EQ(result.counts.of(kStale), 1U);
}

TEST(Checkpoint, NothingComesOfNothing) {
  const BatchResult result = result_of({}, {});
  EXPECT_EQ(result.counts.all(), 0U);
  EXPECT_TRUE(result.failures.empty());
}

}  // namespace
}  // namespace streamonce::handler
