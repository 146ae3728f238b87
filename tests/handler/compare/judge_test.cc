#include "handler/compare/judge.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/handler/compare/compared_world.h"

namespace streamonce::handler::compare {
namespace {

using std::chrono::seconds;
using Texts = std::vector<std::string>;

/// Ten seconds to settle, and a mirror.
class JudgeTest : public ::testing::Test {
 protected:
  void run(bool repairs = false, std::uint64_t repairs_max = 1'000) {
    EXPECT_TRUE(world_.compare(
        {.judge = {.settle = seconds(10), .repairs = repairs, .repairs_max = repairs_max}}))
        << world_.error;
  }
  /// Calls `then` once the comparison has gone on for so long.
  void after(seconds time, std::function<void()> then) {
    const SteadyTime at = world_.clock.steady_now() + time;
    world_.clock.on_sleep = [this, at, then = std::move(then)] {
      if (world_.clock.steady_now() < at) return;
      const auto call = then;
      world_.clock.on_sleep = nullptr;
      call();
    };
  }
  seconds passed() const {
    return std::chrono::duration_cast<seconds>(world_.clock.steady_now() - began_);
  }

  ComparedWorld world_;
  const SteadyTime began_ = world_.clock.steady_now();
};

TEST_F(JudgeTest, FindsNothingWhereAllIsThere) {
  for (const char* id : {"a", "b", "c", "d"}) world_.put(id);
  run();
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 4}));
  EXPECT_EQ(world_.finished, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(world_.source.strong_reads, 0) << "nothing was looked at twice";
}

TEST_F(JudgeTest, TellsWhatStaysWrong) {
  for (const char* id : {"a", "b", "c"}) world_.put(id, R"(,"n":{"N":"1"})");
  world_.set("never");
  world_.target.items.erase(world_.key("a"));
  world_.write_row("orders", world_.key("b"), world_.item("b", R"(,"n":{"N":"2"},"x":{"S":""})"));
  world_.drop("c");
  world_.write_row("orders", world_.key("foreign"), world_.item("foreign"));
  run();
  EXPECT_EQ(told(world_.findings),
            (Texts{R"(different {"id":{"S":"b"}})", R"(extra {"id":{"S":"c"}})",
                   R"(extra {"id":{"S":"foreign"}})", R"(missing {"id":{"S":"a"}})",
                   R"(missing {"id":{"S":"never"}})"}));
  for (const Finding& finding : world_.findings) {
    if (finding.what == FindingClass::kDifferent) EXPECT_EQ(finding.attributes, (Texts{"n", "x"}));
    EXPECT_EQ(finding.mark.has_value(), finding.item_key.find("ever") == std::string::npos &&
                                            finding.item_key.find("foreign") == std::string::npos);
    EXPECT_TRUE(finding.expected.empty() && finding.found.empty()) << "no values";
    if (finding.item_key == world_.key("c")) EXPECT_EQ(finding.mark->operation, Operation::kPut);
  }
  EXPECT_GE(passed(), seconds(10));
  EXPECT_LE(passed(), seconds(12));
}

TEST_F(JudgeTest, WaitsForWhatIsOnItsWay) {
  world_.put("a");
  world_.set("a", R"(,"n":{"N":"2"})");
  after(seconds(4), [&] { world_.bring("a"); });
  run();
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 1}));
}

TEST_F(JudgeTest, BeginsAnewWhereTheItemOrItsMarkChanges) {
  world_.put("a");
  world_.set("a", R"(,"n":{"N":"2"})");
  after(seconds(8), [&] {
    world_.set("a", R"(,"n":{"N":"3"})");
    after(seconds(6), [&] {  // the mark moves, and the row is still an old one
      world_.bring("a");
      world_.set("a", R"(,"n":{"N":"4"})");
    });
  });
  run();
  EXPECT_EQ(told(world_.findings), Texts{R"(different {"id":{"S":"a"}})"});
  EXPECT_GE(passed(), seconds(24));
}

TEST_F(JudgeTest, LearnsNothingFromALookInWhichTheMarkMoves) {
  world_.set("a");
  // Between the look at the target and the second look at the mark.
  int reads = 0;
  world_.rows.before_read = [&](Consistency consistency) {
    if (consistency == Consistency::kStrong) ++reads;
  };
  bool is_second = false;
  world_.disturbed.before_marks = [&] {
    if (std::exchange(is_second, !is_second) && reads == 1) world_.bring("a");
  };
  run();
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 1}));
}

TEST_F(JudgeTest, WaitsLongerWhereChangesComeLater) {
  world_.put("a");
  world_.put("b");
  world_.target.items.erase(world_.key("a"));
  world_.set("b", R"(,"n":{"N":"2"})");
  const auto now = [&] {
    return std::chrono::floor<seconds>(world_.clock.now().time_since_epoch()).count();
  };
  // b changes for a while, each time by a change that was made a minute before.
  bool is_second = false;
  int moves = 0;
  world_.disturbed.before_marks = [&] {
    is_second = !is_second;
    if (is_second || moves == 2) return;
    ++moves;
    world_.made_at = now() - 60;
    world_.bring("b");
    world_.set("b", R"(,"n":{"N":")" + std::to_string(moves + 5) + "\"}");
    if (moves == 2) world_.set("b", R"(,"n":{"N":"6"})");
  };
  run();
  EXPECT_EQ(told(world_.findings), Texts{R"(missing {"id":{"S":"a"}})"});
  ASSERT_EQ(world_.warnings.size(), 1U);
  EXPECT_NE(world_.warnings[0].find(" 60 seconds after"), std::string::npos) << world_.warnings[0];
  EXPECT_GE(passed(), seconds(60));
  EXPECT_LE(passed(), seconds(70));
}

TEST_F(JudgeTest, TakesAnOldDeadLetterForNoLag) {
  world_.put("a");
  world_.put("b");
  world_.target.items.erase(world_.key("a"));
  world_.set("b", R"(,"n":{"N":"2"})");
  int looks = 0;
  world_.disturbed.before_marks = [&] {
    ++looks;
    if (looks != 2 && looks != 4) return;
    const auto now = std::chrono::floor<seconds>(world_.clock.now().time_since_epoch()).count();
    world_.made_at = looks == 2 ? now : now - 86'400 * 3;
    world_.bring("b");
    world_.set("b", looks == 2 ? R"(,"n":{"N":"3"})" : R"(,"n":{"N":"2"})");
    if (looks == 4) world_.bring("b");
  };
  run();
  EXPECT_EQ(told(world_.findings), Texts{R"(missing {"id":{"S":"a"}})"});
  EXPECT_LE(passed(), seconds(30));
  EXPECT_TRUE(world_.warnings.empty());
}

TEST_F(JudgeTest, WaitsForNoMoreThanADay) {
  world_.put("a");
  world_.put("b");
  world_.target.items.erase(world_.key("a"));
  world_.set("b", R"(,"n":{"N":"2"})");
  int looks = 0;
  world_.disturbed.before_marks = [&] {
    if (++looks != 2) return;
    world_.made_at = 1'000'000'000;
    world_.bring("b");
    world_.set("b", R"(,"n":{"N":"3"})");
    world_.bring("b");
  };
  run();
  EXPECT_EQ(world_.counts.missing, 1U);
  EXPECT_LE(passed(), std::chrono::hours(25));
}

TEST_F(JudgeTest, TellsOfAnItemThatNeverStandsStill) {
  world_.put("a");
  int n = 0;
  world_.set("a", R"(,"n":{"N":"0"})");
  world_.disturbed.before_marks = [&] {
    world_.bring("a");
    world_.set("a", R"(,"n":{"N":")" + std::to_string(++n) + "\"}");
  };
  run();
  EXPECT_EQ(told(world_.findings),
            Texts{R"(unsettled {"id":{"S":"a"}}: it changed each time that it was looked at)"});
  EXPECT_EQ(world_.counts, (FindingCounts{.unsettled = 1}));
  EXPECT_FALSE(world_.counts.all_equal());
}

TEST_F(JudgeTest, TellsWhyAnItemCannotBeCompared) {
  world_.put("a");
  world_.put("b");
  world_.target.items.erase(world_.key("a"));
  world_.target.marks[std::string(ComparedWorld::kPrefix) + "2:idS1:a"] = "nonsense";
  world_.target.items.erase(world_.key("b"));
  run();
  const Texts texts = told(world_.findings);
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_TRUE(texts[0].starts_with(R"(failed {"id":{"S":"a"}}: its mark cannot be read)"))
      << texts[0];
  EXPECT_EQ(texts[1], R"(missing {"id":{"S":"b"}})");
}

TEST_F(JudgeTest, EndsWhereASideCannotBeRead) {
  world_.set("a");
  world_.source.before_read = [&](Consistency) {
    world_.source.error = Error{ErrorCode::kUnavailable, "nobody there"};
  };
  EXPECT_FALSE(world_.compare());
  EXPECT_EQ(world_.error, "the source: nobody there");
}

TEST_F(JudgeTest, StopsWhenItIsAskedTo) {
  world_.set("a");
  after(seconds(3), [&] { world_.stopped = true; });
  EXPECT_FALSE(world_.compare({.judge = {.settle = seconds(60)}}));
  EXPECT_EQ(world_.error, "");
  EXPECT_TRUE(world_.finished.empty() || world_.finished == std::vector<std::size_t>{1});
  EXPECT_LE(passed(), seconds(5));
}

TEST_F(JudgeTest, MendsAndLooksOnceMore) {
  for (const char* id : {"a", "b", "c", "d"}) world_.put(id, R"(,"n":{"N":"1"})");
  const auto marks = world_.target.marks;
  world_.set("never");
  world_.target.items.erase(world_.key("a"));
  world_.write_row("orders", world_.key("b"), world_.item("b", R"(,"n":{"N":"2"})"));
  world_.drop("c");
  run(/*repairs=*/true);
  EXPECT_EQ(world_.counts,
            (FindingCounts{.equal = 1, .missing = 2, .extra = 1, .different = 1, .repaired = 4}));
  EXPECT_TRUE(world_.counts.all_equal());
  EXPECT_EQ(world_.repairs, 4U);
  EXPECT_EQ(world_.target.items[world_.key("b")], world_.item("b", R"(,"n":{"N":"1"})"));
  EXPECT_FALSE(world_.target.items.contains(world_.key("c")));
  for (const auto& [id, version] : marks) EXPECT_EQ(world_.target.marks[id], version);
  EXPECT_TRUE(world_.target.marks[std::string(ComparedWorld::kPrefix) + "2:idS5:never"] <
              marks.begin()->second);
  world_.forget();
  run();
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 4}));
}

TEST_F(JudgeTest, LosesNothingThatComesInBetween) {
  world_.put("a", R"(,"n":{"N":"1"})");
  world_.target.items.erase(world_.key("a"));
  world_.disturbed.before_commit = [&] {
    world_.disturbed.before_commit = nullptr;
    world_.put("a", R"(,"n":{"N":"2"})");
  };
  run(/*repairs=*/true, 1);
  EXPECT_EQ(world_.target.items[world_.key("a")], world_.item("a", R"(,"n":{"N":"2"})"));
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 1})) << "the stream has mended it";
}

TEST_F(JudgeTest, CountsAnItemOnceHoweverOftenItsRepairMeetsAChange) {
  world_.put("a", R"(,"n":{"N":"1"})");
  world_.target.items.erase(world_.key("a"));
  int changes = 0;
  world_.disturbed.before_commit = [&] {
    if (++changes > 2) return;
    world_.bring("a");
    world_.target.items.erase(world_.key("a"));
  };
  run(/*repairs=*/true, 1);
  EXPECT_EQ(told(world_.findings), Texts{R"(missing {"id":{"S":"a"}} repaired)"});
  EXPECT_EQ(world_.repairs, 1U);
}

TEST_F(JudgeTest, GivesUpWhatIsRefusedThrice) {
  world_.put("a");
  world_.target.items.erase(world_.key("a"));
  world_.target.failing_keys.insert(world_.key("a"));
  const int calls = world_.target.calls;
  run(/*repairs=*/true);
  EXPECT_EQ(told(world_.findings),
            Texts{R"(missing {"id":{"S":"a"}}: it could not be repaired: refused by the test)"});
  EXPECT_EQ(world_.target.calls - calls, 3);
  EXPECT_FALSE(world_.counts.all_equal());
}

TEST_F(JudgeTest, GivesUpWhatDiffersAgainAndAgain) {
  world_.put("a");
  world_.target.items.erase(world_.key("a"));
  world_.disturbed.before_marks = [&] { world_.target.items.erase(world_.key("a")); };
  run(/*repairs=*/true);
  EXPECT_EQ(told(world_.findings),
            Texts{R"(missing {"id":{"S":"a"}}: it differs again after 3 repairs)"});
}

TEST_F(JudgeTest, MendsNoMoreThanItMay) {
  for (const char* id : {"a", "b", "c"}) world_.set(id);
  run(/*repairs=*/true, 2);
  EXPECT_EQ(world_.counts, (FindingCounts{.missing = 3, .repaired = 2}));
  EXPECT_EQ(told(world_.findings)[2],
            R"(missing {"id":{"S":"c"}}: not repaired: --max-repairs is reached)");
}

TEST_F(JudgeTest, RemembersBothPartsThatASuspectIsOf) {
  // The row that is missing is of the items' part, the one that is extra of the rows'.
  ComparedWorld world(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW v KEY (c, id) AS SELECT c, id FROM orders;");
  world.put("a", R"(,"c":{"S":"x"})");
  world.target.items.clear();
  world.write_row("v", R"({"c":{"S":"y"},"id":{"S":"a"}})", R"({"c":{"S":"y"},"id":{"S":"a"}})");
  world.stopped = false;
  const SteadyTime at = world.clock.steady_now() + seconds(5);
  world.clock.on_sleep = [&] { world.stopped = world.clock.steady_now() >= at; };
  EXPECT_FALSE(world.compare({.judge = {.settle = seconds(10)}}));
  EXPECT_TRUE(world.finished.empty()) << "both are looked at again by the next run";
}

TEST_F(JudgeTest, BoundsTheRowsOfOneItem) {
  ComparedWorld world(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW v KEY (c, id) AS SELECT c, id FROM orders;");
  world.put("a", R"(,"c":{"S":"x"})");
  for (std::size_t i = 0; i < kStraysMax + 5; ++i) {
    const std::string row = R"({"c":{"S":"y)" + std::to_string(i) + R"("},"id":{"S":"a"}})";
    world.write_row("v", row, row);
  }
  world.rows.page_rows = 2'000;
  EXPECT_TRUE(world.compare({.judge = {.settle = seconds(0)}}));
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 1, .extra = kStraysMax, .failed = 1}));
}

}  // namespace
}  // namespace streamonce::handler::compare
