// Additions to rows, as handler/targets/target.h has them, on SQLite.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "handler/targets/sqlite/sqlite_target.h"
#include "tests/handler/targets/sqlite/sqlite_testing.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SqliteAdditionsTest : public ::testing::Test {
 protected:
  std::vector<Outcome> run(const Batch& batch) {
    return commit(*target(), batch, clock_.steady_now() + seconds(10));
  }
  std::string letters(const Batch& batch) { return letters_of(run(batch)); }
  /// Adds to one amount of one group, as a new version of the item `id`.
  std::vector<Outcome> add(const Batch::Amount& amount, const std::string& id = "a") {
    Batch batch;
    batch.add_amounts(id, ++version_, {amount});
    return run(batch);
  }
  Target* target() {
    if (!target_) target_ = *SqliteTarget::create({.path = path_}, clock_, logger_);
    return target_.get();
  }
  std::string totals() {
    return query(path_, "SELECT \"group\", item FROM totals ORDER BY \"group\"", 2);
  }
  std::string marks() {
    return query(path_, "SELECT id, substr(v, -40) + 0 FROM _streamonce_ledger ORDER BY id", 2);
  }

  testing::TempDir dir_;
  const std::string path_ = dir_.file("target.db");
  testing::FakeClock clock_;
  std::vector<std::string> lines_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .sink = [this](std::string_view line) { lines_.emplace_back(line); }},
                 clock_};
  std::unique_ptr<Target> target_;
  std::uint64_t version_ = 0;
};

TEST_F(SqliteAdditionsTest, ARowComesToBeWithItsKeyAndIsAddedToOnce) {
  Batch batch;
  batch.add_amounts("a", 1, {{"x", "orders", "1"}, {"y", "orders", "1"}});
  batch.add_amounts("b", 1, {{"x", "orders", "1"}});
  EXPECT_EQ(letters(batch), "AA");
  const std::string wanted = R"(x|{"group":{"S":"x"},"orders":{"N":"2"}})"
                             "\n"
                             R"(y|{"group":{"S":"y"},"orders":{"N":"1"}})";
  EXPECT_EQ(totals(), wanted);
  EXPECT_EQ(letters(batch), "DD");
  EXPECT_EQ(totals(), wanted);
  EXPECT_EQ(query(path_, "SELECT key FROM _streamonce_tables WHERE name = 'totals'"), "group (S)");
  EXPECT_EQ(
      query(path_, "SELECT sql FROM sqlite_schema WHERE name = 'totals'"),
      R"(CREATE TABLE "totals"("group" TEXT NOT NULL, "item" TEXT NOT NULL, PRIMARY KEY("group")))");
}

TEST_F(SqliteAdditionsTest, ASumThatComesToNothingStays) {
  for (const char* number : {"0.1", "0.2", "-0.3"})
    EXPECT_EQ(letters_of(add({"x", "spent", number})), "A");
  EXPECT_EQ(totals(), R"(x|{"group":{"S":"x"},"spent":{"N":"0"}})");
}

TEST_F(SqliteAdditionsTest, SumsAreExactWhereSqlitesOwnAreNot) {
  for (const char* number : {"90071992547409930000000000000000000001", "1", "0.5", "-0.5", "1"})
    add({"x", "spent", number});
  EXPECT_EQ(query(path_, "SELECT item ->> '$.spent.N' FROM totals"),
            "90071992547409930000000000000000000003")
      << "the half has one digit too many, so that it was refused, and what takes it back is too";
}

TEST_F(SqliteAdditionsTest, WritesAndAdditionsAreOneCommitOrNone) {
  Batch setup;
  setup.add_amounts("a", 1, {{"x", "orders", "1"}, {"y", "orders", "1"}});
  ASSERT_EQ(letters(setup), "A");
  ASSERT_EQ(
      execute(path_,
              "UPDATE totals SET item = '{\"orders\":{\"S\":\"secret\"}}' WHERE \"group\" = 'y'"),
      "");
  Batch batch;
  const Write row{
      .table = "rows", .key = batch.key_of({string_key("r")}), .image_json = R"({"n":{"N":"1"}})"};
  batch.add_amounts("a", 2, {{"x", "orders", "1"}, {"y", "orders", "1"}}, {row});
  batch.add_amounts("b", 2, {{"x", "orders", "5"}}, {row});
  const auto outcomes = run(batch);
  EXPECT_EQ(letters_of(outcomes), "FA");
  EXPECT_EQ(outcomes[0].reason,
            "a row of table totals: attribute \"orders\" has the type S: expected N, a number to "
            "add to");
  EXPECT_EQ(outcomes[0].refused_addition, 1U);
  EXPECT_TRUE(outcomes[0].refused_writes.empty());
  EXPECT_EQ(query(path_, "SELECT item ->> '$.orders.N' FROM totals WHERE \"group\" = 'x'"), "6");
  EXPECT_EQ(marks(), "p|a|1\np|b|2");
  EXPECT_EQ(query(path_, "SELECT count(*) FROM rows"), "1");
  // A write that is refused takes the additions with it, which were not begun.
  Batch refused;
  refused.add_amounts(
      "a", 2, {{"x", "orders", "1"}},
      {{.table = "sqlite_no", .key = refused.key_of({string_key("r")}), .image_json = "{}"}});
  const auto writes = run(refused);
  EXPECT_EQ(writes[0].refused_writes, std::vector<std::size_t>{0});
  EXPECT_EQ(writes[0].refused_addition, std::nullopt);
  EXPECT_EQ(query(path_, "SELECT item ->> '$.orders.N' FROM totals WHERE \"group\" = 'x'"), "6");
}

TEST_F(SqliteAdditionsTest, ADamagedRowFailsAndStaysAsItIs) {
  add({"x", "orders", "1"});
  for (const char* text :
       {"by hand", "{\"orders\":{\"N\":\"sec", "{\"orders\":{\"N\":\"9E+999\"}}", ""}) {
    ASSERT_EQ(execute(path_, "UPDATE totals SET item = '" + std::string(text) + "'"), "");
    const auto outcomes = add({"x", "orders", "1"});
    EXPECT_EQ(letters_of(outcomes), "F") << text;
    EXPECT_EQ(outcomes[0].refused_addition, 0U);
    EXPECT_TRUE(
        outcomes[0].reason.starts_with("a row of table totals: its item is no DynamoDB JSON"))
        << outcomes[0].reason;
    EXPECT_EQ(query(path_, "SELECT item FROM totals"), text);
    EXPECT_EQ(marks(), "p|a|1");
  }
  ASSERT_EQ(execute(path_, "DELETE FROM totals"), "");
  EXPECT_EQ(letters_of(add({"x", "orders", "-1"})), "A") << "and a row that is gone comes again";
  EXPECT_EQ(totals(), R"(x|{"group":{"S":"x"},"orders":{"N":"-1"}})");
}

TEST_F(SqliteAdditionsTest, ATableOfAnotherKeyIsRefusedAndANewOneHasTheUsualKey) {
  Batch batch;
  batch.add_amounts("a", 1, {{"7", "orders", "1", "totals", events::KeyType::kNumber}});
  batch.add_amounts("b", 1, {{"7", "orders", "1"}});
  batch.add_amounts("c", 1, {{"8", "orders", "1"}});
  const auto outcomes = run(batch);
  EXPECT_EQ(letters_of(outcomes), "FAA") << "most have it";
  EXPECT_NE(outcomes[0].reason.find("group (N)"), std::string::npos) << outcomes[0].reason;
  EXPECT_EQ(outcomes[0].refused_addition, 0U);
  EXPECT_EQ(letters_of(add({"9", "orders", "1", "totals", events::KeyType::kNumber}, "d")), "F")
      << "a table that has rows has the last word";
  EXPECT_EQ(letters_of(add({"9", "orders", "1", "_streamonce_x"}, "d")), "F");
  EXPECT_EQ(letters_of(add({"9", "orders", "1"}, "d")), "A");
  EXPECT_EQ(query(path_, "SELECT group_concat(\"group\") FROM totals"), "7,8,9");
}

TEST_F(SqliteAdditionsTest, NumbersOfAKeyAreOneRowHoweverTheyAreWritten) {
  add({"7", "orders", "1", "totals", events::KeyType::kNumber});
  add({"7.0", "orders", "1", "totals", events::KeyType::kNumber});
  EXPECT_EQ(totals(), R"(7|{"group":{"N":"7"},"orders":{"N":"2"}})") << "the key as it was";
}

TEST_F(SqliteAdditionsTest, WorksOnInAFileOfAnEarlierVersion) {
  ASSERT_EQ(execute(path_,
                    "CREATE TABLE _streamonce_ledger(id TEXT PRIMARY KEY, v TEXT NOT NULL, op TEXT "
                    "NOT NULL, at INTEGER, ttl INTEGER) WITHOUT ROWID;"
                    "CREATE TABLE totals(\"group\" TEXT NOT NULL, \"item\" TEXT NOT NULL, PRIMARY "
                    "KEY(\"group\"));"
                    "INSERT INTO totals VALUES('x', '{\"group\":{\"S\":\"x\"}}')"),
            "");
  Batch batch;
  batch.add_amounts("a", 1, {{"x", "orders", "1"}});
  batch.last().seen = Seen{};
  batch.last().content = "what the item has";
  EXPECT_EQ(letters(batch), "A");
  EXPECT_EQ(totals(), R"(x|{"group":{"S":"x"},"orders":{"N":"1"}})");
  EXPECT_EQ(query(path_, "SELECT w FROM _streamonce_ledger"), "what the item has");
}

TEST_F(SqliteAdditionsTest, WhatIsNotBegunByTheDeadlineIsNotAdded) {
  Batch batch;
  for (int i = 0; i < 100; ++i)
    batch.add_amounts("i" + std::to_string(i), 1, {{"x", "orders", "1"}});
  Target* const target = this->target();
  clock_.tick = milliseconds(20);
  const std::string first = letters_of(commit(*target, batch, clock_.steady_now() + seconds(1)));
  clock_.tick = milliseconds(0);
  const std::size_t done = first.find('F');
  ASSERT_GT(done, 20U);
  ASSERT_LT(done, 60U);
  EXPECT_EQ(query(path_, "SELECT item ->> '$.orders.N' FROM totals"), std::to_string(done));
  EXPECT_EQ(letters(batch), std::string(done, 'D') + std::string(100 - done, 'A'));
  EXPECT_EQ(query(path_, "SELECT item ->> '$.orders.N' FROM totals"), "100");
}

TEST_F(SqliteAdditionsTest, ATriggerThatHasTheRowIgnoredFailsTheCommit) {
  add({"x", "orders", "1"});
  ASSERT_EQ(
      execute(path_, "CREATE TRIGGER no BEFORE UPDATE ON totals BEGIN SELECT RAISE(IGNORE); END"),
      "");
  const auto outcomes = add({"x", "orders", "1"});
  EXPECT_EQ(letters_of(outcomes), "F");
  EXPECT_NE(outcomes[0].reason.find("trigger"), std::string::npos);
  EXPECT_EQ(marks(), "p|a|1");
}

}  // namespace
}  // namespace streamonce::handler::sqlite
