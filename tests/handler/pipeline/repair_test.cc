#include "handler/pipeline/repair.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "handler/pipeline/pipeline.h"
#include "tests/support/changes.h"
#include "tests/support/derived.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mark_places.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler {
namespace {

constexpr const char* kId = "orders|123456789012/eu-west-1/orders|2:idS1:a";

class RepairTest : public ::testing::Test {
 protected:
  void open(const char* views) { tables_ = testing::tables_of(views); }
  Pipeline pipeline() {
    return {{.name = {}, .retain = retain_, .tables = tables_.get(), .random_seed = ++seed_},
            target_,
            clock_};
  }
  SteadyTime soon() const { return clock_.steady_now() + std::chrono::seconds(60); }
  void apply(const events::Change& change) {
    EXPECT_TRUE(pipeline().apply({&change, 1}, soon()).failures.empty());
  }
  std::optional<Mark> mark() {
    const std::string_view id = kId;
    return *target_.read_marks(testing::place_of(id), Reading::kTold, soon()).front();
  }
  Outcome repair(events::Change item, const std::optional<Mark>& seen,
                 std::vector<views::StrayRow> strays = {}) {
    if (seen) item.version = seen->version;
    const RepairInput input{
        .item = std::move(item), .seen = seen ? &*seen : nullptr, .strays = std::move(strays)};
    return pipeline().repair({&input, 1}, soon()).front();
  }

  std::uint64_t seed_ = 0;  // another one for each pipeline, as for each process
  std::optional<std::chrono::days> retain_;
  testing::MemoryTarget target_;
  testing::FakeClock clock_;
  testing::ItemChanges changes_;
  std::unique_ptr<DerivedTables> tables_;
};

TEST_F(RepairTest, KeepsTheVersionAndDrawsANonce) {
  apply(changes_.put("a", "5"));
  const auto before = mark();
  target_.items.clear();
  const auto item = changes_.put("a", "1", R"(,"n":{"N":"1"})");
  EXPECT_EQ(repair(item, before).result, CommitResult::kApplied);
  EXPECT_EQ(target_.items.begin()->second, item.image_json);
  EXPECT_EQ(mark()->version, before->version);
  EXPECT_EQ(mark()->at, before->at);
  EXPECT_NE(mark()->nonce, before->nonce);
  // Of two repairs that overlap one fails.
  EXPECT_EQ(repair(changes_.remove("a", "1"), before).result, CommitResult::kChanged);
  EXPECT_EQ(target_.items.size(), 1U);
  // What the stream has above the mark is applied.
  apply(changes_.put("a", "6", R"(,"n":{"N":"6"})"));
  EXPECT_NE(target_.items.begin()->second.find("\"6\""), std::string::npos);
}

TEST_F(RepairTest, LosesToAChangeThatComesAfterTheMarkWasRead) {
  apply(changes_.put("a", "5"));
  const auto before = mark();
  apply(changes_.put("a", "6", R"(,"n":{"N":"6"})"));
  const Outcome outcome = repair(changes_.put("a", "1"), before);
  EXPECT_EQ(outcome.result, CommitResult::kChanged);
  ASSERT_NE(outcome.found, nullptr);
  EXPECT_EQ(outcome.found->version, testing::version_of("6"));
  EXPECT_NE(target_.items.begin()->second.find("\"6\""), std::string::npos);
}

TEST_F(RepairTest, GoesBelowTheStreamWhereThereIsNoMark) {
  auto item = changes_.put("a", "9");
  item.version = testing::version_of("9", "2026-11-21T00:44:22.579");
  EXPECT_EQ(repair(item, {}).result, CommitResult::kApplied);
  EXPECT_LT(mark()->version, testing::version_of("1"));
  // One who saw no mark either fails, and loses nothing.
  item.version = testing::version_of("8", "2026-11-21T00:44:22.579");
  EXPECT_NE(repair(item, {}).result, CommitResult::kApplied);
  apply(changes_.remove("a", "1"));
  EXPECT_TRUE(target_.items.empty());
}

TEST_F(RepairTest, IsNotRefusedForTheAgeOfTheMark) {
  retain_ = std::chrono::days(7);
  apply(changes_.put("a", "5"));
  const auto before = mark();
  clock_.advance(std::chrono::hours(24 * 30));
  auto item = changes_.put("a", "1");
  item.created_at = 0;
  EXPECT_EQ(repair(item, before).result, CommitResult::kApplied);
}

TEST_F(RepairTest, LetsNoMirrorWriteOverWhatViewsRemember) {
  open(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW v KEY (c, id) AS SELECT c, id FROM orders;");
  apply(changes_.put("a", "5", R"(,"c":{"S":"x"})"));
  const auto before = mark();
  ASSERT_TRUE(before->remembers);
  tables_ = nullptr;
  const Outcome outcome = repair(changes_.put("a", "1"), before);
  EXPECT_EQ(outcome.result, CommitResult::kFailed);
  EXPECT_NE(outcome.reason.find("what views remember"), std::string::npos) << outcome.reason;
  EXPECT_EQ(mark(), before);
}

TEST_F(RepairTest, MakesRowsAndAmountsAnew) {
  open(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW v KEY (c, id) AS SELECT c, id FROM orders;"
      "CREATE VIEW n KEY (c) AS SELECT c, COUNT(*) AS n FROM orders GROUP BY c;");
  apply(changes_.put("a", "5", R"(,"c":{"S":"x"})"));
  target_.items.clear();
  EXPECT_EQ(repair(changes_.put("a", "1", R"(,"c":{"S":"y"})"), mark()).result,
            CommitResult::kApplied);
  ASSERT_EQ(target_.items.size(), 1U);
  EXPECT_EQ(target_.items.begin()->first, R"({"c":{"S":"y"},"id":{"S":"a"}})");
  EXPECT_EQ(target_.groups.at(R"(n {"c":{"S":"x"}})").at("n").coefficient, 0);
  EXPECT_EQ(target_.groups.at(R"(n {"c":{"S":"y"}})").at("n").coefficient, 1);
  EXPECT_EQ(mark()->version, testing::version_of("5"));
}

TEST_F(RepairTest, RemovesStraysThatTheItemIsNotToHave) {
  open(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW v KEY (c, id) AS SELECT c, id FROM orders;");
  apply(changes_.put("a", "5", R"(,"c":{"S":"x"})"));
  target_.items[R"({"c":{"S":"old"},"id":{"S":"a"}})"] = "{}";
  const auto stray = [](std::string_view value) {
    views::StrayRow row{.view = 0, .key = {}};
    EXPECT_TRUE(row.key.add({.name = "c", .value = value}));
    EXPECT_TRUE(row.key.add({.name = "id", .value = "a"}));
    return row;
  };
  EXPECT_EQ(repair(changes_.put("a", "1", R"(,"c":{"S":"x"})"), mark(), {stray("old"), stray("x")})
                .result,
            CommitResult::kApplied);
  ASSERT_EQ(target_.items.size(), 1U);
  EXPECT_EQ(target_.items.begin()->first, R"({"c":{"S":"x"},"id":{"S":"a"}})");
}

TEST_F(RepairTest, LeavesWhatViewsKeepAlone) {
  for (const char* option : {"deletes = 'keep'", "expiry = 'keep'", "events = 'INSERT'"}) {
    target_ = {};
    open((std::string("CREATE SOURCE orders KEY (id);CREATE VIEW kept WITH (") + option +
          ") AS SELECT * FROM orders;")
             .c_str());
    apply(changes_.insert("a", "5"));
    ASSERT_EQ(target_.items.size(), 1U) << option;
    EXPECT_EQ(repair(changes_.remove("a", "1"), mark()).result, CommitResult::kAlreadyApplied)
        << option;
    EXPECT_EQ(target_.items.size(), 1U) << option;
  }
}

TEST_F(RepairTest, TellsWhyAnItemIsRefused) {
  open("CREATE SOURCE orders KEY (id);CREATE VIEW v AS SELECT id, n + 1 AS n FROM orders;");
  const Outcome outcome = repair(changes_.put("a", "1", R"(,"n":{"S":"x"})"), {});
  EXPECT_EQ(outcome.result, CommitResult::kFailed);
  EXPECT_FALSE(outcome.reason.empty());
  EXPECT_TRUE(target_.marks.empty());
}

}  // namespace
}  // namespace streamonce::handler
