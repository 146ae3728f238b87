// The job with views that remember, on a target that keeps the rules of targets.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handler/pipeline/derived_plan.h"
#include "handler/pipeline/derived_run.h"
#include "handler/pipeline/pipeline.h"
#include "handler/views/rules/checker.h"
#include "tests/support/derived.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler {
namespace {

using events::Change;
using testing::FakeClock;
using testing::ItemChanges;
using testing::MemoryTarget;
using testing::tables_of;
using enum Fate;

constexpr const char* kRememberingViews =
    "CREATE SOURCE orders KEY (id);"
    "CREATE VIEW by_customer KEY (customer, id) AS SELECT customer, id FROM orders;"
    "CREATE VIEW lines KEY (id, place) AS"
    " SELECT o.id, i AS place, l.sku FROM orders AS o, o.lines AS l AT i;"
    "CREATE VIEW revenue KEY (customer) AS"
    " SELECT customer, COUNT(*) AS orders, SUM(total) AS spent FROM orders GROUP BY customer;"
    "CREATE VIEW everything AS SELECT id FROM orders;";

/// Lets somebody else commit before the next commit of the one under test.
class InterruptedTarget final : public Target {
 public:
  explicit InterruptedTarget(Target& target) : target_(target) {}

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override {
    if (between) std::exchange(between, nullptr)();
    target_.commit(commits, outcomes, deadline);
  }
  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override {
    return target_.read_marks(places, reading, deadline);
  }

  std::function<void()> between;

 private:
  Target& target_;
};

class RememberingRunTest : public ::testing::Test {
 protected:
  explicit RememberingRunTest(const char* views = kRememberingViews) { open(views); }

  void open(const char* views) { open(tables_of(views)); }
  void open(std::unique_ptr<DerivedTables> tables) {
    tables_ = std::move(tables);
    pipeline_.emplace(PipelineOptions{.name = {},
                                      .retain = {},
                                      .tables = tables_.get(),
                                      .tells_rows = true,
                                      .random_seed = 1},
                      interrupted_, clock_);
  }
  BatchResult apply(const std::vector<Change>& changes) {
    return pipeline_->apply(changes, clock_.steady_now() + std::chrono::seconds(60));
  }
  std::vector<Fate> fates(const std::vector<Change>& changes) { return apply(changes).fates; }
  Change order(const char* id, int number, const std::string& customer, const char* total,
               const std::string& lines = "") {
    std::string members = R"(,"customer":{"S":")" + customer + R"("},"total":{"N":")" + total +
                          R"("},"lines":{"L":[)" + lines + "]}";
    return items_.put(id, std::to_string(number), members);
  }
  static std::string line(const char* sku) {
    return std::string(R"({"M":{"sku":{"S":")") + sku + R"("}}})";
  }
  /// `KEYS NAME=SUM ...`, a line for each group.
  std::string groups() const {
    std::string text;
    for (const auto& [key, sums] : memory_.groups) {
      text += key;
      for (const auto& [name, sum] : sums) {
        text.append(" ").append(name).append("=");
        events::append_plain(text, sum);
      }
      text += '\n';
    }
    return text;
  }
  std::string keys() const {
    std::string text;
    for (const auto& [key, row] : memory_.items) text.append(key).append("\n");
    return text;
  }
  const std::string& content(const std::string& id) const {
    return memory_.contents.at("orders|123456789012/eu-west-1/orders|2:idS1:" + id);
  }

  std::unique_ptr<DerivedTables> tables_;
  ItemChanges items_;
  MemoryTarget memory_;
  InterruptedTarget interrupted_{memory_};
  FakeClock clock_;
  std::optional<Pipeline> pipeline_;
};

TEST_F(RememberingRunTest, WhatAnItemHasFollowsItsChanges) {
  EXPECT_EQ(fates({order("a", 1, "x", "1.5", line("p") + "," + line("q"))}), std::vector{kApplied});
  EXPECT_EQ(keys(),
            "{\"customer\":{\"S\":\"x\"},\"id\":{\"S\":\"a\"}}\n"
            "{\"id\":{\"S\":\"a\"},\"place\":{\"N\":\"0\"}}\n"
            "{\"id\":{\"S\":\"a\"},\"place\":{\"N\":\"1\"}}\n"
            "{\"id\":{\"S\":\"a\"}}\n");
  EXPECT_EQ(groups(), "revenue {\"customer\":{\"S\":\"x\"}} orders=1 spent=1.5\n");
  EXPECT_EQ(fates({order("a", 2, "y", "2", line("r"))}), std::vector{kApplied});
  EXPECT_EQ(keys(),
            "{\"customer\":{\"S\":\"y\"},\"id\":{\"S\":\"a\"}}\n"
            "{\"id\":{\"S\":\"a\"},\"place\":{\"N\":\"0\"}}\n"
            "{\"id\":{\"S\":\"a\"}}\n");
  EXPECT_EQ(groups(),
            "revenue {\"customer\":{\"S\":\"x\"}} orders=0 spent=0\n"
            "revenue {\"customer\":{\"S\":\"y\"}} orders=1 spent=2\n");
  EXPECT_FALSE(content("a").empty());
  EXPECT_EQ(fates({items_.remove("a", "3")}), std::vector{kApplied});
  EXPECT_EQ(keys(), "");
  EXPECT_EQ(groups(),
            "revenue {\"customer\":{\"S\":\"x\"}} orders=0 spent=0\n"
            "revenue {\"customer\":{\"S\":\"y\"}} orders=0 spent=0\n");
  EXPECT_EQ(content("a"), "") << "an item that has nothing is no burden for ever";
}

TEST_F(RememberingRunTest, ADuplicateChangesNothingAndIsNotSent) {
  const std::vector<Change> changes = {order("a", 1, "x", "1"), order("b", 2, "x", "2")};
  EXPECT_EQ(fates(changes), (std::vector{kApplied, kApplied}));
  const std::string before = groups();
  memory_.calls = 0;
  EXPECT_EQ(fates(changes), (std::vector{kAlreadyApplied, kAlreadyApplied}));
  EXPECT_EQ(groups(), before);
  EXPECT_EQ(memory_.calls, 0);
}

TEST_F(RememberingRunTest, AGapDoesNotMatter) {
  fates({order("a", 1, "x", "1", line("p"))});
  fates({order("a", 9, "z", "4")});
  EXPECT_EQ(groups(),
            "revenue {\"customer\":{\"S\":\"x\"}} orders=0 spent=0\n"
            "revenue {\"customer\":{\"S\":\"z\"}} orders=1 spent=4\n");
  EXPECT_EQ(fates({order("a", 5, "y", "2")}), std::vector{kStale});
}

TEST_F(RememberingRunTest, TheMarksOfABatchAreReadOnceAndWhole) {
  fates({order("a", 1, "x", "1"), order("b", 2, "x", "1"), order("a", 3, "y", "1")});
  EXPECT_EQ(memory_.readings, std::vector{Reading::kWhole});
  EXPECT_EQ(memory_.calls, 1);
}

/// The entry comes back with the refusal.
TEST_F(RememberingRunTest, ADifferenceIsMadeAnewWithoutAnotherRead) {
  Pipeline other({.name = {}, .retain = {}, .tables = tables_.get()}, memory_, clock_);
  const std::vector<Change> theirs = {order("a", 1, "x", "1")};
  interrupted_.between = [&] { other.apply(theirs, SteadyTime::max()); };
  EXPECT_EQ(fates({order("a", 2, "y", "5")}), std::vector{kApplied});
  EXPECT_EQ(groups(),
            "revenue {\"customer\":{\"S\":\"x\"}} orders=0 spent=0\n"
            "revenue {\"customer\":{\"S\":\"y\"}} orders=1 spent=5\n");
  EXPECT_EQ(memory_.readings.size(), 2U) << "one read of each";
}

TEST_F(RememberingRunTest, WhatSomebodyElseHasAppliedInBetweenIsDone) {
  Pipeline other({.name = {}, .retain = {}, .tables = tables_.get()}, memory_, clock_);
  const std::vector<Change> theirs = {order("a", 1, "x", "1"), order("a", 2, "y", "2")};
  interrupted_.between = [&] { other.apply(theirs, SteadyTime::max()); };
  EXPECT_EQ(fates({theirs[0]}), std::vector{kStale});
  EXPECT_EQ(groups(), "revenue {\"customer\":{\"S\":\"y\"}} orders=1 spent=2\n");
}

TEST_F(RememberingRunTest, ARecordThatAViewHasNoValueForEndsItsLane) {
  const BatchResult result =
      apply({order("a", 1, "x", "1"), order("a", 2, "x", "2"),
             items_.put("a", "3", R"(,"customer":{"BOOL":true})"), order("b", 5, "x", "10")});
  EXPECT_EQ(result.fates, (std::vector{kSuperseded, kApplied, kFailed, kApplied}));
  EXPECT_EQ(groups(), "revenue {\"customer\":{\"S\":\"x\"}} orders=2 spent=12\n");
}

TEST_F(RememberingRunTest, TellsRowsAndAmounts) {
  fates({order("a", 1, "x", "1")});
  const BatchResult result = apply({order("a", 2, "x", "3.5")});
  ASSERT_EQ(result.rows.size(), 3U);
  EXPECT_EQ(result.rows[0].view, 0U);
  EXPECT_EQ(result.rows[1].view, 3U);
  EXPECT_EQ(result.rows[2].view, 2U);
  ASSERT_EQ(result.rows[2].amounts.size(), 1U);
  EXPECT_EQ(result.rows[2].amounts[0].name, "spent");
  EXPECT_EQ(result.rows[2].amounts[0].difference, events::parse_decimal("2.5").value());
}

TEST_F(RememberingRunTest, TheMemoryOfAViewThatIsNoMoreStays) {
  fates({order("a", 1, "x", "1", line("p"))});
  open("CREATE SOURCE orders KEY (id); CREATE VIEW everything AS SELECT * FROM orders;");
  EXPECT_EQ(fates({order("a", 2, "y", "2")}), std::vector{kApplied});
  EXPECT_NE(content("a").find("revenue"), std::string::npos);
  open(kRememberingViews);
  EXPECT_EQ(fates({order("a", 3, "z", "3")}), std::vector{kApplied});
  EXPECT_EQ(groups(),
            "revenue {\"customer\":{\"S\":\"x\"}} orders=0 spent=0\n"
            "revenue {\"customer\":{\"S\":\"z\"}} orders=1 spent=3\n");
  EXPECT_EQ(keys(),
            "{\"customer\":{\"S\":\"z\"},\"id\":{\"S\":\"a\"}}\n"
            "{\"id\":{\"S\":\"a\"}}\n");
}

TEST_F(RememberingRunTest, ADamagedMemoryFailsItsItemAlone) {
  fates({order("a", 1, "x", "1"), order("b", 2, "x", "1")});
  memory_.contents.at("orders|123456789012/eu-west-1/orders|2:idS1:a") = "2;unknown";
  const BatchResult result = apply({order("a", 3, "y", "1"), order("b", 4, "y", "1")});
  EXPECT_EQ(result.fates, (std::vector{kFailed, kApplied}));
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_TRUE(result.failures[0].reason.starts_with("the ledger's entry: "))
      << result.failures[0].reason;
  EXPECT_EQ(content("a"), "2;unknown");
}

TEST_F(RememberingRunTest, AMemoryThatFitsNoEntryFailsItsRecord) {
  std::string views = "CREATE SOURCE orders KEY (id);";
  for (int i = 0; i < 5; ++i)
    views += "CREATE VIEW lines" + std::to_string(i) +
             " KEY (sku, id) AS"
             " SELECT o.id, LPAD(l.sku, 2000, 'x') AS sku FROM orders AS o, o.lines AS l;";
  open(views.c_str());
  std::string lines = line("0");
  for (int i = 1; i < 45; ++i) lines += "," + line(std::to_string(i).c_str());
  const BatchResult result = apply({order("a", 1, "x", "1"), order("a", 2, "x", "1", lines)});
  EXPECT_EQ(result.fates, (std::vector{kApplied, kFailed}));
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_NE(result.failures[0].reason.find("401408 at most"), std::string::npos)
      << result.failures[0].reason;
}

/// What was written is remembered by its table, whatever the view is called that keeps it.
TEST_F(RememberingRunTest, AViewThatGetsAnotherTableLeavesTheOldOneAsItWas) {
  const char* text =
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW revenue KEY (customer) AS"
      " SELECT customer, COUNT(*) AS orders, SUM(total) AS spent FROM orders GROUP BY customer;";
  const auto tables_in = [&](const char* table) {
    return std::make_unique<DerivedTables>(handler::views::check_text(text).views,
                                           std::vector<std::string>{"orders"},
                                           std::vector<std::string>{table});
  };
  open(tables_in("old"));
  fates({order("a", 1, "x", "10"), order("b", 2, "x", "5")});
  open(tables_in("new"));
  fates({order("a", 3, "x", "11"), items_.remove("b", "4")});
  EXPECT_EQ(groups(),
            "new {\"customer\":{\"S\":\"x\"}} orders=1 spent=11\n"
            "old {\"customer\":{\"S\":\"x\"}} orders=2 spent=15\n");
  open(tables_in("old"));
  fates({order("a", 5, "x", "12"), order("b", 6, "x", "1")});
  EXPECT_EQ(groups(),
            "new {\"customer\":{\"S\":\"x\"}} orders=1 spent=11\n"
            "old {\"customer\":{\"S\":\"x\"}} orders=2 spent=13\n");
}

/// More than are read for one plan.
TEST_F(RememberingRunTest, ManyItemsGoInSeveralPlans) {
  std::vector<std::string> ids;
  for (int i = 0; i < 2'500; ++i) ids.push_back("item" + std::to_string(i));
  std::vector<Change> changes;
  for (std::size_t i = 0; i < ids.size(); ++i)
    changes.push_back(order(ids[i].c_str(), static_cast<int>(i) + 1, "x", "1"));
  EXPECT_EQ(apply(changes).counts.of(kApplied), changes.size());
  EXPECT_EQ(groups(), "revenue {\"customer\":{\"S\":\"x\"}} orders=2500 spent=2500\n");
  EXPECT_EQ(memory_.calls, 4) << "what entries hold is not known at first";
  memory_.calls = 0;
  EXPECT_EQ(apply(changes).counts.of(kAlreadyApplied), changes.size());
  EXPECT_EQ(memory_.calls, 0);
}

/// Items whose rows are in places that several of them may want, one after the other.
class PlacesTest : public RememberingRunTest {
 protected:
  PlacesTest()
      : RememberingRunTest(
            "CREATE SOURCE orders KEY (id);"
            "CREATE VIEW places KEY (place) AS SELECT place, id FROM orders;") {}

  Change put(const char* id, const char* place) {
    return items_.put(id, std::to_string(++number_),
                      std::string(R"(,"place":{"S":")") + place + "\"}");
  }
  /// Whose each place is, as `p=a q=b`.
  std::string places() const {
    std::string text;
    for (const auto& [key, row] : memory_.items) {
      const std::size_t id = row.find(R"("id":{"S":")");
      text.append(text.empty() ? "" : " ").append(1, key[key.find("S\":\"") + 4]).append("=");
      text += row[id + 11];
    }
    return text;
  }

  int number_ = 0;
};

TEST_F(PlacesTest, ItemsThatExchangeTheirRowsArrive) {
  fates({put("a", "p"), put("b", "q"), put("c", "r")});
  EXPECT_EQ(fates({put("a", "q"), put("b", "p")}), (std::vector{kApplied, kApplied}));
  EXPECT_EQ(places(), "p=b q=a r=c");
  EXPECT_EQ(fates({put("a", "r"), put("b", "q"), put("c", "p")}),
            (std::vector{kApplied, kApplied, kApplied}));
  EXPECT_EQ(places(), "p=c q=b r=a");
}

TEST_F(PlacesTest, TheyArriveInTwoBatchesByTurns) {
  fates({put("a", "p"), put("b", "q")});
  const std::vector<Change> one = {put("a", "q")};
  const std::vector<Change> two = {put("b", "p")};
  EXPECT_EQ(fates(one), std::vector{kFailed});
  EXPECT_EQ(places(), "q=b");
  EXPECT_EQ(fates(one), std::vector{kFailed});
  EXPECT_EQ(fates(two), std::vector{kApplied});
  EXPECT_EQ(fates(one), std::vector{kApplied});
  EXPECT_EQ(places(), "p=b q=a");
}

TEST_F(PlacesTest, AWantedPlaceThatIsTakenFailsAndTakesNothing) {
  fates({put("a", "p")});
  const BatchResult result = apply({put("b", "p")});
  EXPECT_EQ(result.fates, std::vector{kFailed});
  EXPECT_EQ(places(), "p=a");
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_TRUE(result.failures[0].reason.starts_with("view places: ")) << result.failures[0].reason;
  EXPECT_EQ(fates({items_.remove("a", "9")}), std::vector{kApplied});
  EXPECT_EQ(fates({put("b", "p")}), std::vector{kApplied});
}

/// Each goes to the place that the next one leaves: a list into which something is put in front.
TEST_F(PlacesTest, AChainMovesAtOnceInWhateverOrder) {
  constexpr int kItems = 40;
  std::vector<std::string> ids;
  std::vector<std::string> places;
  for (int i = 0; i <= kItems; ++i) {
    ids.push_back("i" + std::to_string(i));
    places.push_back("p" + std::to_string(i));
  }
  for (const bool is_backward : {false, true}) {
    memory_ = MemoryTarget();
    std::vector<Change> changes;
    for (std::size_t i = 0; i < kItems; ++i)
      changes.push_back(put(ids[i].c_str(), places[i].c_str()));
    EXPECT_EQ(fates(changes), std::vector(kItems, kApplied));
    changes.clear();
    for (std::size_t i = 0; i < kItems; ++i)
      changes.push_back(put(ids[i].c_str(), places[i + 1].c_str()));
    if (is_backward) std::reverse(changes.begin(), changes.end());
    memory_.calls = 0;
    EXPECT_EQ(fates(changes), std::vector(kItems, kApplied));
    EXPECT_EQ(memory_.calls, 1);
  }
}

/// The rows of a batch are too large for one plan, and in each one there are only items that wait
/// for those of another.
TEST_F(PlacesTest, ItemsThatExchangeTheirRowsArriveOverSeveralPlans) {
  std::string views = "CREATE SOURCE orders KEY (id);";
  for (int i = 0; i < 3; ++i)
    views += "CREATE VIEW places" + std::to_string(i) +
             " KEY (place) AS SELECT place, id, LPAD(id, 390000, '-') AS text FROM orders;";
  open(views.c_str());
  constexpr std::size_t kItems = 30;
  static_assert(3 * kItems * 390'000 > 2 * kPlanBytesMax);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kItems; ++i) ids.push_back("i" + std::to_string(i));
  std::vector<Change> changes;
  for (std::size_t i = 0; i < kItems; ++i) changes.push_back(put(ids[i].c_str(), ids[i].c_str()));
  EXPECT_EQ(fates(changes), std::vector(kItems, kApplied));
  changes.clear();
  for (std::size_t i = 0; i < kItems; ++i)
    changes.push_back(put(ids[i].c_str(), ids[(i + kItems / 2) % kItems].c_str()));
  memory_.calls = 0;
  EXPECT_EQ(fates(changes), std::vector(kItems, kApplied));
  EXPECT_LT(memory_.calls, 20);
}

/// They fail in the end, after as many calls as there are stages.
TEST_F(PlacesTest, ItemsWhosePlacesStayTakenFailOverSeveralPlans) {
  open(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW places KEY (place) AS SELECT place, id, LPAD(id, 390000, '-') AS text FROM "
      "orders;");
  fates({put("a", "p")});
  constexpr std::size_t kItems = 100;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kItems; ++i) ids.push_back("i" + std::to_string(i));
  std::vector<Change> changes;
  for (const std::string& id : ids) changes.push_back(put(id.c_str(), "p"));
  memory_.calls = 0;
  EXPECT_EQ(fates(changes), std::vector(kItems, kFailed));
  EXPECT_LT(memory_.calls, 20);
  EXPECT_EQ(memory_.items.size(), 1U);
}

/// Somebody else has taken the row by hand.
TEST_F(PlacesTest, ARowThatIsAnotherItemsByNowIsNotRemoved) {
  fates({put("a", "p")});
  memory_.items.begin()->second = R"({"place":{"S":"p"},"id":{"S":"z"}})";
  EXPECT_EQ(fates({put("a", "q")}), std::vector{kApplied});
  EXPECT_EQ(places(), "p=z q=a");
  EXPECT_EQ(content("a").find("1:p"), std::string::npos);
}

}  // namespace
}  // namespace streamonce::handler
