#include "handler/pipeline/plan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/changes.h"

namespace streamonce::handler {
namespace {

using events::Change;
using testing::bad_change;
using testing::change;
using testing::nameless_change;
using testing::removal;
using testing::version_of;
using Indices = std::vector<RecordIndex>;

constexpr WallTime kPlannedAt{std::chrono::seconds(1'795'221'862)};
constexpr std::chrono::days kWeek{7};

Indices indices_of(std::span<const RecordIndex> records) {
  return {records.begin(), records.end()};
}

/// A plan with all that it borrows.
class PlannedBatch {
 public:
  explicit PlannedBatch(std::vector<Change> changes,
                        PlanOptions options = {.retain = {}, .now = kPlannedAt})
      : changes_(std::move(changes)),
        groups_(group(changes_, "copy")),
        plan_(plan(changes_, groups_, options)) {}
  const Plan* operator->() const { return &plan_; }

 private:
  std::vector<Change> changes_;
  Groups groups_;
  Plan plan_;
};

TEST(Plan, CommitsTheNewestChangeOfALaneForAllOfIt) {
  const PlannedBatch planned({change("a", "1"), removal("b", "2"), change("a", "3")});
  ASSERT_EQ(planned->commits.size(), 2U);
  EXPECT_EQ(planned->items, 2U);
  EXPECT_TRUE(planned->refused.empty());

  const Commit& put = planned->commits[0];
  EXPECT_EQ(put.ledger_id, "copy|123456789012/eu-west-1/orders|2:idS1:a");
  EXPECT_EQ(put.version, version_of("3"));
  EXPECT_EQ(put.operation, Operation::kPut);
  EXPECT_EQ(put.at, 1'795'221'862);
  EXPECT_FALSE(put.ttl);
  ASSERT_EQ(put.writes.size(), 1U);
  EXPECT_EQ(put.writes[0].operation, Operation::kPut);
  EXPECT_EQ(put.writes[0].keys_json, testing::kKeysJson);
  EXPECT_EQ(put.writes[0].image_json, testing::kImageJson);
  EXPECT_EQ(put.writes[0].key->attributes()[0].value, "a");
  EXPECT_EQ(indices_of(planned->records_of[0]), (Indices{0, 2}));

  const Commit& remove = planned->commits[1];
  EXPECT_EQ(remove.operation, Operation::kRemove);
  EXPECT_EQ(remove.writes[0].operation, Operation::kRemove);
  EXPECT_EQ(remove.writes[0].image_json, "");
  EXPECT_EQ(indices_of(planned->records_of[1]), (Indices{1}));
}

TEST(Plan, ABadChangeEndsItsLaneAndNoOther) {
  const PlannedBatch planned({change("a", "1"), change("a", "2"), bad_change("a", "3", "why"),
                              change("a", "4"), change("b", "5")});
  ASSERT_EQ(planned->commits.size(), 2U);
  EXPECT_EQ(planned->commits[0].version, version_of("2"));
  EXPECT_EQ(indices_of(planned->records_of[0]), (Indices{0, 1}));
  EXPECT_EQ(planned->commits[1].version, version_of("5"));
  ASSERT_EQ(planned->refused.size(), 1U);
  EXPECT_EQ(indices_of(planned->refused[0].records), (Indices{2, 3}));
  EXPECT_EQ(planned->refused[0].reason, "why");
  EXPECT_FALSE(planned->refused[0].is_expired);
}

TEST(Plan, ALaneThatBeginsWithABadChangeHasNoCommit) {
  const PlannedBatch planned({bad_change("a", "1"), change("a", "2")});
  EXPECT_TRUE(planned->commits.empty());
  ASSERT_EQ(planned->refused.size(), 1U);
  EXPECT_EQ(indices_of(planned->refused[0].records), (Indices{0, 1}));
  EXPECT_EQ(planned->items, 1U);
}

TEST(Plan, AChangeOfAnUnknownItemIsRefusedAlone) {
  const PlannedBatch planned({nameless_change("1"), change("a", "2"), nameless_change("3")});
  EXPECT_EQ(planned->commits.size(), 1U);
  ASSERT_EQ(planned->refused.size(), 2U);
  EXPECT_EQ(indices_of(planned->refused[0].records), (Indices{0}));
  EXPECT_EQ(indices_of(planned->refused[1].records), (Indices{2}));
  EXPECT_EQ(planned->refused[1].reason, "no key");
}

TEST(Plan, WithARetentionTheNewestChangeDecidesWhetherALaneIsTooOld) {
  std::vector<Change> changes = {change("a", "1"), change("a", "2"), change("b", "3"),
                                 change("b", "4"), change("c", "5")};
  const std::int64_t now = *changes[0].created_at;
  const std::int64_t week = std::chrono::seconds(kWeek).count();
  changes[0].created_at = now;
  changes[1].created_at = now - week - 1;  // the newest of `a` is too old by a second
  changes[2].created_at = now - week - 1;
  changes[3].created_at = now - week;
  changes[4].created_at.reset();
  const PlannedBatch planned(changes, {.retain = kWeek, .now = kPlannedAt});
  ASSERT_EQ(planned->commits.size(), 1U);
  EXPECT_EQ(planned->commits[0].version, version_of("4"));
  ASSERT_EQ(planned->refused.size(), 2U);
  EXPECT_EQ(indices_of(planned->refused[0].records), (Indices{0, 1}));
  EXPECT_TRUE(planned->refused[0].is_expired);
  EXPECT_EQ(indices_of(planned->refused[1].records), (Indices{4}));
  EXPECT_FALSE(planned->refused[1].is_expired) << "its age is not known";
}

/// A mark must outlive every record that it guards against.
TEST(Plan, WithARetentionAMarkIsKeptADayLongerCountedFromNow) {
  std::vector<Change> changes = {change("a", "1")};
  changes[0].created_at = *changes[0].created_at - 1000;
  const PlannedBatch planned(changes, {.retain = kWeek, .now = kPlannedAt});
  ASSERT_EQ(planned->commits.size(), 1U);
  const auto now = std::chrono::floor<std::chrono::seconds>(kPlannedAt.time_since_epoch());
  EXPECT_EQ(planned->commits[0].ttl, (now + kWeek + std::chrono::days(1)).count());
}

}  // namespace
}  // namespace streamonce::handler
