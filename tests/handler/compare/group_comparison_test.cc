#include "handler/compare/group_comparison.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/handler/compare/compared_world.h"

namespace streamonce::handler::compare {
namespace {

using std::chrono::seconds;
using Texts = std::vector<std::string>;

constexpr const char* kRevenue =
    "CREATE SOURCE orders KEY (id);"
    "CREATE VIEW revenue KEY (customer) AS"
    " SELECT customer, COUNT(*) AS orders, SUM(total) AS spent FROM orders GROUP BY customer;";

class GroupComparisonTest : public ::testing::Test {
 protected:
  static std::string key_of(std::string_view customer) {
    return R"({"customer":{"S":")" + std::string(customer) + "\"}}";
  }
  static std::string order(std::string_view customer, std::string_view total) {
    return R"(,"customer":{"S":")" + std::string(customer) + R"("},"total":{"N":")" +
           std::string(total) + "\"}";
  }
  std::string amount(std::string_view customer, const std::string& name) {
    const auto& group = world_.target.groups["revenue " + key_of(customer)];
    const auto found = group.find(name);
    std::string text;
    if (found != group.end()) events::append_plain(text, found->second);
    return text;
  }
  void set_amount(std::string_view customer, const std::string& name, std::string_view number) {
    world_.target.groups["revenue " + key_of(customer)][name] =
        events::parse_decimal(number).value();
  }
  void fill() {
    world_.put("a", order("x", "1.5"));
    world_.put("b", order("x", "2"));
    world_.put("c", order("y", "4"));
  }
  void run(bool repairs = false) {
    EXPECT_TRUE(world_.compare({{.kind = PartKind::kGroups}},
                               {.judge = {.settle = seconds(8), .repairs = repairs}}))
        << world_.error;
  }

  ComparedWorld world_{kRevenue};
};

TEST_F(GroupComparisonTest, FindsNothingWhereRowsAreTheSums) {
  fill();
  world_.remove("c");
  run();
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 2})) << "a group without items has a row of 0";
  EXPECT_TRUE(world_.findings.empty());
}

TEST_F(GroupComparisonTest, FindsAndMendsRowsThatOthersWrote) {
  fill();
  set_amount("x", "spent", "9");
  set_amount("foreign", "orders", "3");
  world_.target.groups.erase("revenue " + key_of("y"));
  run();
  EXPECT_EQ(told(world_.findings), (Texts{"different " + key_of("x"), "extra " + key_of("foreign"),
                                          "missing " + key_of("y")}));
  for (const Finding& finding : world_.findings)
    if (finding.what == FindingClass::kDifferent) EXPECT_EQ(finding.attributes, Texts{"spent"});
  world_.forget();
  run(/*repairs=*/true);
  EXPECT_EQ(world_.counts.repaired, 3U);
  EXPECT_TRUE(world_.counts.all_equal());
  EXPECT_EQ(amount("x", "spent"), "3.5");
  EXPECT_EQ(amount("y", "spent") + amount("y", "orders"), "41");
  EXPECT_EQ(amount("foreign", "orders"), "0");
  world_.forget();
  run();
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 3}));
}

TEST_F(GroupComparisonTest, FindsAndMendsWhatAnItemHasNotAdded) {
  fill();
  world_.set("a", order("y", "1.5"));
  world_.drop("c");
  world_.set("d", order("z", "8"));
  run();
  EXPECT_EQ(world_.counts.different, 4U) << "a at two groups, c at one, d at one";
  world_.forget();
  run(/*repairs=*/true);
  EXPECT_TRUE(world_.counts.all_equal());
  EXPECT_EQ(amount("x", "spent"), "2");
  EXPECT_EQ(amount("y", "spent"), "1.5");
  EXPECT_EQ(amount("z", "spent") + amount("z", "orders"), "81");
}

TEST_F(GroupComparisonTest, LosesNothingThatComesBeforeARepair) {
  fill();
  set_amount("x", "spent", "9");
  bool is_first = true;
  world_.disturbed.before_commit = [&] {
    if (std::exchange(is_first, false)) world_.put("b", order("x", "20"));
  };
  run(/*repairs=*/true);
  EXPECT_TRUE(world_.counts.all_equal());
  EXPECT_EQ(amount("x", "spent"), "21.5");
}

TEST_F(GroupComparisonTest, LetsOneOfTwoRepairsFail) {
  fill();
  set_amount("x", "spent", "9");
  bool is_first = true;
  world_.disturbed.before_commit = [&] {  // another repair of the same group
    if (!std::exchange(is_first, false)) return;
    set_amount("x", "spent", "3.5");
    world_.target.marks["orders|group|revenue|8:customerS1:x"] =
        std::string(testing::version_of("1").text());
    world_.target.nonces["orders|group|revenue|8:customerS1:x"] = "other";
  };
  run(/*repairs=*/true);
  EXPECT_EQ(amount("x", "spent"), "3.5");
  EXPECT_TRUE(world_.counts.all_equal());
}

TEST_F(GroupComparisonTest, TellsOfARowThatIsNoNumber) {
  fill();
  world_.target.groups.erase("revenue " + key_of("x"));
  world_.write_row("revenue", key_of("x"),
                   R"({"customer":{"S":"x"},"orders":{"N":"2"},"spent":{"S":"much"}})");
  world_.target.groups.erase("revenue " + key_of("y"));
  world_.write_row("revenue", key_of("y"), "no item");
  run(/*repairs=*/true);
  EXPECT_EQ(
      told(world_.findings),
      (Texts{
          "different " + key_of("x") + ": its attribute spent is no number: remove it from the row",
          "different " + key_of("y") + ": the row is no item as DynamoDB JSON: remove it"}));
}

TEST_F(GroupComparisonTest, TellsOfMoreGroupsThanItMaySumUp) {
  fill();
  EXPECT_TRUE(world_.compare({{.kind = PartKind::kGroups}},
                             {.judge = {.settle = seconds(0)}, .groups_max = 1}));
  ASSERT_EQ(world_.findings.size(), 1U);
  EXPECT_EQ(world_.counts, (FindingCounts{.failed = 1}));
  EXPECT_NE(world_.findings[0].reason.find("--max-groups"), std::string::npos);
}

TEST_F(GroupComparisonTest, TellsOfMoreDoubtsThanItLooksAt) {
  for (int i = 0; i < 21; ++i) set_amount(std::to_string(i), "orders", "1");
  EXPECT_TRUE(world_.compare({{.kind = PartKind::kGroups}},
                             {.judge = {.settle = seconds(0)}, .doubts_max = 20}));
  EXPECT_EQ(world_.counts, (FindingCounts{.extra = 20, .failed = 1}));
}

TEST_F(GroupComparisonTest, MendsNothingWhereAnEntryCannotBeRead) {
  fill();
  set_amount("x", "spent", "9");
  world_.target.contents[std::string(ComparedWorld::kPrefix) + "2:idS1:c"] = "9;damaged";
  run(/*repairs=*/true);
  EXPECT_EQ(amount("x", "spent"), "9");
  const Texts texts = told(world_.findings);
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_TRUE(texts[0].starts_with("failed " + key_of("x") + ": what was added to it is not known"))
      << texts[0];
  EXPECT_TRUE(texts[1].starts_with(R"(failed {"id":{"S":"c"}}: the ledger's entry)")) << texts[1];
}

TEST_F(GroupComparisonTest, TellsOfItemsThatAreGoneAndHaveLongKeys) {
  const std::string here(1'200, 'h');
  const std::string gone(1'200, 'g');
  world_.put(here, order("x", "1"));
  world_.put(gone, order("x", "2"));
  world_.drop(gone);
  run();
  ASSERT_EQ(world_.findings.size(), 1U);
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 1, .failed = 1}));
  EXPECT_TRUE(world_.findings[0].reason.starts_with("1 items that are not in the source any more"))
      << world_.findings[0].reason;
}

TEST_F(GroupComparisonTest, TellsOfAGroupThatNeverStandsStill) {
  fill();
  set_amount("x", "spent", "9");
  int n = 0;
  world_.entries.before_walk = [&] { world_.put("b", order("x", std::to_string(++n))); };
  run();
  EXPECT_EQ(world_.counts.unsettled, 1U);
}

TEST(SpreadGroups, AreComparedRowByRow) {
  ComparedWorld world(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW counts KEY (customer) WITH (spread = '4') AS"
      " SELECT customer, COUNT(*) AS n FROM orders GROUP BY customer;");
  for (int i = 0; i < 40; ++i) world.put("k" + std::to_string(i), R"(,"customer":{"S":"x"})");
  ASSERT_EQ(world.target.groups.size(), 4U);
  EXPECT_TRUE(world.compare({.judge = {.settle = seconds(0)}}));
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 4}));
  world.forget();
  world.target.groups.begin()->second["n"] = events::parse_decimal("77").value();
  EXPECT_TRUE(world.mend());
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 3, .different = 1, .repaired = 1}));
}

}  // namespace
}  // namespace streamonce::handler::compare
