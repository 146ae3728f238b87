#include "handler/targets/sqlite/ledger.h"

#include <string>

#include <gtest/gtest.h>

#include "handler/targets/sqlite/schema.h"
#include "tests/handler/targets/sqlite/sqlite_testing.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using std::chrono::seconds;

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest()
      : database_(*Database::open(dir_.file("t.db"), clock_, clock_.steady_now() + seconds(1))) {}

  CommitResult mark(Ledger& ledger, std::uint64_t version, std::string_view label = kLabel) {
    Batch batch;
    batch.put("a", {.version = version, .label = label});
    const Result<Outcome> outcome = ledger.mark(batch.commits()[0]);
    return outcome ? outcome->result : CommitResult::kFailed;
  }
  std::string value(std::string_view sql) {
    Statement statement = *database_->prepare(sql);
    return *statement.step() ? std::string(statement.text(0)) : "no row";
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  std::unique_ptr<Database> database_;
};

TEST_F(LedgerTest, HasTheColumnsThatItIsDocumentedToHave) {
  ASSERT_TRUE(Ledger::open(*database_));
  EXPECT_EQ(*describe_columns(*database_, kLedgerTable),
            R"("id" TEXT key 1, "v" TEXT, "op" TEXT, "at" INTEGER, "ttl" INTEGER)");
  EXPECT_TRUE(Ledger::open(*database_)) << "opens again";
}

TEST_F(LedgerTest, RefusesATableWithOtherColumns) {
  ASSERT_TRUE(database_->execute("CREATE TABLE _streamonce_ledger(id TEXT)"));
  const auto ledger = Ledger::open(*database_);
  ASSERT_FALSE(ledger);
  EXPECT_EQ(
      ledger.error().message,
      R"(ledger table "_streamonce_ledger" has the columns ("id" TEXT) where ("id" TEXT key 1, )"
      R"("v" TEXT, "op" TEXT, "at" INTEGER, "ttl" INTEGER) are expected: something else )"
      "made it, so name another file, or rename the table");
}

TEST_F(LedgerTest, KeepsTheNewestVersion) {
  Ledger ledger = *Ledger::open(*database_);
  EXPECT_EQ(mark(ledger, 9), CommitResult::kApplied);
  EXPECT_EQ(mark(ledger, 9), CommitResult::kAlreadyApplied);
  EXPECT_EQ(mark(ledger, 10), CommitResult::kApplied) << "10 is after 9, though not as a text";
  EXPECT_EQ(mark(ledger, 9), CommitResult::kStale);
  EXPECT_EQ(mark(ledger, 1, kLaterLabel), CommitResult::kApplied) << "of a later stream";
  EXPECT_EQ(mark(ledger, 11), CommitResult::kStale) << "of the earlier stream";
  EXPECT_EQ(value("SELECT v FROM _streamonce_ledger"),
            "2026-11-22T08:00:00.000/0000000000000000000000000000000000000001");
}

TEST_F(LedgerTest, WritesEverythingThatAMarkHas) {
  Ledger ledger = *Ledger::open(*database_);
  Batch batch;
  batch.put("a", {.version = 1, .ttl = 2'000'000'000});
  ASSERT_TRUE(ledger.mark(batch.commits()[0]));
  const char* row =
      "SELECT concat FROM (SELECT id || ' ' || op || ' ' || at || ' ' ||"
      " coalesce(ttl, 'for ever') AS concat FROM _streamonce_ledger)";
  EXPECT_EQ(value(row), "p|a put 1795221862 2000000000");
  Batch later;
  later.remove("a", 2);
  ASSERT_TRUE(ledger.mark(later.commits()[0]));
  EXPECT_EQ(value(row), "p|a remove 1795221862 for ever");
}

TEST_F(LedgerTest, TellsIdsApartThatDifferInCaseOrBehindAZeroByte) {
  Ledger ledger = *Ledger::open(*database_);
  Batch batch;
  for (const std::string& id : {std::string("a"), std::string("A"), std::string("a\0x", 3),
                                std::string("a\0y", 3), std::string("a ")})
    batch.put(id, 1);
  for (const Commit& commit : batch.commits())
    EXPECT_EQ(ledger.mark(commit)->result, CommitResult::kApplied);
  for (const Commit& commit : batch.commits())
    EXPECT_EQ(ledger.mark(commit)->result, CommitResult::kAlreadyApplied);
}

TEST_F(LedgerTest, PurgesOldMarksUpToABoundAndKeepsTheOthers) {
  Ledger ledger = *Ledger::open(*database_);
  const WallTime now{seconds(1'000'000)};
  Batch batch;
  const std::int64_t hour = 3600;
  for (const std::int64_t ttl : {1'000'000 - 3 * hour, 1'000'000 - 2 * hour, 1'000'000 - hour - 1,
                                 1'000'000 - hour, std::int64_t{1'000'000}})
    batch.put(std::to_string(ttl), {.version = 1, .ttl = ttl});
  batch.put("for ever", 1);
  for (const Commit& commit : batch.commits()) ASSERT_TRUE(ledger.mark(commit));

  EXPECT_EQ(*ledger.purge(now, 2), 2);
  EXPECT_EQ(*ledger.purge(now, 100), 1);
  EXPECT_EQ(*ledger.purge(now, 100), 0);
  EXPECT_EQ(value("SELECT group_concat(coalesce(ttl, 'none')) FROM"
                  " (SELECT ttl FROM _streamonce_ledger ORDER BY ttl)"),
            "none,996400,1000000");
}

/// A commit of the entry `p|a` that holds `content`.
struct WholeCommit {
  WholeCommit(std::uint64_t version, std::string_view content, std::optional<Seen> seen,
              std::optional<std::int64_t> ttl = {}) {
    batch.put("a", {.version = version, .ttl = ttl});
    commit = batch.commits()[0];
    commit.content = content;
    commit.seen = seen;
  }
  Batch batch;
  Commit commit;
};

TEST_F(LedgerTest, GetsColumnsForContentOnlyWhenTheyAreNeeded) {
  Ledger ledger = *Ledger::open(*database_);
  Batch plain;
  plain.put("plain", {.version = 1, .ttl = 7});
  ASSERT_TRUE(ledger.make_room(plain.commits()[0]));
  ASSERT_TRUE(ledger.mark(plain.commits()[0]));
  const std::string before = *describe_columns(*database_, kLedgerTable);
  EXPECT_EQ(before.find("\"w\""), std::string::npos);

  const WholeCommit whole(5, "what", Seen{}, 2'000'000'000);
  ASSERT_TRUE(ledger.make_room(whole.commit));
  ASSERT_EQ(ledger.mark(whole.commit)->result, CommitResult::kApplied);
  EXPECT_EQ(*describe_columns(*database_, kLedgerTable), before + R"(, "r" TEXT, "w" TEXT)");
  EXPECT_EQ(value("SELECT v || ' ' || coalesce(ttl, 'for ever') || ' ' || w FROM"
                  " _streamonce_ledger WHERE id = 'p|a'"),
            "~2026-11-21T00:44:22.580/0000000000000000000000000000000000000005 for ever what");
  EXPECT_EQ(value("SELECT ttl FROM _streamonce_ledger WHERE id = 'p|plain'"), "7");
  Ledger again = *Ledger::open(*database_);
  EXPECT_EQ(again.marks().find("p|a", Reading::kWhole).value()->content, "what");
  EXPECT_EQ(again.marks().find("p|plain", Reading::kWhole).value()->content, "");
  EXPECT_TRUE(*has_ledger(*database_));
}

TEST_F(LedgerTest, LosesNoContentToACommitByVersionAlone) {
  Ledger ledger = *Ledger::open(*database_);
  const WholeCommit whole(5, "what", Seen{});
  ASSERT_TRUE(ledger.make_room(whole.commit));
  ASSERT_TRUE(ledger.mark(whole.commit));
  Batch plain;
  plain.put("a", 6);
  const Outcome outcome = *ledger.mark(plain.commits()[0]);
  EXPECT_EQ(outcome.result, CommitResult::kChanged);
  EXPECT_EQ(outcome.found->content, "what");
  EXPECT_NE(outcome.reason, "");
  EXPECT_EQ(mark(ledger, 5), CommitResult::kAlreadyApplied);
  EXPECT_EQ(mark(ledger, 4), CommitResult::kStale);
  // The statement of an earlier version of this program, which knows no content.
  ASSERT_TRUE(database_->execute(
      "INSERT INTO _streamonce_ledger(id, v, op, at, ttl) VALUES('p|a',"
      " '2026-11-29T00:44:22.580/0000000000000000000000000000000000000009', 'put', 1, NULL)"
      " ON CONFLICT(id) DO UPDATE SET v = excluded.v, op = excluded.op, at = excluded.at,"
      " ttl = excluded.ttl WHERE v < excluded.v"));
  EXPECT_EQ(value("SELECT w || substr(v, 1, 1) FROM _streamonce_ledger"), "what~");
}

TEST_F(LedgerTest, AddsItsColumnsAgainAfterATransactionThatWasLost) {
  Ledger ledger = *Ledger::open(*database_);
  const WholeCommit whole(5, "what", Seen{});
  ASSERT_TRUE(database_->execute("BEGIN"));
  ASSERT_TRUE(ledger.make_room(whole.commit));
  ASSERT_TRUE(ledger.mark(whole.commit));
  ASSERT_TRUE(database_->execute("ROLLBACK"));
  ledger.forget();
  EXPECT_EQ(ledger.marks().find("p|a", Reading::kWhole).value(), std::nullopt);
  ASSERT_TRUE(ledger.make_room(whole.commit));
  EXPECT_EQ(ledger.mark(whole.commit)->result, CommitResult::kApplied);
}

TEST_F(LedgerTest, SeesTheColumnsThatAnotherConnectionAdds) {
  Ledger ledger = *Ledger::open(*database_);
  ASSERT_EQ(mark(ledger, 1), CommitResult::kApplied);
  ASSERT_TRUE(ledger.marks().find("p|a", Reading::kWhole));
  const auto other = *Database::open(dir_.file("t.db"), clock_, clock_.steady_now() + seconds(1));
  Ledger others = *Ledger::open(*other);
  const Mark seen = **others.marks().find("p|a", Reading::kWhole);
  const WholeCommit whole(5, "what", Seen{&seen});
  ASSERT_TRUE(others.make_room(whole.commit));
  ASSERT_EQ(others.mark(whole.commit)->result, CommitResult::kApplied);
  EXPECT_EQ(ledger.marks().find("p|a", Reading::kWhole).value()->content, "what");
  EXPECT_EQ(mark(ledger, 6), CommitResult::kChanged);
}

TEST_F(LedgerTest, LetsGeneratedColumnsBe) {
  Ledger ledger = *Ledger::open(*database_);
  ASSERT_TRUE(database_->execute(
      "ALTER TABLE _streamonce_ledger ADD COLUMN day TEXT AS (substr(v, 1, 10));"
      "ALTER TABLE _streamonce_ledger ADD COLUMN month TEXT AS (substr(v, 1, 7))"));
  EXPECT_EQ(mark(ledger, 9), CommitResult::kApplied);
  EXPECT_EQ(mark(ledger, 9), CommitResult::kAlreadyApplied);

  Batch batch;
  batch.put("b", {.version = 1});
  Commit commit = batch.commits()[0];
  commit.content = "rows";
  commit.seen = Seen{};
  ASSERT_TRUE(ledger.make_room(commit));
  ASSERT_EQ(ledger.mark(commit)->result, CommitResult::kApplied);
  const MarkResult found = ledger.marks().find(commit.ledger_id, Reading::kWhole);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found.value()->content, "rows");
  EXPECT_EQ(found.value()->nonce, "");
}

TEST_F(LedgerTest, FindsOldMarksThroughAnIndex) {
  ASSERT_TRUE(Ledger::open(*database_));
  Statement plan = *database_->prepare(
      "EXPLAIN QUERY PLAN SELECT id FROM _streamonce_ledger WHERE ttl < ?1 LIMIT ?2");
  ASSERT_TRUE(*plan.step());
  EXPECT_NE(plan.text(3).find("_streamonce_ledger_ttl"), std::string::npos) << plan.text(3);
}

TEST_F(LedgerTest, TakesNoOtherTextForAVersion) {
  Ledger ledger = *Ledger::open(*database_);
  ASSERT_EQ(mark(ledger, 5), CommitResult::kApplied);
  ASSERT_TRUE(database_->execute("UPDATE _streamonce_ledger SET v = 'zzz'"));
  Batch batch;
  batch.put("a", 5);
  const auto marked = ledger.mark(batch.commits()[0]);
  ASSERT_FALSE(marked);
  EXPECT_NE(marked.error().message.find("no version"), std::string::npos);
}

}  // namespace
}  // namespace streamonce::handler::sqlite
