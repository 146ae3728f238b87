#include "handler/targets/sqlite/sqlite_key_scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "handler/targets/sqlite/database.h"
#include "runtime/base/clock.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using Texts = std::vector<std::string>;

events::Version version(std::string_view label) {
  return {label, events::SequenceNumber::parse("7").value()};
}

class SqliteKeyScannerTest : public ::testing::Test {
 protected:
  void execute(const std::string& sql) {
    auto database = Database::open(path_, clock_, clock_.steady_now() + std::chrono::seconds(5));
    ASSERT_TRUE(database);
    const Status done = (*database)->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  /// All texts of a walk, or its error.
  Texts all(KeyScan& scan) {
    Texts texts;
    Texts page;
    while (true) {
      const auto more = scan.next(page, clock_.steady_now() + std::chrono::seconds(5));
      if (!more) return {more.error().message};
      if (!*more) return texts;
      ++pages_;
      texts.insert(texts.end(), page.begin(), page.end());
    }
  }
  Texts rows(Access access = Access::kReadWrite) {
    return all(*SqliteKeyScanner(path_, access, clock_).rows("orders", {"id"}));
  }
  Texts entries(std::string prefix, Access access = Access::kReadWrite) {
    return all(*SqliteKeyScanner(path_, access, clock_)
                    .entries(std::move(prefix), version("2026-01-01T00:00:00.000")));
  }
  void create_ledger() {
    execute(
        "CREATE TABLE _streamonce_ledger(id TEXT PRIMARY KEY, v TEXT NOT NULL, op TEXT NOT NULL,"
        " at INTEGER, ttl INTEGER) WITHOUT ROWID");
  }
  void add_entry(const std::string& id, const std::string& text, const std::string& op = "put") {
    execute("INSERT INTO _streamonce_ledger(id, v, op) VALUES('" + id + "', '" + text + "', '" +
            op + "')");
  }

  const testing::TempDir folder_;
  const std::string path_ = folder_.file("copy.db");
  SystemClock clock_;
  std::size_t pages_ = 0;
};

TEST_F(SqliteKeyScannerTest, FindsNothingWhereThereIsNothing) {
  EXPECT_EQ(rows(Access::kReadOnly), Texts{});
  EXPECT_EQ(entries("p|", Access::kReadOnly), Texts{});
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(rows(), Texts{});
  EXPECT_EQ(entries("p|"), Texts{});
}

TEST_F(SqliteKeyScannerTest, GoesThroughAllRowsPageByPage) {
  execute(
      "CREATE TABLE orders(id TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY(id));"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
      " INSERT INTO orders SELECT i, 'item ' || i FROM n");
  for (const Access access : {Access::kReadWrite, Access::kReadOnly}) {
    pages_ = 0;
    const Texts found = rows(access);
    EXPECT_EQ(found.size(), 2'500U);
    EXPECT_EQ(found.front(), "item 1");
    EXPECT_EQ(found.back(), "item 2500");
    EXPECT_EQ(pages_, 3U);
  }
}

TEST_F(SqliteKeyScannerTest, MayHaveItsRowsRemovedOnTheWay) {
  execute(
      "CREATE TABLE orders(id TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY(id));"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
      " INSERT INTO orders SELECT i, 'item ' || i FROM n");
  const auto scan = SqliteKeyScanner(path_, Access::kReadWrite, clock_).rows("orders", {"id"});
  std::size_t found = 0;
  Texts page;
  while (*scan->next(page, clock_.steady_now() + std::chrono::seconds(5))) {
    found += page.size();
    execute(
        "DELETE FROM orders WHERE rowid IN (SELECT rowid FROM orders ORDER BY rowid"
        " LIMIT 1000)");
  }
  EXPECT_EQ(found, 2'500U);
}

TEST_F(SqliteKeyScannerTest, GivesEntriesOfThePrefixThatAreOlderAndSayPut) {
  create_ledger();
  const std::string older(version("2025-12-31T23:59:59.999").text());
  const std::string same(version("2026-01-01T00:00:00.000").text());
  add_entry("o|x", older);
  add_entry("p|a", older);
  add_entry("p|b", same);
  add_entry("p|c", older, "remove");
  add_entry("p|d", "~" + older);
  add_entry("p|e", "~" + same);
  add_entry("q|x", older);
  EXPECT_EQ(entries("p|"), (Texts{"p|a", "p|d"}));
  EXPECT_EQ(entries("p|", Access::kReadOnly), (Texts{"p|a", "p|d"}));
  EXPECT_EQ(entries("p|a"), Texts{});
}

TEST_F(SqliteKeyScannerTest, GivesEntriesWithContentWhole) {
  const auto contents = [&](Access access = Access::kReadWrite) {
    const auto scan = SqliteKeyScanner(path_, access, clock_).contents("p|");
    std::vector<std::string> texts;
    std::vector<LedgerEntry> page;
    while (true) {
      const auto more = scan->next(page, clock_.steady_now() + std::chrono::seconds(5));
      if (!more) return std::vector<std::string>{more.error().message};
      if (!*more) return texts;
      for (const LedgerEntry& entry : page)
        texts.push_back(entry.id + " " + std::string(entry.mark.version.text().substr(0, 23)) +
                        " " + entry.mark.nonce + " " + entry.mark.content);
    }
  };
  EXPECT_EQ(contents(Access::kReadOnly), Texts{});
  create_ledger();
  EXPECT_EQ(contents(), Texts{});  // of a program that knew no content
  execute("ALTER TABLE _streamonce_ledger ADD COLUMN r TEXT");
  execute("ALTER TABLE _streamonce_ledger ADD COLUMN w TEXT");
  EXPECT_EQ(contents(), Texts{});
  const std::string text(version("2026-01-01T00:00:00.000").text());
  const auto add = [&](const std::string& id, const std::string& rest) {
    execute("INSERT INTO _streamonce_ledger(id, v, op, r, w) VALUES('" + id + "', " + rest + ")");
  };
  add("o|x", "'~" + text + "', 'put', NULL, 'of another one'");
  add("p|a", "'~" + text + "', 'put', 'n', 'one'");
  add("p|b", "'" + text + "', 'put', NULL, NULL");
  add("p|c", "'~" + text + "', 'remove', NULL, 'two'");
  add("q|y", "'~" + text + "', 'put', NULL, 'of another one'");
  EXPECT_EQ(contents(),
            (Texts{"p|a 2026-01-01T00:00:00.000 n one", "p|c 2026-01-01T00:00:00.000  two"}));
  // A version without the sign that there is a content is no entry that this program has written.
  add("p|d", "'" + text + "', 'put', NULL, 'three'");
  EXPECT_NE(contents().at(0).find("does not fit what the mark holds"), std::string::npos)
      << contents()[0];
}

TEST_F(SqliteKeyScannerTest, FindsAMarkOfEachPipelineOfASource) {
  const auto marks = [this] {
    return all(*SqliteKeyScanner(path_, Access::kReadOnly, clock_).marks_of("1/r/orders"));
  };
  EXPECT_EQ(marks(), Texts{});
  create_ledger();
  for (const char* id : {"a|1/r/orders|x", "a|1/r/orders|y", "a|1/r/other|x", "b|1/r/other|x",
                         "c|1/r/orders|z", "c|checkpoint|arn|s", "odd"})
    add_entry(id, "v");
  EXPECT_EQ(marks(), (Texts{"a|1/r/orders|x", "c|1/r/orders|z"}));
}

TEST_F(SqliteKeyScannerTest, GoesThroughALargeLedger) {
  create_ledger();
  const std::string older(version("2025-12-31T23:59:59.999").text());
  execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3500)"
      " INSERT INTO _streamonce_ledger(id, v, op) SELECT 'p|' || i, '" +
      older + "', 'put' FROM n");
  EXPECT_EQ(entries("p|").size(), 3'500U);
}

TEST_F(SqliteKeyScannerTest, TellsOfAFileThatIsNotAsItMustBe) {
  execute("CREATE TABLE _streamonce_ledger(other TEXT)");
  ASSERT_EQ(entries("p|").size(), 1U);
  EXPECT_NE(entries("p|")[0].find("sqlite target " + path_), std::string::npos);
}

}  // namespace
}  // namespace streamonce::handler::sqlite
