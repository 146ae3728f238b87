#include "handler/targets/sqlite/sqlite_target.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/handler/targets/sqlite/sqlite_testing.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SqliteTargetTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Target>> create() {
    return SqliteTarget::create({.path = path_}, clock_, logger_);
  }
  SteadyTime deadline() const { return clock_.steady_now() + seconds(10); }

  std::string letters(Target& target, const Batch& batch) {
    return letters_of(commit(target, batch, deadline()));
  }
  /// `id|version` of each item of `orders`.
  std::string items() {
    return query(path_, "SELECT id, item ->> '$.n.N' FROM orders ORDER BY id", 2);
  }
  std::string marks() {
    return query(path_, "SELECT id, op, substr(v, -40) + 0 FROM _streamonce_ledger ORDER BY id", 3);
  }

  testing::TempDir dir_;
  const std::string path_ = dir_.file("target.db");
  testing::FakeClock clock_;
  std::vector<std::string> lines_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kText,
                  .sink = [this](std::string_view line) { lines_.emplace_back(line); }},
                 clock_};
};

TEST_F(SqliteTargetTest, AppliesACommitOnceAndKnowsItAgain) {
  const auto target = *create();
  Batch batch;
  batch.put("a", 1);
  batch.put("b", 2);
  EXPECT_EQ(letters(*target, batch), "AA");
  EXPECT_EQ(items(), "a|1\nb|2");
  EXPECT_EQ(marks(), "p|a|put|1\np|b|put|2");
  EXPECT_EQ(letters(*target, batch), "DD");
  EXPECT_EQ(items(), "a|1\nb|2");
}

/// At each bound of SQLite's memory, up to one that is enough.
TEST_F(SqliteTargetTest, EndsWithAnErrorWhereverMemoryRunsOut) {
  Batch batch;
  batch.put("a", 1);
  batch.put("b", 2);
  batch.add_amounts("c", 3, {{"x", "orders", "1"}});
  batch.add_amounts("d", 4, {{"x", "orders", "1"}});
  constexpr sqlite3_int64 kStep = 3'000;
  int refused = 0;
  int failed = 0;
  for (sqlite3_int64 bytes = kStep; refused + failed < 1'000; bytes += kStep) {
    sqlite3_hard_heap_limit64(sqlite3_memory_used() + bytes);
    std::string letters_found;
    if (const auto target = create()) letters_found = letters(**target, batch);
    sqlite3_hard_heap_limit64(0);
    if (letters_found.empty())
      ++refused;
    else if (letters_found.find('F') != std::string::npos)
      ++failed;
    else
      break;
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(failed, 0);
  EXPECT_LT(refused + failed, 1'000);
  EXPECT_EQ(letters(**create(), batch), "DDDD");
  EXPECT_EQ(query(path_, "SELECT item ->> '$.orders.N' FROM totals"), "2") << "each once";
}

TEST_F(SqliteTargetTest, KnowsACommitAgainAfterARestart) {
  Batch batch;
  batch.put("a", 1);
  EXPECT_EQ(letters(**create(), batch), "A");
  EXPECT_EQ(letters(**create(), batch), "D");
}

TEST_F(SqliteTargetTest, RefusesWhatIsOlderThanTheMark) {
  const auto target = *create();
  Batch newer;
  newer.put("a", 10);
  ASSERT_EQ(letters(*target, newer), "A");
  Batch older;
  older.put("a", 9);
  EXPECT_EQ(letters(*target, older), "S");
  Batch removal;
  removal.remove("a", 9);
  EXPECT_EQ(letters(*target, removal), "S");
  EXPECT_EQ(items(), "a|10");
}

TEST_F(SqliteTargetTest, LeavesAMarkOfADeleteSoThatNothingBringsTheItemBack) {
  const auto target = *create();
  Batch put;
  put.put("a", 1);
  Batch removal;
  removal.remove("a", 2);
  ASSERT_EQ(letters(*target, put), "A");
  ASSERT_EQ(letters(*target, removal), "A");
  EXPECT_EQ(items(), "");
  EXPECT_EQ(marks(), "p|a|remove|2");
  EXPECT_EQ(letters(*target, put), "S");
  EXPECT_EQ(letters(*target, removal), "D");
  EXPECT_EQ(letters(**create(), put), "S") << "after a restart too";
  EXPECT_EQ(items(), "");
  Batch anew;
  anew.put("a", 3);
  EXPECT_EQ(letters(*target, anew), "A") << "the source itself may create it anew";
  EXPECT_EQ(items(), "a|3");
}

TEST_F(SqliteTargetTest, RemovesAnItemThatItHasNeverSeen) {
  Batch batch;
  batch.remove("a", 1);
  EXPECT_EQ(letters(**create(), batch), "A");
  EXPECT_EQ(marks(), "p|a|remove|1");
}

constexpr events::KeyAttribute kSeven = {
    .name = "id", .type = events::KeyType::kNumber, .value = "7"};

TEST_F(SqliteTargetTest, ANumberAndAStringOfOneTextAreNeverOneRow) {
  Batch number;
  number.add_put("n7", {kSeven}, {.version = 1});
  Batch string;
  string.put("7", 2);
  Batch removal;
  removal.add_remove("n7", {kSeven}, {.version = 3});
  // Whether one process sees all of it or each sees a part.
  for (const bool one_process : {true, false}) {
    ASSERT_EQ(
        execute(path_, "DROP TABLE IF EXISTS orders; DROP TABLE IF EXISTS _streamonce_ledger"), "");
    auto target = *create();
    const auto next = [&](const Batch& batch) {
      if (!one_process) target = *create();
      return commit(*target, batch, deadline());
    };
    EXPECT_EQ(letters_of(next(number)), "A");
    const std::vector<Outcome> refused = next(string);
    EXPECT_EQ(letters_of(refused), "F");
    EXPECT_NE(refused[0].reason.find("the key id (N): this one has the key id (S)"),
              std::string::npos);
    EXPECT_EQ(items(), "7|1");
    EXPECT_EQ(letters_of(next(removal)), "A");
    EXPECT_EQ(items(), "");
    EXPECT_EQ(letters_of(next(string)), "A") << "a table without items takes any key";
    EXPECT_EQ(items(), "7|2");
    Batch again;
    again.add_put("n7", {kSeven}, {.version = 4});
    EXPECT_EQ(letters_of(next(again)), "F");
    EXPECT_EQ(items(), "7|2");
  }
}

TEST_F(SqliteTargetTest, NoticesThatAnotherProcessHasGivenAnEmptyTableAnotherKey) {
  const auto one = *create();
  Batch number;
  number.add_put("n7", {kSeven}, {.version = 1});
  Batch removal;
  removal.add_remove("n7", {kSeven}, {.version = 2});
  Batch string;
  string.put("7", 3);
  Batch again;
  again.add_put("n7", {kSeven}, {.version = 4});
  ASSERT_EQ(letters(*one, number), "A");
  ASSERT_EQ(letters(*one, removal), "A");
  ASSERT_EQ(letters(**create(), string), "A");
  EXPECT_EQ(letters(*one, again), "F");
  EXPECT_EQ(items(), "7|3");
}

TEST_F(SqliteTargetTest, ARemovalDecidesNothingAboutATableWithoutItems) {
  const auto target = *create();
  Batch removals;
  for (const char* id : {"n1", "n2", "n3"}) removals.add_remove(id, {kSeven}, {.version = 1});
  ASSERT_EQ(letters(*target, removals), "AAA");
  EXPECT_EQ(query(path_, "SELECT name FROM sqlite_schema WHERE name = 'orders'"), "");
  Batch mixed;
  for (const char* id : {"n1", "n2", "n3"}) mixed.add_remove(id, {kSeven}, {.version = 2});
  mixed.put("7", 1);
  EXPECT_EQ(letters(*target, mixed), "AAAA");
  EXPECT_EQ(items(), "7|1");
  Batch late;
  late.add_remove("n1", {kSeven}, {.version = 3});
  EXPECT_EQ(letters(*target, late), "F");
  EXPECT_EQ(items(), "7|1");
}

TEST_F(SqliteTargetTest, AFileThatHoldsItemsOfTwoKeyTypesIsRefused) {
  const auto target = *create();
  ASSERT_EQ(execute(path_,
                    "CREATE TABLE orders(id TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY(id));"
                    R"(INSERT INTO orders VALUES('a', '{"id":{"S":"a"},"n":{"N":"1"}}'),)"
                    R"( ('7', '{"id":{"N":"7"},"n":{"N":"2"}}'))"),
            "");
  Batch batch;
  batch.put("7", 3);
  batch.add_put("n7", {kSeven}, {.version = 3});
  batch.add_remove("n7b", {kSeven}, {.version = 3});
  const std::vector<Outcome> refused = commit(*target, batch, deadline());
  EXPECT_EQ(letters_of(refused), "FFF");
  for (const Outcome& each : refused)
    EXPECT_NE(each.reason.find("id (N) as well as items with id (S)"), std::string::npos)
        << each.reason;
  EXPECT_EQ(items(), "7|2\na|1");
}

TEST_F(SqliteTargetTest, ANewTableHasTheKeyOfMostChangesWhereverTheyStand) {
  for (std::size_t place = 0; place < 4; ++place) {
    SCOPED_TRACE(place);
    ASSERT_EQ(
        execute(path_, "DROP TABLE IF EXISTS orders; DROP TABLE IF EXISTS _streamonce_ledger"), "");
    Batch batch;
    std::string expected = "AAAA";
    expected[place] = 'F';
    for (std::size_t i = 0; i < 4; ++i) {
      if (i == place)
        batch.add_put("n7", {kSeven}, {.version = 9});
      else
        batch.put("s" + std::to_string(i), 1);
    }
    batch.put("elsewhere", {.table = "others"});
    EXPECT_EQ(letters(**create(), batch), expected + "A");
  }
}

TEST_F(SqliteTargetTest, OfTwoKeysThatAreEquallyFrequentANewTableHasTheNewestChanges) {
  for (const bool number_first : {true, false}) {
    ASSERT_EQ(
        execute(path_, "DROP TABLE IF EXISTS orders; DROP TABLE IF EXISTS _streamonce_ledger"), "");
    Batch batch;
    if (number_first) batch.add_put("n7", {kSeven}, {.version = 9});
    batch.put("a", {.version = 1, .label = kLaterLabel});
    if (!number_first) batch.add_put("n7", {kSeven}, {.version = 9});
    EXPECT_EQ(letters(**create(), batch), number_first ? "FA" : "AF");
  }
}

TEST_F(SqliteTargetTest, ATableThatIsThereHasTheLastWordOnItsKey) {
  Batch first;
  first.add_put("n7", {kSeven}, {.version = 1});
  ASSERT_EQ(letters(**create(), first), "A");
  Batch batch;
  batch.put("a", 2);
  batch.put("b", 2);
  batch.add_put("n7", {kSeven}, {.version = 2});
  EXPECT_EQ(letters(**create(), batch), "FFA");
}

TEST_F(SqliteTargetTest, WorksOnWithATableOfAnEarlierVersion) {
  const auto target = *create();
  Batch first;
  first.add_put("n7", {kSeven}, {.version = 1, .image = R"({"id":{"N":"7"},"n":{"N":"1"}})"});
  ASSERT_EQ(letters(*target, first), "A");
  ASSERT_EQ(execute(path_, "DROP TABLE _streamonce_tables"), "");
  Batch string;
  string.put("7", 2);
  EXPECT_EQ(letters(*target, string), "F");
  Batch second;
  second.add_put("n7", {kSeven}, {.version = 3});
  EXPECT_EQ(letters(*target, second), "A");
  EXPECT_EQ(items(), "7|3");
}

TEST_F(SqliteTargetTest, StoresTheImageByteForByte) {
  const std::string image = "{ \"a\" : {\"S\":\"\\u00e9 \\\"x\\\" \xF0\x9F\x98\x80\"} }";
  Batch batch;
  batch.put("a", {.image = image});
  ASSERT_EQ(letters(**create(), batch), "A");
  EXPECT_EQ(query(path_, "SELECT item FROM orders"), image);
}

TEST_F(SqliteTargetTest, AppliesTheOthersWhenSomeFail) {
  const auto target = *create();
  Batch setup;
  setup.put("setup", 1);
  ASSERT_EQ(letters(*target, setup), "A");
  ASSERT_EQ(execute(path_,
                    "CREATE TRIGGER picky BEFORE INSERT ON orders WHEN new.id LIKE 'bad%'"
                    " BEGIN SELECT raise(ABORT, 'no bad orders'); END"),
            "");
  Batch batch;
  for (const char* id : {"a", "bad1", "b", "c", "bad2", "d"}) batch.put(id, 5);
  batch.put("setup", 1);
  const std::vector<Outcome> outcomes = commit(*target, batch, deadline());
  EXPECT_EQ(letters_of(outcomes), "AFAAFAD");
  EXPECT_EQ(outcomes[1].reason, "no bad orders (SQLite error 1811)");
  EXPECT_EQ(items(), "a|5\nb|5\nc|5\nd|5\nsetup|1");
  EXPECT_EQ(marks(), "p|a|put|5\np|b|put|5\np|c|put|5\np|d|put|5\np|setup|put|1")
      << "a failed commit leaves no mark";
  ASSERT_EQ(execute(path_, "DROP TRIGGER picky"), "");
  EXPECT_EQ(letters(*target, batch), "DADDADD") << "and can be applied later";
}

TEST_F(SqliteTargetTest, FailsEverythingWhenTheTransactionIsLost) {
  const auto target = *create();
  Batch setup;
  setup.put("setup", 1);
  ASSERT_EQ(letters(*target, setup), "A");
  ASSERT_EQ(execute(path_,
                    "CREATE TRIGGER rude BEFORE INSERT ON orders WHEN new.id = 'bad'"
                    " BEGIN SELECT raise(ROLLBACK, 'all is lost'); END"),
            "");
  Batch batch;
  batch.put("setup", 1);
  for (const char* id : {"a", "bad", "b"}) batch.put(id, 2);
  const std::vector<Outcome> outcomes = commit(*target, batch, deadline());
  EXPECT_EQ(letters_of(outcomes), "DFFF") << "what had nothing to do is done all the same";
  const std::string lost = "the transaction of the whole batch was lost: ";
  EXPECT_EQ(outcomes[1].reason, lost + "all is lost (SQLite error 1811)");
  EXPECT_EQ(outcomes[2].reason, "all is lost (SQLite error 1811)");
  EXPECT_EQ(outcomes[3].reason, outcomes[1].reason);
  EXPECT_EQ(items(), "setup|1");
  EXPECT_EQ(marks(), "p|setup|put|1");
  ASSERT_EQ(execute(path_, "DROP TRIGGER rude"), "");
  EXPECT_EQ(letters(*target, batch), "DAAA");
}

TEST_F(SqliteTargetTest, WritesAllItemsOfACommitOrNone) {
  const auto target = *create();
  Batch batch;
  const auto write = [&](std::string_view table, std::string_view id) {
    return Write{
        .table = table, .key = batch.key_of({string_key(id)}), .image_json = R"({"n":{"N":"1"}})"};
  };
  batch.add("good", {}, {write("first", "a"), write("second", "a"), write("second", "b")});
  batch.add("bad", {}, {write("third", "a"), write("sqlite_reserved", "a")});
  batch.add("next", {}, {write("third", "a")});
  EXPECT_EQ(letters(*target, batch), "AFA")
      << "a table that a failed commit had created is created again";
  EXPECT_EQ(query(path_,
                  "SELECT (SELECT count(*) FROM first), (SELECT count(*) FROM second),"
                  " (SELECT count(*) FROM third)",
                  3),
            "1|2|1");
  EXPECT_EQ(query(path_, "SELECT id FROM _streamonce_ledger ORDER BY id"), "p|good\np|next");
}

TEST_F(SqliteTargetTest, WritesOneItemInTheOrderOfItsCommits) {
  const auto target = *create();
  const std::vector<CommitPlace> first = {0};
  const auto commit_both = [&](const std::string& first_image, std::uint64_t version) {
    Batch batch;
    batch.add_put("one", {string_key("x")}, {.version = version, .image = first_image});
    batch.add_put("two", {string_key("x")}, {.version = version + 1});
    std::vector<Commit> commits(batch.commits().begin(), batch.commits().end());
    commits[1].after = first;
    std::vector<Outcome> outcomes(2);
    target->commit(commits, outcomes, deadline());
    return letters_of(outcomes);
  };
  EXPECT_EQ(commit_both("", 1), "AA");
  EXPECT_EQ(items(), "x|2");
  ASSERT_EQ(execute(path_,
                    "CREATE TRIGGER picky BEFORE INSERT ON orders WHEN new.item = 'bad' BEGIN"
                    " SELECT raise(ABORT, 'bad'); END"),
            "");
  EXPECT_EQ(commit_both("bad", 5), "FA") << "the failure of the first does not stop the second";
  EXPECT_EQ(items(), "x|6");
}

TEST_F(SqliteTargetTest, KeepsEachSourceTableApart) {
  const auto target = *create();
  Batch batch;
  batch.add_put("orders/1", {string_key("1")}, {.version = 1, .table = "orders"});
  batch.add_put("users/1", {{.name = "uid", .type = events::KeyType::kNumber, .value = "1"}},
                {.version = 2, .table = "users"});
  batch.add_put("lines/1", {string_key("o", "pk"), string_key("l", "sk")},
                {.version = 3, .table = "lines"});
  EXPECT_EQ(letters(*target, batch), "AAA");
  EXPECT_EQ(query(path_, "SELECT uid, item ->> '$.n.N' FROM users", 2), "1|2");
  EXPECT_EQ(query(path_, "SELECT pk, sk, item ->> '$.n.N' FROM lines", 3), "o|l|3");
}

TEST_F(SqliteTargetTest, FailsOnlyTheTableThatCannotBeMirrored) {
  const auto target = *create();
  ASSERT_EQ(execute(path_, "CREATE TABLE taken(id INTEGER PRIMARY KEY)"), "");
  Batch batch;
  batch.add_put("1", {string_key("1")}, {.table = "taken"});
  batch.add_put("2", {string_key("2")}, {.table = "orders"});
  batch.add_put("3", {string_key("3")}, {.table = "sqlite_x"});
  const std::vector<Outcome> outcomes = commit(*target, batch, deadline());
  EXPECT_EQ(letters_of(outcomes), "FAF");
  EXPECT_EQ(outcomes[0].reason,
            R"(target table "taken" has the columns ("id" INTEGER key 1) where )"
            R"(("id" TEXT key 1, "item" TEXT) are expected: )"
            "name another file, or rename the table");
}

TEST_F(SqliteTargetTest, NoticesThatAnotherConnectionHasChangedATable) {
  const auto target = *create();
  std::uint64_t version = 0;
  const auto next = [&] {
    Batch batch;
    batch.put("a", ++version);
    return letters(*target, batch);
  };
  ASSERT_EQ(next(), "A");
  ASSERT_EQ(execute(path_, "DROP TABLE orders"), "");
  EXPECT_EQ(next(), "A") << "created again";
  ASSERT_EQ(execute(path_, "ALTER TABLE orders ADD COLUMN note TEXT"), "");
  EXPECT_EQ(next(), "F") << "other columns";
  ASSERT_EQ(execute(path_, "ALTER TABLE orders DROP COLUMN note"), "");
  EXPECT_EQ(next(), "A");
  ASSERT_EQ(execute(path_, "DROP TABLE _streamonce_ledger"), "");
  EXPECT_EQ(next(), "F") << "never without a mark";
  EXPECT_EQ(items(), "a|4");
}

TEST_F(SqliteTargetTest, StopsBeforeTheDeadlineAndKeepsWhatWasDone) {
  const auto target = *create();
  Batch batch;
  for (int i = 0; i < 100; ++i) batch.put("i" + std::to_string(i), 1);
  clock_.tick = milliseconds(20);
  const SteadyTime deadline = clock_.steady_now() + seconds(1);
  const std::vector<Outcome> outcomes = commit(*target, batch, deadline);
  EXPECT_LT(clock_.steady_now(), deadline);
  clock_.tick = milliseconds(0);
  const std::string letters = letters_of(outcomes);
  const std::size_t done = letters.find('F');
  ASSERT_GT(done, 20U);
  ASSERT_LT(done, 60U);
  EXPECT_EQ(letters, std::string(done, 'A') + std::string(100 - done, 'F'));
  EXPECT_EQ(outcomes[done].reason, "the deadline was near: not begun");
  EXPECT_EQ(query(path_, "SELECT count(*) FROM orders"), std::to_string(done));
  EXPECT_EQ(query(path_, "SELECT count(*) FROM _streamonce_ledger"), std::to_string(done));
}

TEST_F(SqliteTargetTest, DoesNothingWhenTheDeadlineHasPassed) {
  const auto target = *create();
  Batch batch;
  batch.put("a", 1);
  const std::vector<Outcome> outcomes =
      commit(*target, batch, clock_.steady_now() - milliseconds(1));
  EXPECT_EQ(letters_of(outcomes), "F");
  EXPECT_EQ(outcomes[0].reason, "the deadline was near: not begun");
  EXPECT_EQ(marks(), "");
}

TEST_F(SqliteTargetTest, UsesMostOfAShortTime) {
  const auto target = *create();
  Batch batch;
  batch.put("a", 1);
  EXPECT_EQ(letters_of(commit(*target, batch, clock_.steady_now() + milliseconds(40))), "A");
}

TEST_F(SqliteTargetTest, FailsWhenAnotherConnectionHoldsTheFilePastTheDeadline) {
  const auto target = *create();
  const auto other = *Database::open(path_, clock_, deadline());
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  Batch batch;
  batch.put("a", 1);
  batch.put("b", 1);
  const SteadyTime until = clock_.steady_now() + seconds(1);
  const std::vector<Outcome> outcomes = commit(*target, batch, until);
  EXPECT_EQ(letters_of(outcomes), "FF");
  EXPECT_EQ(outcomes[0].reason,
            "waiting for another connection that writes to the file: "
            "database is locked (SQLite error 5)");
  EXPECT_LT(clock_.steady_now(), until);
  EXPECT_GT(clock_.steady_now(), until - milliseconds(300)) << "it did wait";
  ASSERT_TRUE(other->execute("ROLLBACK"));
  EXPECT_EQ(letters(*target, batch), "AA");
}

TEST_F(SqliteTargetTest, WaitsForAnotherConnectionThatIsDoneInTime) {
  const auto target = *create();
  const auto other = *Database::open(path_, clock_, deadline());
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  clock_.on_sleep = [&] {
    if (clock_.sleeps.size() == 5) ASSERT_TRUE(other->execute("COMMIT"));
  };
  Batch batch;
  batch.put("a", 1);
  EXPECT_EQ(letters(*target, batch), "A");
}

TEST_F(SqliteTargetTest, IsNotKeptUpByAReader) {
  const auto target = *create();
  Batch first;
  first.put("a", 1);
  ASSERT_EQ(letters(*target, first), "A");
  const auto reader = *Database::open(path_, clock_, deadline());
  ASSERT_TRUE(reader->execute("BEGIN; SELECT * FROM orders"));
  Batch second;
  second.put("a", 2);
  EXPECT_EQ(letters(*target, second), "A");
  EXPECT_TRUE(clock_.sleeps.empty());
}

TEST_F(SqliteTargetTest, PurgesMarksOnlyWhereRetentionIsInUse) {
  const auto target = *create();
  const std::int64_t now = std::chrono::floor<seconds>(clock_.now()).time_since_epoch().count();
  Batch old;
  for (int i = 0; i < 5; ++i) old.put("old" + std::to_string(i), {.version = 1, .ttl = now - 7200});
  old.put("recent", {.version = 1, .ttl = now - 60});
  ASSERT_EQ(letters(*target, old), "AAAAAA");
  ASSERT_EQ(query(path_, "SELECT count(*) FROM _streamonce_ledger"), "1") << "purged at once";
  ASSERT_EQ(execute(path_, "UPDATE _streamonce_ledger SET ttl = 1"), "");
  Batch eternal;
  eternal.put("eternal", 1);
  ASSERT_EQ(letters(*target, eternal), "A");
  EXPECT_EQ(query(path_, "SELECT count(*) FROM _streamonce_ledger"), "2")
      << "no mark goes where marks are kept for ever";
  Batch retained;
  retained.put("retained", {.version = 1, .ttl = now + 7200});
  ASSERT_EQ(letters(*target, retained), "A");
  EXPECT_EQ(query(path_, "SELECT id FROM _streamonce_ledger ORDER BY id"), "p|eternal\np|retained");
}

TEST_F(SqliteTargetTest, TellsWhyItCannotBeCreated) {
  const auto refused = SqliteTarget::create({.path = dir_.file("absent/x.db")}, clock_, logger_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "sqlite target " + dir_.file("absent/x.db") +
                ": unable to open database file (SQLite error 14, No such file or directory)");
  ASSERT_TRUE(create());
  ASSERT_EQ(execute(path_,
                    "DROP TABLE _streamonce_ledger;"
                    "CREATE TABLE _streamonce_ledger(id TEXT)"),
            "");
  const auto other_ledger = create();
  ASSERT_FALSE(other_ledger);
  EXPECT_NE(other_ledger.error().message.find("are expected"), std::string::npos);
}

TEST_F(SqliteTargetTest, GivesUpCreatingWhileAnotherConnectionHoldsTheFile) {
  const auto other = *Database::open(path_, clock_, deadline());
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  const auto target = create();
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code, ErrorCode::kTimeout);
}

TEST_F(SqliteTargetTest, SurvivesACorruptFile) {
  {
    const auto target = *create();
    Batch batch;
    for (int i = 0; i < 1000; ++i) batch.put("i" + std::to_string(i), 1);
    ASSERT_EQ(letters(*target, batch), std::string(1000, 'A'));
  }
  const auto size = std::filesystem::file_size(path_);
  ASSERT_GT(size, 100'000U);
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8192);
    file << std::string(size - 8192, '\xA5');
  }
  const auto target = create();
  if (!target) return;  // seen at once
  Batch batch;
  for (int i = 0; i < 20; ++i) batch.put("i" + std::to_string(i), 2);
  const std::vector<Outcome> outcomes = commit(**target, batch, deadline());
  EXPECT_EQ(letters_of(outcomes), std::string(20, 'F'));
  EXPECT_NE(outcomes[0].reason.find("malformed"), std::string::npos) << outcomes[0].reason;
}

TEST_F(SqliteTargetTest, WritesNoValueToTheLog) {
  const auto target = *create();
  ASSERT_EQ(execute(path_, "CREATE TABLE taken(id INTEGER PRIMARY KEY)"), "");
  Batch batch;
  batch.put("secret-key", {.version = 1, .image = R"({"a":{"S":"secret-value"}})"});
  batch.add_put("secret-other", {string_key("secret-key")}, {.table = "taken"});
  const std::vector<Outcome> outcomes = commit(*target, batch, deadline());
  ASSERT_EQ(letters_of(outcomes), "AF");
  EXPECT_EQ(outcomes[1].reason.find("secret"), std::string::npos);
  for (const std::string& line : lines_) EXPECT_EQ(line.find("secret"), std::string::npos) << line;
}

/// The values are made of words that SQLite uses, and of marks that it quotes with.
TEST_F(SqliteTargetTest, TellsTheSameWhateverATriggerQuotes) {
  const auto target = *create();
  Batch setup;
  setup.put("setup", 1);
  ASSERT_EQ(letters(*target, setup), "A");
  ASSERT_EQ(execute(path_,
                    "CREATE TRIGGER quoting BEFORE INSERT ON orders"
                    " BEGIN SELECT json_extract('{}', NEW.id); END"),
            "");
  Batch batch;
  for (const char* id : {"Kq7zXw9Qj", "the key is not null", "key' is a set", "a: the value", "("})
    batch.put(id, 5);
  for (const Outcome& outcome : commit(*target, batch, deadline()))
    EXPECT_EQ(outcome.reason, "JSON path error near *** (SQLite error 1)");
}

TEST_F(SqliteTargetTest, TellsWhichConstraintOrNameOfTheSchemaIsInTheWay) {
  ASSERT_EQ(
      execute(path_,
              "CREATE TABLE orders(\"id\" TEXT NOT NULL, \"item\" TEXT NOT NULL,"
              " total AS (item ->> '$.total.N') CONSTRAINT \"no total: none\" CHECK(total <> '8')"
              " UNIQUE, PRIMARY KEY(\"id\"))"),
      "");
  const auto target = *create();
  Batch batch;
  batch.put("a", {.image = R"({"total":{"N":"7"}})"});
  batch.put("b", {.image = R"({"total":{"N":"7"}})"});
  batch.put("c", {.image = R"({"total":{"N":"8"}})"});
  const std::vector<Outcome> outcomes = commit(*target, batch, deadline());
  ASSERT_EQ(letters_of(outcomes), "AFF");
  EXPECT_EQ(outcomes[1].reason, "UNIQUE constraint failed: orders.total (SQLite error 2067)");
  EXPECT_EQ(outcomes[2].reason, "CHECK constraint failed: no total: none (SQLite error 275)");

  ASSERT_EQ(execute(path_,
                    "CREATE TRIGGER t AFTER INSERT ON orders BEGIN"
                    " INSERT INTO audit VALUES(NEW.id); END"),
            "");
  Batch later;
  later.put("d", {.image = R"({"total":{"N":"9"}})"});
  EXPECT_EQ(commit(*target, later, deadline())[0].reason,
            "no such table: main.audit (SQLite error 1)");
}

TEST_F(SqliteTargetTest, ARowThatATriggerHasIgnoredIsNotDone) {
  const auto target = create().value();
  Batch first;
  first.put("a", 1);
  ASSERT_EQ(letters(*target, first), "A");
  ASSERT_EQ(execute(path_,
                    "CREATE TRIGGER i BEFORE INSERT ON orders WHEN NEW.id = 'b' BEGIN"
                    " SELECT RAISE(IGNORE); END;"
                    "CREATE TRIGGER d BEFORE DELETE ON orders BEGIN SELECT RAISE(IGNORE); END"),
            "");
  Batch batch;
  batch.put("b", 2);
  batch.remove("a", 3);
  batch.remove("never there", 4);
  batch.put("c", 5);
  const auto outcomes = commit(*target, batch, deadline());
  EXPECT_EQ(letters_of(outcomes), "FFAA");
  EXPECT_NE(outcomes[0].reason.find("trigger"), std::string::npos);
  EXPECT_EQ(query(path_, "SELECT id FROM _streamonce_ledger ORDER BY id"),
            "p|a\np|c\np|never there");
}

/// Writes of one item in the tables of two views.
std::vector<Write> two_rows(Batch& batch, const std::string& id, const std::string& region) {
  return {
      {.operation = Operation::kPut,
       .table = "by_region",
       .key = batch.key_of({string_key(batch.keep(region), "region"),
                            {.name = "at", .type = events::KeyType::kNumber, .value = "7.0"}}),
       .image_json = batch.keep(R"({"n":{"N":"1"},"id":{"S":")" + id + "\"}}")},
      {.operation = Operation::kPut,
       .table = "by_data",
       .key = batch.key_of({{.name = "data", .type = events::KeyType::kBinary, .value = "AQI="}}),
       .image_json = batch.keep(R"({"n":{"N":"2"},"id":{"S":")" + id + "\"}}")}};
}

TEST_F(SqliteTargetTest, WritesTheTablesOfTwoViewsInOneCommitOrNone) {
  const auto target = *create();
  Batch batch;
  batch.add("a", {.version = 1}, two_rows(batch, "a", "north"));
  EXPECT_EQ(letters(*target, batch), "A");
  EXPECT_EQ(query(path_, "SELECT at, region, item ->> '$.id.S' FROM by_region", 3), "7|north|a");
  EXPECT_EQ(query(path_, "SELECT hex(data), item ->> '$.n.N' FROM by_data", 2), "0102|2");
  EXPECT_EQ(execute(path_,
                    "CREATE TRIGGER no BEFORE UPDATE ON by_data"
                    " BEGIN SELECT RAISE(ABORT, 'not now'); END"),
            "");
  Batch again;
  again.add("a", {.version = 2}, two_rows(again, "a", "south"));
  const auto outcomes = commit(*target, again, deadline());
  EXPECT_EQ(letters_of(outcomes), "F");
  EXPECT_EQ(outcomes[0].refused_writes, std::vector<std::size_t>{1});
  EXPECT_FALSE(outcomes[0].collides);
  EXPECT_EQ(query(path_, "SELECT region FROM by_region"), "north") << "undone with the other table";
  EXPECT_EQ(marks(), "p|a|put|1");
}

TEST_F(SqliteTargetTest, LeavesARowOfAnotherOwnerInATableThatTheBatchHasMade) {
  const auto target = *create();
  Batch batch;
  const std::vector<events::RawAttribute> first = {{"id", R"({"S":"a"})"}};
  const std::vector<events::RawAttribute> second = {{"id", R"({"S":"b"})"}};
  for (const auto& [id, owner] : {std::pair("a", &first), std::pair("b", &second)}) {
    std::vector<Write> writes = two_rows(batch, id, id);
    for (Write& write : writes) write.owner = *owner;
    batch.add(id, {.version = 1}, writes);
  }
  const auto outcomes = commit(*target, batch, deadline());
  EXPECT_EQ(letters_of(outcomes), "AF");
  EXPECT_TRUE(outcomes[1].collides);
  EXPECT_EQ(outcomes[1].refused_writes, std::vector<std::size_t>{1});
  EXPECT_EQ(query(path_, "SELECT region FROM by_region"), "a");
  EXPECT_EQ(query(path_, "SELECT item ->> '$.id.S' FROM by_data"), "a");
  std::vector<Write> both = two_rows(batch, "b", "a");
  for (Write& write : both) write.owner = second;
  Batch again;
  again.add("b", {.version = 1}, both);
  EXPECT_EQ(commit(*target, again, deadline())[0].refused_writes, (std::vector<std::size_t>{0, 1}));
  // A row that somebody has written by hand is nobody's of ours.
  EXPECT_EQ(execute(path_, "UPDATE by_data SET item = 'by hand'"), "");
  EXPECT_EQ(letters(*target, batch), "DF");
}

}  // namespace
}  // namespace streamonce::handler::sqlite
