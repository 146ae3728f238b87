// Rows with an owner, commits that go with older changes, and commits without rows: on each kind of
// target alike, real ones.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/mark_places.h"
#include "tests/support/target_under_test.h"

namespace streamonce::handler {
namespace {

using dynamodb::version_of;
using events::RawAttribute;
using std::chrono::seconds;
using testing::TargetUnderTest;
using enum CommitResult;

struct OwnedRowsKind {
  const char* name;
  std::unique_ptr<TargetUnderTest> (*make)();
};

class OwnedRowsOn : public ::testing::TestWithParam<OwnedRowsKind> {
 protected:
  void SetUp() override {
    under_test_ = GetParam().make();
    under_test_->create({{"id", "S"}});
    table_ = under_test_->table().empty() ? "orders" : under_test_->table();
    opened_ = under_test_->open(clock_, logger_);
  }

  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  Write put(const std::string& key, const std::string& rest,
            const std::vector<RawAttribute>& owner) {
    Write write = remove(key, owner);
    write.operation = Operation::kPut;
    write.image_json = keep(R"({"id":{"S":")" + key + "\"}," + rest + "}");
    return write;
  }

  Write remove(const std::string& key, const std::vector<RawAttribute>& owner) {
    events::ItemKey& item_key = keys_.emplace_back();
    EXPECT_TRUE(item_key.add({.name = "id", .value = keep(key)}));
    return {.operation = Operation::kRemove,
            .table = table_,
            .key = &item_key,
            .keys_json = keep(R"({"id":{"S":")" + key + "\"}}"),
            .owner = owners_.emplace_back(owner)};
  }

  Outcome commit(const std::string& id, std::uint64_t version, const std::vector<Write>& writes,
                 std::optional<std::uint64_t> oldest = {}) {
    Commit commit{
        .ledger_id = id, .version = version_of(version), .at = 1'700'000'000, .writes = writes};
    const events::Version oldest_version = version_of(oldest.value_or(0));
    if (oldest) commit.oldest = &oldest_version;
    Outcome outcome;
    opened_.target->commit({&commit, 1}, {&outcome, 1}, clock_.steady_now() + seconds(120));
    return outcome;
  }

  /// `key=n` of each row.
  std::string rows() {
    std::string text;
    for (const auto& item : under_test_->items()) {
      if (!text.empty()) text += ' ';
      text += item["id"]["S"].get<std::string>() + '=' + item["v"]["S"].get<std::string>();
    }
    return text;
  }

  void expect_collision(const Outcome& outcome, std::size_t write) {
    EXPECT_EQ(outcome.result, kFailed);
    EXPECT_TRUE(outcome.collides);
    EXPECT_EQ(outcome.refused_writes, std::vector{write});
    EXPECT_EQ(outcome.reason.find("a row of table " + table_ + " with this key is another item's"),
              0U)
        << outcome.reason;
  }

  SystemClock clock_;
  Logger logger_{{.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}},
                 clock_};
  std::unique_ptr<TargetUnderTest> under_test_;
  std::string table_;
  testing::OpenedTarget opened_;
  std::deque<std::string> texts_;
  std::deque<events::ItemKey> keys_;
  std::deque<std::vector<RawAttribute>> owners_;
};

INSTANTIATE_TEST_SUITE_P(, OwnedRowsOn,
                         ::testing::Values(OwnedRowsKind{"Sqlite", testing::make_sqlite_under_test},
                                           OwnedRowsKind{"DynamoDb",
                                                         testing::make_dynamodb_under_test}),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST_P(OwnedRowsOn, AreReplacedAndRemovedByTheirOwnerOnly) {
  const std::vector<RawAttribute> ours = {{"order", R"({"S":"o1"})"}};
  const std::vector<RawAttribute> others = {{"order", R"({"S":"o2"})"}};
  ASSERT_EQ(commit("p|1", 1, {put("r", R"("order":{"S":"o1"},"v":{"S":"1"})", ours)}).result,
            kApplied);
  EXPECT_EQ(commit("p|1", 2, {put("r", R"("order":{"S":"o1"},"v":{"S":"2"})", ours)}).result,
            kApplied);
  expect_collision(commit("p|2", 3,
                          {put("free", R"("order":{"S":"o2"},"v":{"S":"3"})", others),
                           put("r", R"("order":{"S":"o2"},"v":{"S":"3"})", others)}),
                   1);
  EXPECT_EQ(rows(), "r=2") << "nothing of it is written";
  expect_collision(commit("p|2", 4, {remove("r", others)}), 0);
  EXPECT_EQ(rows(), "r=2");
  EXPECT_EQ(under_test_->marks(), 1U);
  EXPECT_EQ(commit("p|2", 5, {remove("absent", others)}).result, kApplied);
  EXPECT_EQ(commit("p|1", 6, {remove("r", ours)}).result, kApplied);
  EXPECT_EQ(commit("p|2", 7, {put("r", R"("order":{"S":"o2"},"v":{"S":"7"})", others)}).result,
            kApplied);
  EXPECT_EQ(rows(), "r=7");
}

/// The entry keeps its version, and is a plain one for those who know the version alone.
TEST_P(OwnedRowsOn, AreLeftInACommitThatKeepsTheVersion) {
  const std::vector<RawAttribute> ours = {{"order", R"({"S":"o1"})"}};
  const std::vector<RawAttribute> others = {{"order", R"({"S":"o2"})"}};
  ASSERT_EQ(commit("p|1", 1, {put("r", R"("order":{"S":"o1"},"v":{"S":"1"})", ours)}).result,
            kApplied);
  const std::string_view id = "p|1";
  const auto read = [&] {
    return **opened_.target->read_marks(testing::place_of(id), Reading::kWhole,
                                        clock_.steady_now() + seconds(120))[0];
  };
  const Mark before = read();
  const std::vector<Write> writes = {remove("r", ours)};
  const auto leave = [&](std::string_view nonce) {
    const Commit departure{.ledger_id = id,
                           .version = before.version,
                           .operation = Operation::kRemove,
                           .writes = writes,
                           .seen = Seen{.mark = &before},
                           .nonce = nonce};
    Outcome outcome;
    opened_.target->commit({&departure, 1}, {&outcome, 1}, clock_.steady_now() + seconds(120));
    return outcome.result;
  };
  EXPECT_EQ(leave("one"), kApplied);
  EXPECT_EQ(leave("one"), kAlreadyApplied);
  EXPECT_EQ(leave("two"), kChanged);
  EXPECT_EQ(read(), (Mark{.version = before.version, .nonce = "one"}));
  EXPECT_EQ(rows(), "");
  EXPECT_EQ(commit("p|1", 1, {put("r", R"("order":{"S":"o1"},"v":{"S":"1"})", ours)}).result,
            kAlreadyApplied);
  EXPECT_EQ(commit("p|2", 2, {put("r", R"("order":{"S":"o2"},"v":{"S":"2"})", others)}).result,
            kApplied);
  EXPECT_EQ(commit("p|1", 3, {put("q", R"("order":{"S":"o1"},"v":{"S":"3"})", ours)}).result,
            kApplied);
  EXPECT_EQ(leave("one"), kChanged);
  EXPECT_EQ(rows(), "q=3 r=2");
}

TEST_P(OwnedRowsOn, HaveOwnersOfEveryTypeAndName) {
  const std::string odd = "odd \"n\xC3\xA4me\" #1";
  const std::vector<RawAttribute> ours = {
      {"status", R"({"S":"\u00e9\""})"}, {odd, R"({"N":"7.50"})"}, {"data", R"({"B":"AQI="})"}};
  const std::string attributes =
      "\"status\":{\"S\":\"\xC3\xA9\\\"\"},"
      R"("odd \"n\u00e4me\" #1":{"N":"75E-1"},"data":{"B":"AQI="})";
  const std::string image = attributes + R"(,"v":{"S":")";
  ASSERT_EQ(commit("p|1", 1, {put("r", image + "1\"}", ours)}).result, kApplied);
  EXPECT_EQ(commit("p|1", 2, {put("r", image + "2\"}", ours)}).result, kApplied);
  EXPECT_EQ(rows(), "r=2");
  for (std::size_t i = 0; i < ours.size(); ++i) {
    std::vector<RawAttribute> others = ours;
    others[i].value_json = i == 1 ? R"({"N":"7.51"})" : R"({"S":"7.50"})";
    expect_collision(commit("p|2", 3, {remove("r", others)}), 0);
  }
  std::vector<RawAttribute> more = ours;
  more.push_back({"absent", R"({"S":"x"})"});
  expect_collision(commit("p|2", 3, {remove("r", more)}), 0);
  EXPECT_EQ(commit("p|1", 3, {remove("r", ours)}).result, kApplied);
  EXPECT_EQ(rows(), "");
}

TEST_P(OwnedRowsOn, MayHaveTheirKeyForTheirOwner) {
  const std::vector<RawAttribute> ours = {{"id", R"({"S":"r"})"}};
  EXPECT_EQ(commit("p|1", 1, {put("r", R"("v":{"S":"1"})", ours)}).result, kApplied);
  EXPECT_EQ(commit("p|1", 2, {put("r", R"("v":{"S":"2"})", ours)}).result, kApplied);
  EXPECT_EQ(rows(), "r=2");
}

TEST_P(OwnedRowsOn, DoNotMatterOnceTheMarkSaysThatAllIsDone) {
  const std::vector<RawAttribute> ours = {{"order", R"({"S":"o1"})"}};
  const std::vector<RawAttribute> others = {{"order", R"({"S":"o2"})"}};
  const Write first = put("r", R"("order":{"S":"o1"},"v":{"S":"1"})", ours);
  ASSERT_EQ(commit("p|1", 1, {first}).result, kApplied);
  ASSERT_EQ(commit("p|1", 2, {remove("r", ours)}).result, kApplied);
  ASSERT_EQ(commit("p|2", 3, {put("r", R"("order":{"S":"o2"},"v":{"S":"3"})", others)}).result,
            kApplied);
  EXPECT_EQ(commit("p|1", 1, {first}).result, kStale);
  EXPECT_EQ(commit("p|1", 2, {first}).result, kAlreadyApplied);
  EXPECT_EQ(commit("p|1", 3, {first}, 2).result, kChanged);
  expect_collision(commit("p|1", 3, {first}), 0);
  EXPECT_EQ(rows(), "r=3");
}

TEST_P(OwnedRowsOn, CollideWithoutHarmToOthersOfTheBatch) {
  const std::vector<RawAttribute> ours = {{"order", R"({"S":"o1"})"}};
  const std::vector<RawAttribute> others = {{"order", R"({"S":"o2"})"}};
  ASSERT_EQ(commit("p|1", 1, {put("r", R"("order":{"S":"o1"},"v":{"S":"1"})", ours)}).result,
            kApplied);
  std::deque<std::vector<Write>> writes;
  std::vector<Commit> commits;
  for (int i = 0; i < 5; ++i) {
    const std::string row = i == 2 ? "r" : "r" + std::to_string(i);
    writes.push_back({put(row, R"("order":{"S":"o2"},"v":{"S":"2"})", others)});
    commits.push_back({.ledger_id = keep("p|x" + std::to_string(i)),
                       .version = version_of(2),
                       .writes = writes.back()});
  }
  std::vector<Outcome> outcomes(commits.size());
  opened_.target->commit(commits, outcomes, clock_.steady_now() + seconds(120));
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (i != 2) EXPECT_EQ(outcomes[i].result, kApplied) << i << outcomes[i].reason;
  expect_collision(outcomes[2], 0);
  EXPECT_EQ(rows(), "r=1 r0=2 r1=2 r3=2 r4=2");
}

TEST_P(OwnedRowsOn, AreTakenByOneOfTwoThreads) {
  constexpr int kRows = 20;
  std::array<std::vector<CommitResult>, 2> results;
  const auto work = [&](std::size_t turn) {
    const testing::OpenedTarget opened = under_test_->open(clock_, logger_);
    const std::string name = "o" + std::to_string(turn);
    const std::string value = R"({"S":")" + name + "\"}";
    const std::vector<RawAttribute> owner = {{"order", value}};
    for (int i = 0; i < kRows; ++i) {
      const std::string row = "r" + std::to_string(i);
      events::ItemKey key;
      ASSERT_TRUE(key.add({.name = "id", .value = row}));
      const std::string image =
          R"({"id":{"S":")" + row + R"("},"order":)" + value + R"(,"v":{"S":")" + name + "\"}}";
      const Write write{.table = table_, .key = &key, .image_json = image, .owner = owner};
      const std::string id = "p|" + name + "|" + row;
      const Commit commit{.ledger_id = id, .version = version_of(1), .writes = {&write, 1}};
      Outcome outcome;
      opened.target->commit({&commit, 1}, {&outcome, 1}, clock_.steady_now() + seconds(120));
      EXPECT_EQ(outcome.collides, outcome.result == kFailed) << outcome.reason;
      results[turn].push_back(outcome.result);
    }
  };
  {
    std::jthread one(work, 0);
    std::jthread two(work, 1);
  }
  const auto items = under_test_->items();
  ASSERT_EQ(items.size(), std::size_t{kRows});
  for (int i = 0; i < kRows; ++i) {
    const auto place = static_cast<std::size_t>(i);
    EXPECT_NE(results[0][place], results[1][place]) << i;
    const std::string winner = results[0][place] == kApplied ? "o0" : "o1";
    const auto row = std::find_if(items.begin(), items.end(), [&](const auto& item) {
      return item["id"]["S"] == "r" + std::to_string(i);
    });
    EXPECT_EQ((*row)["v"]["S"], winner);
  }
}

TEST_P(OwnedRowsOn, GoWithOlderChangesOnlyWhileNoneOfThemIsApplied) {
  const Write row = put("r", R"("v":{"S":"1"})", {});
  EXPECT_EQ(commit("p|1", 3, {row}, 1).result, kApplied) << "there is no entry";
  EXPECT_EQ(commit("p|1", 6, {row}, 4).result, kApplied) << "the entry is below the oldest";
  const Outcome changed = commit("p|1", 9, {put("r", R"("v":{"S":"9"})", {})}, 6);
  EXPECT_EQ(changed.result, kChanged);
  ASSERT_TRUE(changed.found);
  EXPECT_EQ(*changed.found, Mark{.version = version_of(6)});
  EXPECT_EQ(changed.reason, "some of the changes that this one goes with are applied already");
  EXPECT_EQ(rows(), "r=1");
  EXPECT_EQ(commit("p|1", 6, {row}, 4).result, kAlreadyApplied);
  EXPECT_EQ(commit("p|1", 5, {row}, 4).result, kStale);
  EXPECT_EQ(commit("p|1", 5, {row}, 8).result, kStale) << "an oldest one above its own";
  EXPECT_EQ(commit("p|1", 9, {row}, 7).result, kApplied);
}

TEST_P(OwnedRowsOn, GoWithOlderChangesNowhereInAnEntryWithContent) {
  Commit holding{
      .ledger_id = "p|1", .version = version_of(3), .writes = {}, .content = "c", .seen = Seen{}};
  Outcome outcome;
  opened_.target->commit({&holding, 1}, {&outcome, 1}, clock_.steady_now() + seconds(120));
  ASSERT_EQ(outcome.result, kApplied);
  const Outcome changed = commit("p|1", 6, {put("r", R"("v":{"S":"6"})", {})}, 5);
  EXPECT_EQ(changed.result, kChanged);
  EXPECT_EQ(changed.found->content, "c");
  EXPECT_EQ(rows(), "");
}

TEST_P(OwnedRowsOn, MayBeNoneAtAll) {
  EXPECT_EQ(commit("p|1", 1, {}).result, kApplied);
  EXPECT_EQ(commit("p|1", 1, {}).result, kAlreadyApplied);
  EXPECT_EQ(commit("p|1", 2, {}).result, kApplied);
  EXPECT_EQ(commit("p|1", 1, {}).result, kStale);
  EXPECT_EQ(under_test_->marks(), 1U);
  constexpr std::size_t kMany = 230;  // more than two transactions of marks alone
  std::vector<Commit> commits;
  for (std::size_t i = 0; i < kMany; ++i)
    commits.push_back(
        {.ledger_id = keep("p|m" + std::to_string(i)), .version = version_of(1), .writes = {}});
  std::vector<Outcome> outcomes(kMany);
  opened_.target->commit(commits, outcomes, clock_.steady_now() + seconds(120));
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.result, kApplied) << outcome.reason;
  EXPECT_EQ(under_test_->marks(), kMany + 1);
  EXPECT_EQ(rows(), "");
}

}  // namespace
}  // namespace streamonce::handler
