#include "handler/pipeline/group.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/changes.h"

namespace streamonce::handler {
namespace {

using events::Change;
using testing::change;
using testing::nameless_change;
using testing::removal;
using testing::version_of;
using Indices = std::vector<RecordIndex>;

Indices indices(std::span<const RecordIndex> records) {
  return {records.begin(), records.end()};
}

TEST(Group, MakesALaneForEachItemInTheOrderOfTheirFirstChanges) {
  const std::vector<Change> changes = {change("b", "1"), change("a", "2"), removal("b", "3"),
                                       change("c", "4"), change("a", "5")};
  const Groups groups = group(changes, "copy");
  ASSERT_EQ(groups.lanes.size(), 3U);
  EXPECT_EQ(groups.lanes[0].ledger_id, "copy|123456789012/eu-west-1/orders|2:idS1:b");
  EXPECT_EQ(groups.lanes[1].ledger_id, "copy|123456789012/eu-west-1/orders|2:idS1:a");
  EXPECT_EQ(groups.lanes[2].ledger_id, "copy|123456789012/eu-west-1/orders|2:idS1:c");
  EXPECT_EQ(indices(groups.lanes[0].records), (Indices{0, 2}));
  EXPECT_EQ(indices(groups.lanes[1].records), (Indices{1, 4}));
  EXPECT_EQ(indices(groups.lanes[2].records), (Indices{3}));
  EXPECT_TRUE(groups.unkeyed.empty());
}

TEST(Group, NamesTheMarkBySourceTableUnlessThePipelineHasAName) {
  const std::vector<Change> changes = {change("a", "1")};
  EXPECT_EQ(group(changes, "").lanes[0].ledger_id, "orders|123456789012/eu-west-1/orders|2:idS1:a");
}

/// The same key in another table, Region or account is another item.
TEST(Group, KeepsTheItemsOfSeveralSourcesApart) {
  std::vector<Change> changes(4, change("a", "1"));
  changes[1].source.table = "other";
  changes[2].source.region = "eu-west-2";
  changes[3].source.account = "210987654321";
  EXPECT_EQ(group(changes, "copy").lanes.size(), 4U);
}

TEST(Group, OrdersALaneByNumberAndNotByPlaceOrText) {
  const std::vector<Change> changes = {change("a", "100"), change("a", "9"), change("a", "10"),
                                       change("a", "0099")};
  EXPECT_EQ(indices(group(changes, "").lanes[0].records), (Indices{1, 2, 3, 0}));
}

TEST(Group, OrdersALaterStreamBehindAnEarlierOne) {
  std::vector<Change> changes = {change("a", "1"), change("a", "900")};
  changes[0].version = version_of("1", "2026-12-01T00:00:00.000");
  EXPECT_EQ(indices(group(changes, "").lanes[0].records), (Indices{1, 0}));
}

TEST(Group, LeavesEqualVersionsInTheirOrder) {
  const std::vector<Change> changes = {change("a", "2"), change("a", "1"), change("a", "2"),
                                       change("a", "1")};
  EXPECT_EQ(indices(group(changes, "").lanes[0].records), (Indices{1, 3, 0, 2}));
}

TEST(Group, GivesNoLaneToAChangeWhoseItemIsNotKnown) {
  std::vector<Change> changes = {nameless_change("1"), change("a", "2"), change("a", "3")};
  changes[2].source = {};
  const Groups groups = group(changes, "copy");
  EXPECT_EQ(groups.unkeyed, (Indices{0, 2}));
  ASSERT_EQ(groups.lanes.size(), 1U);
  EXPECT_EQ(indices(groups.lanes[0].records), (Indices{1}));
}

TEST(Group, TakesNoChangesAtAll) {
  const Groups groups = group({}, "copy");
  EXPECT_TRUE(groups.lanes.empty());
  EXPECT_TRUE(groups.unkeyed.empty());
}

}  // namespace
}  // namespace streamonce::handler
