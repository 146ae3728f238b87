#include "handler/pipeline/derived_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handler/pipeline/derived_plan.h"
#include "handler/pipeline/pipeline.h"
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
using testing::version_of;
using enum Fate;
using Texts = std::vector<std::string>;

constexpr const char* kViews =
    "CREATE SOURCE orders KEY (id);"
    "CREATE VIEW everything AS SELECT * FROM orders;"
    "CREATE VIEW born WITH (events = 'INSERT') AS SELECT id FROM orders;";

/// A target that says what a test tells it to, and else that all is applied.
class ToldTarget final : public Target {
 public:
  using Say = std::function<Outcome(const Commit& commit)>;

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes, SteadyTime) override {
    Texts& call = calls.emplace_back();
    for (std::size_t i = 0; i < commits.size(); ++i) {
      std::string& text = call.emplace_back(
          commits[i].version.text().substr(commits[i].version.text().find_last_of('0') + 1));
      for (const Write& write : commits[i].writes) text.append(" ").append(write.table);
      outcomes[i] = rounds.empty() ? Outcome{.result = CommitResult::kApplied, .reason = {}}
                                   : rounds.front()(commits[i]);
    }
    if (!rounds.empty()) rounds.pop_front();
  }
  std::vector<MarkResult> read_marks(std::span<const MarkPlace>, Reading, SteadyTime) override {
    std::vector<MarkResult> read = {std::move(marks.front())};
    marks.pop_front();
    return read;
  }

  std::deque<Say> rounds;        ///< what to say in each call
  std::deque<MarkResult> marks;  ///< what to say of the one mark that is read
  std::vector<Texts> calls;      ///< of each, the version and the tables of each commit
};

Outcome applied(const Commit& /*commit*/) {
  return {.result = CommitResult::kApplied, .reason = {}};
}

ToldTarget::Say found(const std::string& number) {
  return [number](const Commit& /*commit*/) -> Outcome {
    return {.result = CommitResult::kChanged,
            .reason = "the mark is there",
            .found = std::make_shared<const Mark>(Mark{.version = version_of(number)})};
  };
}

Outcome collision(const Commit& /*commit*/) {
  return {.result = CommitResult::kFailed,
          .reason = "another owner",
          .refused_writes = {0},
          .collides = true};
}

class DerivedRunTest : public ::testing::Test {
 protected:
  BatchResult apply(const std::vector<Change>& changes, const char* views = kViews) {
    tables_ = tables_of(views);
    Pipeline pipeline({.name = {}, .retain = {}, .tables = tables_.get(), .tells_rows = true},
                      target_, clock_);
    return pipeline.apply(changes, clock_.steady_now() + std::chrono::seconds(60));
  }

  std::unique_ptr<DerivedTables> tables_;
  ItemChanges items_;
  ToldTarget target_;
  FakeClock clock_;
};

TEST_F(DerivedRunTest, IsOneCallOfTheTarget) {
  const BatchResult result =
      apply({items_.insert("a", "1"), items_.put("a", "2"), items_.put("b", "3")});
  EXPECT_EQ(result.fates, (std::vector{kSuperseded, kApplied, kApplied}));
  EXPECT_EQ(result.items, 2U);
  EXPECT_EQ(target_.calls, (std::vector<Texts>{{"2 everything born", "3 everything"}}));
  ASSERT_EQ(result.rows.size(), 3U);
  EXPECT_EQ(result.rows[1].record, 1U);
  EXPECT_EQ(result.rows[1].view, 1U);
  EXPECT_EQ(result.rows[2].record, 2U);
}

TEST_F(DerivedRunTest, LeavesTheTargetAloneWhereNothingConcernsAView) {
  const char* views =
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW born WITH (events = 'INSERT') AS SELECT id FROM orders;";
  const BatchResult result = apply({items_.put("a", "1"), testing::nameless_change("2")}, views);
  EXPECT_EQ(result.fates, (std::vector{kFiltered, kFailed}));
  EXPECT_TRUE(target_.calls.empty());
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].reason, "no key");
}

/// The insert was applied before: the row that it made must not be made again.
TEST_F(DerivedRunTest, LeavesOutTheRowsOfWhatTheMarkStandsFor) {
  target_.rounds = {found("2")};
  const BatchResult result = apply(
      {items_.put("a", "1"), items_.insert("a", "2"), items_.put("a", "3"), items_.put("a", "4")});
  EXPECT_EQ(result.fates, (std::vector{kStale, kAlreadyApplied, kSuperseded, kApplied}));
  EXPECT_EQ(target_.calls, (std::vector<Texts>{{"4 everything born"}, {"4 everything"}}));
  EXPECT_TRUE(result.failures.empty());
}

TEST_F(DerivedRunTest, GoesOnAsLongAsTheMarkRises) {
  target_.rounds = {found("1"), found("2")};
  const BatchResult result =
      apply({items_.insert("a", "1"), items_.remove("a", "2"), items_.put("a", "3")},
            "CREATE SOURCE orders KEY (id);"
            "CREATE VIEW changed WITH (events = 'MODIFY') AS SELECT * FROM orders;"
            "CREATE VIEW gone WITH (events = 'REMOVE') AS SELECT id FROM orders;"
            "CREATE VIEW born WITH (events = 'INSERT') AS SELECT id FROM orders;");
  EXPECT_EQ(result.fates, (std::vector{kAlreadyApplied, kAlreadyApplied, kApplied}));
  EXPECT_EQ(target_.calls,
            (std::vector<Texts>{{"3 changed gone born"}, {"3 changed gone"}, {"3 changed"}}));
}

TEST_F(DerivedRunTest, AnEntryWhoseContentIsDamagedIsAFailure) {
  target_.rounds = {[](const Commit& /*commit*/) -> Outcome {
    return {.result = CommitResult::kChanged,
            .reason = "it remembers",
            .found = std::make_shared<const Mark>(
                Mark{.version = version_of("1"), .remembers = true, .content = "x"})};
  }};
  const BatchResult result = apply({items_.insert("a", "1"), items_.put("a", "2")});
  EXPECT_EQ(result.fates, (std::vector{kAlreadyApplied, kFailed}));
  EXPECT_EQ(target_.calls.size(), 1U);
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_TRUE(result.failures[0].reason.starts_with("the ledger's entry: "))
      << result.failures[0].reason;
}

TEST_F(DerivedRunTest, TriesARowOfAnotherItemOnceMoreWhenOthersAreDone) {
  const auto first_collides = [](const Commit& commit) {
    return commit.version == version_of("1") ? collision(commit) : applied(commit);
  };
  target_.rounds = {first_collides};
  EXPECT_EQ(apply({items_.put("a", "1"), items_.put("b", "2")}).fates,
            (std::vector{kApplied, kApplied}));
  EXPECT_EQ(target_.calls,
            (std::vector<Texts>{{"1 everything", "2 everything"}, {"1 everything"}}));
}

TEST_F(DerivedRunTest, FailsWhereTheRowIsStillAnotherItems) {
  const auto first_collides = [](const Commit& commit) {
    return commit.version == version_of("1") ? collision(commit) : applied(commit);
  };
  target_.rounds = {first_collides, first_collides, first_collides};
  const BatchResult result = apply({items_.put("a", "1"), items_.put("b", "2")});
  EXPECT_EQ(result.fates, (std::vector{kFailed, kApplied}));
  EXPECT_EQ(target_.calls.size(), 2U);
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].reason, "view everything: another owner");
}

TEST_F(DerivedRunTest, TriesNothingAgainWhereNothingWasDone) {
  target_.rounds = {collision};
  EXPECT_EQ(apply({items_.put("a", "1")}).fates, (std::vector{kFailed}));
  EXPECT_EQ(target_.calls.size(), 1U);
}

TEST_F(DerivedRunTest, TriesNothingAgainBehindTheDeadline) {
  target_.rounds = {[this](const Commit& commit) {
    clock_.advance(std::chrono::seconds(61));
    return commit.version == version_of("1") ? collision(commit) : applied(commit);
  }};
  EXPECT_EQ(apply({items_.put("a", "1"), items_.put("b", "2")}).fates,
            (std::vector{kFailed, kApplied}));
  EXPECT_EQ(target_.calls.size(), 1U);
}

/// Of two items with one row, only one is `open`. The other one's changes remove nothing.
TEST_F(DerivedRunTest, LeavesTheRowOfAnotherItemWhereItIs) {
  MemoryTarget memory;
  tables_ = tables_of(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW heads KEY (head) AS SELECT SPLIT_PART(id, '#', 1) AS head, id FROM orders "
      "WHERE open;"
      "CREATE VIEW everything AS SELECT id, n FROM orders;"
      "CREATE VIEW starts KEY (start) AS SELECT SUBSTRING(id, 1, 1) AS start, id FROM orders "
      "WHERE open;");
  Pipeline pipeline({.name = {}, .retain = {}, .tables = tables_.get()}, memory, clock_);
  const auto apply_one = [&](const Change& change) {
    return pipeline.apply({&change, 1}, clock_.steady_now() + std::chrono::seconds(60));
  };
  EXPECT_EQ(apply_one(items_.put("a#1", "1", R"(,"open":{"BOOL":true})")).fates,
            std::vector{kApplied});
  const auto before = memory.items;
  const std::string head = R"({"head":{"S":"a"}})";
  ASSERT_TRUE(before.contains(head));
  const BatchResult other = apply_one(items_.put("a#2", "2", R"(,"n":{"N":"1"})"));
  EXPECT_EQ(other.fates, std::vector{kApplied});
  EXPECT_EQ(memory.items.at(head), before.at(head));
  EXPECT_EQ(memory.items.size(), before.size() + 1);
  EXPECT_EQ(apply_one(items_.remove("a#2", "3")).fates, std::vector{kApplied});
  EXPECT_EQ(memory.items, before);
  EXPECT_EQ(apply_one(items_.put("a#2", "2", R"(,"n":{"N":"1"})")).fates, std::vector{kStale});
  EXPECT_EQ(apply_one(items_.remove("a#1", "4")).fates, std::vector{kApplied});
  EXPECT_TRUE(memory.items.empty());
}

/// The mark that was read may have risen: all begins again from the one that came back.
TEST_F(DerivedRunTest, BeginsAgainWhereSomebodyComesBetweenTheReadAndTheCommit) {
  const auto removal_collides = [](const Commit& commit) {
    EXPECT_EQ(commit.writes.size(), 2U);
    return collision(commit);
  };
  target_.marks = {MarkResult(Mark{.version = version_of("1")})};
  target_.rounds = {removal_collides, found("2"), removal_collides,
                    [](const Commit& commit) -> Outcome {
                      EXPECT_EQ(commit.writes.size(), 1U);
                      EXPECT_EQ(commit.seen->mark->version, version_of("2"));
                      return applied(commit);
                    }};
  const BatchResult result = apply({items_.remove("a", "2"), items_.remove("a", "3")},
                                   "CREATE SOURCE orders KEY (id);"
                                   "CREATE VIEW everything AS SELECT * FROM orders;"
                                   "CREATE VIEW bare AS SELECT id FROM orders;");
  EXPECT_EQ(result.fates, (std::vector{kAlreadyApplied, kApplied}));
  EXPECT_EQ(target_.calls,
            (std::vector<Texts>{
                {"3 everything bare"}, {"3 everything bare"}, {"3 everything bare"}, {"3 bare"}}));
}

TEST_F(DerivedRunTest, FailsWhereTheMarkOfALaneThatRemovesAnothersRowCannotBeRead) {
  target_.rounds = {collision};
  target_.marks = {Error{ErrorCode::kRejected, "denied"}};
  const BatchResult result = apply({items_.remove("a", "2")});
  EXPECT_EQ(result.fates, std::vector{kFailed});
  EXPECT_EQ(target_.calls.size(), 1U);
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].reason, "the mark could not be read: denied");
}

TEST_F(DerivedRunTest, NamesTheViewWhoseRowIsRefused) {
  target_.rounds = {[](const Commit& /*commit*/) -> Outcome {
    return {.result = CommitResult::kFailed, .reason = "too large", .refused_writes = {1}};
  }};
  const BatchResult result = apply({items_.insert("a", "1")});
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].reason, "view born: too large");
}

/// With a target that keeps the rules of marks.
TEST_F(DerivedRunTest, ADuplicateChangesNothing) {
  MemoryTarget memory;
  tables_ = tables_of(kViews);
  Pipeline pipeline({.name = {}, .retain = {}, .tables = tables_.get()}, memory, clock_);
  const std::vector<Change> changes = {items_.insert("a", "1"), items_.put("a", "2")};
  const SteadyTime deadline = clock_.steady_now() + std::chrono::seconds(60);
  EXPECT_EQ(pipeline.apply({changes.data(), 1}, deadline).fates, (std::vector{kApplied}));
  EXPECT_EQ(pipeline.apply(changes, deadline).fates, (std::vector{kAlreadyApplied, kApplied}));
  EXPECT_EQ(pipeline.apply(changes, deadline).fates, (std::vector{kSuperseded, kAlreadyApplied}));
  EXPECT_TRUE(memory.marks.contains("orders|123456789012/eu-west-1/orders|2:idS1:a"))
      << "named after the source table";
}

constexpr const char* kDoubled =
    "CREATE SOURCE orders KEY (id);"
    "CREATE VIEW doubled AS SELECT n * 2 AS m FROM orders;";

TEST_F(DerivedRunTest, ARecordThatItsMarkStandsForIsDoneThoughAViewHasNoValueForIt) {
  ItemChanges items;
  target_.marks.emplace_back(Mark{.version = version_of("5")});
  const BatchResult result =
      apply({items.put("a", "1", R"(,"n":{"S":"x"})"), items.put("a", "5", R"(,"n":{"S":"x"})")},
            kDoubled);
  EXPECT_EQ(result.fates, (std::vector{Fate::kStale, Fate::kAlreadyApplied}));
  EXPECT_TRUE(result.failures.empty());
  EXPECT_TRUE(target_.calls.empty());
}

TEST_F(DerivedRunTest, ARecordThatItsMarkStandsForKeepsNoLaterOneBack) {
  ItemChanges items;
  target_.marks.emplace_back(Mark{.version = version_of("5")});
  const BatchResult result =
      apply({items.insert("a", "1", R"(,"n":{"S":"x"})"), items.put("a", "9")},
            "CREATE SOURCE orders KEY (id);"
            "CREATE VIEW doubled WITH (events = 'INSERT') AS SELECT n * 2 AS m FROM orders;"
            "CREATE VIEW everything AS SELECT * FROM orders;");
  EXPECT_EQ(result.fates, (std::vector{Fate::kStale, Fate::kApplied}));
  EXPECT_EQ(target_.calls, (std::vector<Texts>{{"9 everything"}}));
}

TEST_F(DerivedRunTest, ARecordAboveItsMarkFailsWhereAViewHasNoValueForIt) {
  ItemChanges items;
  for (MarkResult mark : {MarkResult(std::nullopt), MarkResult(Mark{.version = version_of("1")}),
                          MarkResult(Error{ErrorCode::kUnavailable, "no answer"})}) {
    target_.marks.push_back(std::move(mark));
    const BatchResult result =
        apply({items.put("a", "2", R"(,"n":{"S":"x"})"), items.put("a", "3", R"(,"n":{"S":"y"})")},
              kDoubled);
    EXPECT_EQ(result.fates, (std::vector{Fate::kFailed, Fate::kFailed}));
    ASSERT_EQ(result.failures.size(), 1U);
    EXPECT_NE(result.failures[0].reason.find("view doubled: attribute m"), std::string::npos);
  }
  EXPECT_TRUE(target_.calls.empty());
}

TEST_F(DerivedRunTest, AMarkIsNotReadBehindWhatWasJustWritten) {
  ItemChanges items;
  const BatchResult result =
      apply({items.put("a", "1", R"(,"n":{"N":"1"})"), items.put("a", "2", R"(,"n":{"S":"x"})")},
            kDoubled);
  EXPECT_EQ(result.fates, (std::vector{Fate::kApplied, Fate::kFailed}));
}

TEST_F(DerivedRunTest, RowsThatAreTooManyForOnePlanGoInSeveral) {
  ItemChanges items;
  std::vector<Change> changes;
  for (int i = 0; i < 100; ++i)
    changes.push_back(items.put("item" + std::to_string(i), std::to_string(i + 1)));
  constexpr std::size_t kRowBytes = 400'000;
  const std::string view = "CREATE SOURCE orders KEY (id); CREATE VIEW wide AS SELECT LPAD(id, " +
                           std::to_string(kRowBytes) + ", '0') AS text FROM orders;";
  const BatchResult result = apply(changes, view.c_str());
  EXPECT_EQ(result.counts.of(Fate::kApplied), changes.size());
  std::size_t commits = 0;
  for (const Texts& call : target_.calls) {
    EXPECT_LE((call.size() - 1) * kRowBytes, kPlanBytesMax);
    commits += call.size();
  }
  EXPECT_EQ(commits, changes.size());
  EXPECT_EQ(target_.calls.size(), 3U);
}

TEST_F(DerivedRunTest, ATableThatIsNoSourceIsKnown) {
  tables_ = tables_of(
      "CREATE SOURCE orders KEY (id); CREATE SOURCE users KEY (id);"
      "CREATE VIEW everything AS SELECT * FROM orders;"
      "CREATE VIEW people AS SELECT * FROM users;");
  const Pipeline pipeline({.name = {}, .retain = {}, .tables = tables_.get()}, target_, clock_);
  EXPECT_EQ(pipeline.why_no_source({.account = {}, .region = {}, .table = "users"}), "");
  EXPECT_NE(
      pipeline.why_no_source({.account = {}, .region = {}, .table = "others"}).find("\"others\""),
      std::string::npos);
  EXPECT_EQ(Pipeline({.name = {}, .retain = {}}, target_, clock_)
                .why_no_source({.account = {}, .region = {}, .table = "others"}),
            "");
}

/// Items `a#1`, `a#2`, ... that may have one row in each of some views, one for each `kind`.
class ExchangeTest : public DerivedRunTest {
 protected:
  explicit ExchangeTest(const std::string& kinds = "xyz") {
    std::string views = "CREATE SOURCE orders KEY (id);";
    for (const char kind : kinds) views += view_of(kind, kind);
    open(views);
  }

  static std::string view_of(char name, char kind) {
    return std::string("CREATE VIEW rows_") + name +
           " KEY (head) AS SELECT SPLIT_PART(id, '#', 1) || '#" + name +
           "' AS head, id, kind FROM orders WHERE kind = '" + kind + "';";
  }
  void open(const std::string& views) {
    tables_ = tables_of(views);
    pipeline_.emplace(
        PipelineOptions{.name = {}, .retain = {}, .tables = tables_.get(), .random_seed = 1},
        memory_, clock_);
  }
  Change put(const char* id, char kind) {
    const std::string member = std::string(R"(,"kind":{"S":")") + kind + "\"}";
    return items_.put(id, std::to_string(++number_), member);
  }
  std::vector<Fate> deliver(const std::vector<Change>& changes) {
    return pipeline_->apply(changes, clock_.steady_now() + std::chrono::seconds(60)).fates;
  }
  /// Whose each row is, as `x=1 z=2`.
  std::string rows() const {
    std::string text;
    for (const auto& [key, row] : memory_.items) {
      const std::string id = row.substr(row.find(R"("id":{"S":")"));
      text.append(text.empty() ? "" : " ").append(1, key[key.find('#') + 1]).append("=");
      text += id[id.find('#') + 1];
    }
    return text;
  }

  MemoryTarget memory_;
  std::optional<Pipeline> pipeline_;
  int number_ = 0;
};

TEST_F(ExchangeTest, ItemsThatExchangeTheirRowsInOneBatchBothArrive) {
  EXPECT_EQ(deliver({put("a#1", 'x'), put("a#2", 'z')}), (std::vector{kApplied, kApplied}));
  EXPECT_EQ(deliver({put("a#1", 'z'), put("a#2", 'x')}), (std::vector{kApplied, kApplied}));
  EXPECT_EQ(rows(), "x=2 z=1");
  EXPECT_TRUE(std::all_of(memory_.nonces.begin(), memory_.nonces.end(),
                          [](const auto& nonce) { return nonce.second.empty(); }));
}

TEST_F(ExchangeTest, TheyArriveCoalesced) {
  deliver({put("a#1", 'x'), put("a#2", 'z')});
  EXPECT_EQ(deliver({put("a#1", 'n'), put("a#2", 'n'), put("a#1", 'z'), put("a#2", 'x')}),
            (std::vector{kSuperseded, kSuperseded, kApplied, kApplied}));
  EXPECT_EQ(rows(), "x=2 z=1");
}

/// What the first one has left stays left, so that the second one arrives, and then the first.
TEST_F(ExchangeTest, TheyArriveInTwoBatchesByTurns) {
  deliver({put("a#1", 'x'), put("a#2", 'z')});
  const std::vector<Change> one = {put("a#1", 'z')};
  const std::vector<Change> two = {put("a#2", 'x')};
  const auto marks = memory_.marks;
  EXPECT_EQ(deliver(one), std::vector{kFailed});
  EXPECT_EQ(memory_.marks, marks) << "the version is as it was";
  EXPECT_EQ(rows(), "z=2");
  EXPECT_EQ(deliver(one), std::vector{kFailed});
  EXPECT_EQ(deliver(two), std::vector{kApplied});
  EXPECT_EQ(deliver(one), std::vector{kApplied});
  EXPECT_EQ(rows(), "x=2 z=1");
  EXPECT_EQ(deliver(two), std::vector{kAlreadyApplied});
}

TEST_F(ExchangeTest, ThreeInARingArrive) {
  deliver({put("a#1", 'x'), put("a#2", 'y'), put("a#3", 'z')});
  EXPECT_EQ(deliver({put("a#1", 'y'), put("a#2", 'z'), put("a#3", 'x')}),
            (std::vector{kApplied, kApplied, kApplied}));
  EXPECT_EQ(rows(), "x=3 y=1 z=2");
}

/// Each goes to a row that the next one leaves, which is told last.
TEST_F(ExchangeTest, AChainArrivesInAnyOrder) {
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    memory_ = MemoryTarget();
    deliver({put("a#1", 'x'), put("a#2", 'y'), put("a#3", 'z')});
    const std::vector<Change> moves = {put("a#1", 'y'), put("a#2", 'z'), put("a#3", 'n'),
                                       put("a#4", 'x')};
    std::vector<Change> changes;
    for (const std::size_t i : order) changes.push_back(moves[i]);
    EXPECT_EQ(deliver(changes), (std::vector{kApplied, kApplied, kApplied, kApplied}));
    EXPECT_EQ(rows(), "x=4 y=1 z=2");
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(ExchangeTest, LeavesNothingWhereItStillHasARow) {
  deliver({put("a#1", 'x'), put("a#2", 'z')});
  EXPECT_EQ(deliver({put("a#3", 'x')}), std::vector{kFailed}) << "it has no mark, and no row";
  EXPECT_EQ(rows(), "x=1 z=2");
  EXPECT_TRUE(std::all_of(memory_.nonces.begin(), memory_.nonces.end(),
                          [](const auto& nonce) { return nonce.second.empty(); }));
}

/// All removals but one are of rows that another item has by now.
TEST_F(ExchangeTest, LeavesTheRowsOfAnotherItemWhereTheyAreWhateverTheirNumber) {
  const std::string names = "abcdefghijklmnopqrstuvw";
  std::string views = "CREATE SOURCE orders KEY (id);";
  for (const char name : names) views += view_of(name, 'x');
  open(views + view_of('y', 'y') + view_of('z', 'z'));
  deliver({put("a#1", 'x'), put("a#2", 'y'), put("a#3", 'z')});
  memory_.calls = 0;
  EXPECT_EQ(deliver({put("a#2", 'n')}), std::vector{kApplied});
  EXPECT_LT(memory_.calls, 5);
  EXPECT_EQ(deliver({put("a#3", 'x')}), std::vector{kFailed});
  EXPECT_EQ(deliver({put("a#1", 'z')}), std::vector{kApplied});
  EXPECT_EQ(deliver({put("a#3", 'x')}), std::vector{kApplied});
  EXPECT_EQ(rows().substr(0, 7), "a=3 b=3");
}

}  // namespace
}  // namespace streamonce::handler
