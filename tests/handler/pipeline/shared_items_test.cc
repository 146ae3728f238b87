#include "handler/pipeline/shared_items.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "events/stream_batch.h"
#include "handler/pipeline/group.h"
#include "handler/pipeline/plan.h"
#include "runtime/base/payload.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using events::KeyType;
using After = std::vector<std::vector<CommitPlace>>;

After after_of(const std::vector<Commit>& commits) {
  After after;
  for (const Commit& commit : commits) after.emplace_back(commit.after.begin(), commit.after.end());
  return after;
}

/// A write as a case names it: table and key.
struct Item {
  std::string table;
  std::string key;
  KeyType type = KeyType::kString;
};

/// What note_shared_items() says of commits that write these items each.
After noted(const std::vector<std::vector<Item>>& items_of_commits) {
  std::deque<events::ItemKey> keys;
  std::deque<std::vector<Write>> writes;
  std::vector<Commit> commits;
  for (const std::vector<Item>& items : items_of_commits) {
    writes.emplace_back();
    for (const Item& item : items) {
      events::ItemKey& key = keys.emplace_back();
      EXPECT_TRUE(key.add({.name = "id", .type = item.type, .value = item.key}));
      writes.back().push_back({.table = item.table, .key = &key});
    }
    commits.push_back({.ledger_id = "any", .version = {}, .writes = writes.back()});
  }
  std::vector<CommitPlace> places;
  note_shared_items(commits, places);
  return after_of(commits);
}

TEST(NoteSharedItems, TiesEachCommitToTheLatestOnesOfItsItems) {
  const struct {
    const char* name;
    std::vector<std::vector<Item>> items;
    After after;
  } cases[] = {
      {"nothing", {}, {}},
      {"distinct keys", {{{"t", "a"}}, {{"t", "b"}}}, {{}, {}}},
      {"distinct tables", {{{"t", "a"}}, {{"u", "a"}}}, {{}, {}}},
      {"distinct types", {{{"t", "7"}}, {{"t", "7", KeyType::kNumber}}}, {{}, {}}},
      {"no text in common", {{{"t1", "a"}}, {{"t", "1a"}}}, {{}, {}}},
      {"one item", {{{"t", "a"}}, {{"t", "a"}}}, {{}, {0}}},
      {"one number", {{{"t", "7.0", KeyType::kNumber}}, {{"t", "7", KeyType::kNumber}}}, {{}, {0}}},
      {"a chain", {{{"t", "a"}}, {{"t", "b"}}, {{"t", "a"}}, {{"t", "a"}}}, {{}, {}, {0}, {2}}},
      {"two items, two commits",
       {{{"t", "a"}}, {{"t", "b"}}, {{"t", "b"}, {"t", "a"}}},
       {{}, {}, {1, 0}}},
      {"two items, one commit", {{{"t", "a"}, {"t", "b"}}, {{"t", "a"}, {"t", "b"}}}, {{}, {0}}},
      {"no writes", {{}, {{"t", "a"}}, {}}, {{}, {}, {}}},
  };
  for (const auto& each : cases) EXPECT_EQ(noted(each.items), each.after) << each.name;
}

constexpr const char* kOthers =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/others/stream/2026-11-21T00:44:22.580";

std::string put_of(std::string_view arn, std::string_view id, std::string_view number) {
  return testing::to_json({.event_name = "MODIFY",
                           .sequence_number = std::string(number),
                           .keys = testing::key_of(id),
                           .new_image = testing::key_of(id),
                           .arn = std::string(arn)});
}

class PlanOfTables : public ::testing::Test {
 protected:
  Plan plan_of(const std::vector<std::string>& records, std::string_view target_table) {
    payload_ = Payload::copy_of(testing::event_of(records));
    batch_ = parser_.parse(payload_->view()).value();
    groups_ = group(batch_, "p");
    return plan(batch_, groups_, {.target_table = target_table, .retain = {}, .now = {}}).value();
  }

  std::optional<Payload> payload_;
  events::StreamParser parser_;
  events::StreamBatch batch_;
  Groups groups_;
};

TEST_F(PlanOfTables, WritesTheTargetTableOrThatOfTheSource) {
  const std::vector<std::string> records = {testing::put("a", "1", "x"), testing::remove("b", "2")};
  for (const Write& write : plan_of(records, "copy").writes) EXPECT_EQ(write.table, "copy");
  for (const Write& write : plan_of(records, "").writes) EXPECT_EQ(write.table, "orders");
}

TEST_F(PlanOfTables, KeepsOneItemOfTwoSourcesInOrder) {
  const std::vector<std::string> records = {testing::put("a", "1", "x"), put_of(kOthers, "b", "2"),
                                            put_of(kOthers, "a", "3"), testing::put("c", "4", "x"),
                                            testing::remove("b", "5")};
  const Plan shared = plan_of(records, "copy");
  EXPECT_EQ(after_of(shared.commits), (After{{}, {}, {0}, {}, {1}}));
  const Plan apart = plan_of(records, "");
  EXPECT_EQ(after_of(apart.commits), (After{{}, {}, {}, {}, {}}));
}

TEST_F(PlanOfTables, KnowsTheTablesOfAnotherAccountOrRegionApart) {
  for (const char* arn :
       {"arn:aws:dynamodb:eu-west-1:999999999999:table/orders/stream/2026-11-21T00:44:22.580",
        "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580"}) {
    const Plan plan = plan_of({testing::put("a", "1", "x"), put_of(arn, "a", "2")}, "");
    EXPECT_EQ(after_of(plan.commits), (After{{}, {0}})) << arn;
  }
}

TEST_F(PlanOfTables, TakesTwoStreamsOfOneTableForOneSource) {
  const char* later =
      "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-22T00:00:00.000";
  const Plan plan = plan_of({testing::put("a", "1", "x"), put_of(later, "a", "1")}, "copy");
  EXPECT_EQ(plan.commits.size(), 1U);
}

}  // namespace
}  // namespace streamonce::handler
