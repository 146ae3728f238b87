#include "handler/pipeline/derived_plan.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/derived.h"
#include "tests/support/fake_clock.h"

namespace streamonce::handler {
namespace {

using events::Change;
using testing::ItemChanges;
using testing::tables_of;
using testing::version_of;
using Indices = std::vector<RecordIndex>;

constexpr WallTime kNow{std::chrono::seconds(1'795'221'862)};

constexpr std::string_view kSource = "CREATE SOURCE orders KEY (id);\n";

/// A plan with all that it borrows.
class Planned {
 public:
  Planned(const std::string& views, std::vector<Change> changes,
          PlanOptions options = {.retain = {}, .now = kNow},
          SteadyTime::duration time_left = std::chrono::seconds(60), SteadyTime::duration tick = {})
      : tables_(tables_of(std::string(kSource) + views)),
        changes_(std::move(changes)),
        groups_(group(changes_, "copy")),
        plan_(plan_within(options, time_left, tick)) {}
  const Plan* operator->() const { return &plan_; }

  /// The writes of a commit, as `put all {"id":{"S":"a"}}`.
  std::vector<std::string> writes_of(std::size_t commit) const {
    std::vector<std::string> texts;
    for (const Write& write : plan_.commits.at(commit).writes) {
      std::string& text = texts.emplace_back(events::name_of(write.operation));
      text.append(" ")
          .append(write.table)
          .append(" ")
          .append(write.operation == Operation::kPut ? write.image_json : write.keys_json);
    }
    return texts;
  }
  Indices records_of(std::size_t commit) const {
    const auto records = plan_.records_of.at(commit);
    return {records.begin(), records.end()};
  }
  /// Of each settled span: its fate and its records.
  std::vector<std::pair<Fate, Indices>> settled() const {
    std::vector<std::pair<Fate, Indices>> all;
    for (const SettledRecords& each : plan_.settled)
      all.emplace_back(each.fate, Indices(each.records.begin(), each.records.end()));
    return all;
  }
  std::vector<std::pair<std::string, Indices>> refused() const {
    std::vector<std::pair<std::string, Indices>> all;
    for (const RefusedRecord& each : plan_.refused)
      all.emplace_back(each.reason, Indices(each.records.begin(), each.records.end()));
    return all;
  }

 private:
  Plan plan_within(const PlanOptions& options, SteadyTime::duration time_left,
                   SteadyTime::duration tick) {
    const SteadyTime deadline = clock_.steady_now() + time_left;
    clock_.tick = tick;
    return plan_views(groups_.lanes, {.changes = changes_,
                                      .tables = *tables_,
                                      .options = options,
                                      .time = {.clock = clock_, .deadline = deadline},
                                      .seen = seen_,
                                      .random = random_});
  }

  testing::FakeClock clock_;
  SeenLanes seen_;
  std::mt19937_64 random_{1};
  std::unique_ptr<DerivedTables> tables_;
  std::vector<Change> changes_;
  Groups groups_;
  Plan plan_;
};

using Texts = std::vector<std::string>;
using Refused = std::vector<std::pair<std::string, Indices>>;
using Settled = std::vector<std::pair<Fate, Indices>>;

TEST(DerivedPlan, ALaneIsOneCommitOfItsNewestChangeForAllViews) {
  ItemChanges items;
  const Planned planned(
      "CREATE VIEW everything AS SELECT * FROM orders;"
      "CREATE VIEW open AS SELECT id FROM orders WHERE status = 'NEW';",
      {items.put("a", "1", R"(,"status":{"S":"NEW"})"), items.remove("b", "2"),
       items.put("a", "3", R"(,"status":{"S":"PAID"})")});
  ASSERT_EQ(planned->commits.size(), 2U);
  EXPECT_EQ(planned->commits[0].ledger_id, "copy|123456789012/eu-west-1/orders|2:idS1:a");
  EXPECT_EQ(planned->commits[0].version, version_of("3"));
  EXPECT_EQ(planned->commits[0].operation, Operation::kPut);
  EXPECT_FALSE(planned->commits[0].oldest);
  EXPECT_EQ(planned.writes_of(0), (Texts{R"(put everything {"id":{"S":"a"},"status":{"S":"PAID"}})",
                                         R"(remove open {"id":{"S":"a"}})"}));
  EXPECT_EQ(planned.records_of(0), (Indices{0, 2}));
  EXPECT_EQ(planned.writes_of(1),
            (Texts{R"(remove everything {"id":{"S":"b"}})", R"(remove open {"id":{"S":"b"}})"}));
  EXPECT_EQ(planned->commits[1].operation, Operation::kRemove);
  EXPECT_EQ(planned->views, (std::vector<std::size_t>{0, 1, 0, 1}));
  EXPECT_TRUE(planned->refused.empty() && planned->settled.empty());
  EXPECT_TRUE(planned->commits[1].after.empty());
}

TEST(DerivedPlan, EachViewTakesTheNewestChangeThatConcernsIt) {
  ItemChanges items;
  const Planned planned(
      "CREATE VIEW everything AS SELECT * FROM orders;"
      "CREATE VIEW born WITH (events = 'INSERT') AS SELECT * FROM orders;",
      {items.insert("a", "1", R"(,"n":{"N":"1"})"), items.put("a", "2", R"(,"n":{"N":"2"})")});
  ASSERT_EQ(planned->commits.size(), 1U);
  EXPECT_EQ(planned->commits[0].version, version_of("2"));
  ASSERT_NE(planned->commits[0].oldest, nullptr);
  EXPECT_EQ(*planned->commits[0].oldest, version_of("1"));
  EXPECT_EQ(planned.writes_of(0), (Texts{R"(put everything {"id":{"S":"a"},"n":{"N":"2"}})",
                                         R"(put born {"id":{"S":"a"},"n":{"N":"1"}})"}));
  EXPECT_EQ(planned.records_of(0), (Indices{0, 1}));
}

TEST(DerivedPlan, WhatConcernsNoViewIsFiltered) {
  ItemChanges items;
  const Planned planned(
      "CREATE VIEW born WITH (events = 'INSERT') AS SELECT * FROM orders;"
      "CREATE VIEW kept WITH (deletes = 'keep', events = 'INSERT,REMOVE') AS SELECT * FROM orders;",
      {items.put("a", "1"), items.insert("a", "2"), items.put("a", "3"), items.remove("a", "4"),
       items.put("b", "5"), items.remove("b", "6")});
  ASSERT_EQ(planned->commits.size(), 1U);
  EXPECT_EQ(planned->commits[0].version, version_of("2"));
  EXPECT_FALSE(planned->commits[0].oldest);
  EXPECT_EQ(planned.records_of(0), (Indices{0, 1}));
  EXPECT_EQ(planned.settled(), (Settled{{Fate::kFiltered, {2, 3}}, {Fate::kFiltered, {4, 5}}}));
}

TEST(DerivedPlan, AChangeWithoutAValueEndsItsLaneAndThoseBeforeItArePlanned) {
  ItemChanges items;
  const std::string views =
      "CREATE VIEW twice AS SELECT id, n * 2 AS n FROM orders;"
      "CREATE VIEW born WITH (events = 'INSERT') AS SELECT id, m + 1 AS m FROM orders;";
  const std::string good = R"(,"n":{"N":"1"},"m":{"N":"1"})";
  const std::string bad = R"(,"n":{"S":"SECRET"})";
  const Planned planned(
      views, {items.insert("a", "1", good), items.put("a", "2", good), items.put("a", "3", bad),
              items.put("a", "4", bad), items.put("b", "5", good), items.put("c", "6", bad)});
  ASSERT_EQ(planned->commits.size(), 2U);
  EXPECT_EQ(planned->commits[0].version, version_of("2"));
  EXPECT_EQ(planned.records_of(0), (Indices{0, 1}));
  EXPECT_EQ(planned->commits[1].version, version_of("5"));
  const Refused refused = planned.refused();
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].second, (Indices{2, 3}));
  EXPECT_EQ(refused[1].second, (Indices{5}));
  EXPECT_NE(refused[0].first.find("twice"), std::string::npos) << refused[0].first;
  EXPECT_EQ(refused[0].first.find("SECRET"), std::string::npos) << refused[0].first;
  EXPECT_EQ(planned->views, (std::vector<std::size_t>{0, 1, 0}));
}

/// The newest change is sound, and an older one that another view needs is not.
TEST(DerivedPlan, AnOlderChangeWithoutAValueEndsTheLaneThere) {
  ItemChanges items;
  const Planned planned(
      "CREATE VIEW everything AS SELECT id FROM orders;"
      "CREATE VIEW born WITH (events = 'INSERT') AS SELECT id, m + 1 AS m FROM orders;",
      {items.put("a", "1"), items.insert("a", "2", R"(,"m":{"S":"x"})"), items.put("a", "3")});
  ASSERT_EQ(planned->commits.size(), 1U);
  EXPECT_EQ(planned->commits[0].version, version_of("1"));
  EXPECT_EQ(planned.writes_of(0), (Texts{R"(put everything {"id":{"S":"a"}})"}));
  ASSERT_EQ(planned.refused().size(), 1U);
  EXPECT_EQ(planned.refused()[0].second, (Indices{1, 2}));
}

TEST(DerivedPlan, ABadChangeEndsItsLane) {
  ItemChanges items;
  std::vector<Change> changes = {items.put("a", "1"), items.put("a", "2"), items.put("a", "3")};
  changes[1].problem = "why";
  const Planned planned("CREATE VIEW everything AS SELECT * FROM orders;", changes);
  EXPECT_EQ(planned.records_of(0), (Indices{0}));
  EXPECT_EQ(planned.refused(), (Refused{{"why", {1, 2}}}));
}

TEST(DerivedPlan, AKeyOfOtherNamesThanDeclaredIsRefused) {
  ItemChanges items;
  std::vector<Change> changes = {items.put("a", "1"), items.put("b", "2"), items.put("b", "3")};
  for (Change* change : {&changes[1], &changes[2]}) {
    change->key = {};
    ASSERT_TRUE(change->key.add({.name = "order", .type = events::KeyType::kString, .value = "b"}));
  }
  const Planned planned("CREATE VIEW everything AS SELECT * FROM orders;", changes);
  EXPECT_EQ(planned->commits.size(), 1U);
  EXPECT_EQ(planned.refused(),
            (Refused{{R"(the item's key is "order", and the source "orders" declares KEY "id")",
                      {1, 2}}}));
}

TEST(DerivedPlan, WithSeveralSourcesATableThatIsNoneIsRefused) {
  ItemChanges items;
  std::vector<Change> changes = {items.put("a", "1"), items.put("b", "2"), items.put("c", "3")};
  changes[1].source.table = "users";
  changes[2].source.table = "others";
  const Planned planned(
      "CREATE SOURCE users KEY (id);"
      "CREATE VIEW everything AS SELECT * FROM orders;"
      "CREATE VIEW people AS SELECT * FROM users;",
      changes);
  ASSERT_EQ(planned->commits.size(), 2U);
  EXPECT_EQ(planned.writes_of(0), (Texts{R"(put everything {"id":{"S":"a"}})"}));
  EXPECT_EQ(planned.writes_of(1), (Texts{R"(put people {"id":{"S":"b"}})"}));
  EXPECT_EQ(
      planned.refused(),
      (Refused{{R"(it is of the table "others", which is no source of the views: expected one )"
                R"(of orders, users)",
                {2}}}));
}

TEST(DerivedPlan, WithOneSourceAnyTableIsIt) {
  ItemChanges items;
  std::vector<Change> changes = {items.put("a", "1"), items.put("a", "2")};
  changes[1].source.table = "others";
  const Planned planned("CREATE VIEW everything AS SELECT * FROM orders;", changes);
  ASSERT_EQ(planned->commits.size(), 2U) << "two items, since they are of two tables";
  ASSERT_EQ(planned->commits[1].after.size(), 1U) << "that have one row";
  EXPECT_EQ(planned->commits[1].after[0], 0U);
}

/// Both have the row `a`: the one that leaves it goes first.
TEST(DerivedPlan, OfTwoItemsThatMayHaveOneRowTheOneThatLeavesGoesFirst) {
  ItemChanges items;
  const Planned planned(
      "CREATE VIEW heads KEY (head) AS SELECT SPLIT_PART(id, '#', 1) AS head, id FROM orders "
      "WHERE open;",
      {items.put("a#1", "1", R"(,"open":{"BOOL":true})"), items.remove("a#2", "2"),
       items.put("b#1", "3", R"(,"open":{"BOOL":true})")});
  ASSERT_EQ(planned->commits.size(), 3U);
  EXPECT_EQ(planned.records_of(0), (Indices{1}));
  EXPECT_EQ(planned.records_of(1), (Indices{0}));
  EXPECT_EQ(planned.records_of(2), (Indices{2}));
  EXPECT_EQ(planned.writes_of(0), (Texts{R"(remove heads {"head":{"S":"a"}})"}));
  EXPECT_TRUE(planned->commits[0].after.empty());
  ASSERT_EQ(planned->commits[1].after.size(), 1U);
  EXPECT_EQ(planned->commits[1].after[0], 0U);
  EXPECT_TRUE(planned->commits[2].after.empty());
  ASSERT_EQ(planned->commits[1].writes[0].owner.size(), 1U);
  EXPECT_EQ(planned->commits[1].writes[0].owner[0].name, "id");
}

TEST(DerivedPlan, AnItemWithoutARowHasAMarkAlone) {
  ItemChanges items;
  const Planned planned(
      "CREATE VIEW tails KEY (tail) AS SELECT SPLIT_PART(id, '#', 2) AS tail, id FROM orders;",
      {items.put("a", "1")});
  ASSERT_EQ(planned->commits.size(), 1U);
  EXPECT_TRUE(planned->commits[0].writes.empty());
  EXPECT_TRUE(planned->commits[0].after.empty());
}

TEST(DerivedPlan, WithARetentionAChangeThatARowFollowsFromIsNotTooOld) {
  ItemChanges items;
  std::vector<Change> changes = {items.insert("a", "1"), items.put("a", "2"),
                                 items.insert("b", "3"), items.put("b", "4")};
  constexpr std::chrono::days kWeek{7};
  const std::int64_t now = *changes[0].created_at;
  changes[0].created_at = changes[2].created_at = now - std::chrono::seconds(kWeek).count() - 1;
  const PlanOptions options{.retain = kWeek, .now = kNow};
  const Planned all("CREATE VIEW everything AS SELECT * FROM orders;", changes, options);
  EXPECT_EQ(all->commits.size(), 2U) << "the newest change decides";
  EXPECT_TRUE(all->commits[0].ttl.has_value());
  const Planned born(
      "CREATE VIEW everything AS SELECT * FROM orders;"
      "CREATE VIEW born WITH (events = 'INSERT') AS SELECT * FROM orders;",
      changes, options);
  EXPECT_TRUE(born->commits.empty());
  ASSERT_EQ(born->refused.size(), 2U);
  EXPECT_TRUE(born->refused[0].is_expired);
  EXPECT_EQ(born.refused()[0].second, (Indices{0, 1}));
}

TEST(DerivedPlan, RefusesLanesThatAreNotBegunByTheDeadline) {
  ItemChanges items;
  const Planned planned(
      "CREATE VIEW everything AS SELECT * FROM orders;",
      {items.put("a", "1"), items.put("b", "2"), items.put("c", "3"), items.put("c", "4")},
      {.retain = {}, .now = kNow}, std::chrono::seconds(2), std::chrono::seconds(1));
  EXPECT_EQ(planned->commits.size(), 2U);
  EXPECT_EQ(planned.refused(), (Refused{{"the deadline was near: not begun", {2, 3}}}));
}

/// Nothing is kept of rows that records behind it had.
TEST(DerivedPlan, AppliesTheRecordBeforeManyThatHaveNoValue) {
  ItemChanges items;
  std::vector<Change> changes = {items.put("a", "1", R"(,"n":{"N":"1"})")};
  for (int number = 2; number < 9; ++number)
    changes.push_back(items.put("a", std::to_string(number), R"(,"n":{"S":"x"})"));
  changes.push_back(items.put("b", "9", R"(,"n":{"S":"x"})"));
  const Planned planned(
      "CREATE VIEW everything AS SELECT * FROM orders;"
      "CREATE VIEW sums AS SELECT id, n + 1 AS m FROM orders;",
      std::move(changes));
  ASSERT_EQ(planned->commits.size(), 1U);
  EXPECT_EQ(planned.writes_of(0), (Texts{R"(put everything {"id":{"S":"a"},"n":{"N":"1"}})",
                                         R"(put sums {"id":{"S":"a"},"m":{"N":"2"}})"}));
  EXPECT_EQ(planned.records_of(0), (Indices{0}));
  ASSERT_EQ(planned.refused().size(), 2U);
  EXPECT_EQ(planned.refused()[0].second, (Indices{1, 2, 3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace streamonce::handler
