#include "handler/targets/sqlite/sqlite_items.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "handler/targets/sqlite/database.h"
#include "runtime/base/clock.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view kOrders =
    "CREATE TABLE orders(id TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY(id));";

class SqliteItemsTest : public ::testing::TestWithParam<Access> {
 protected:
  SteadyTime soon() { return clock_.steady_now() + std::chrono::seconds(20); }

  void execute(std::string_view sql) {
    auto database = Database::open(path_, clock_, soon());
    ASSERT_TRUE(database);
    const Status done = (*database)->execute(std::string(sql));
    ASSERT_TRUE(done) << done.error().message;
  }
  /// Adds orders 1 to `count`.
  void add_orders(int count) {
    execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
            std::to_string(count) + ") INSERT INTO orders SELECT i, order_item FROM (SELECT i, " +
            R"('{"id":{"S":"' || i || '"},"x":{"N":"' || i || '"}}')" + " AS order_item FROM n)");
  }
  static std::string order(int number) {
    const std::string text = std::to_string(number);
    return R"({"id":{"S":")" + text + R"("},"x":{"N":")" + text + "\"}}";
  }
  Texts next(ItemScan& scan) {
    std::vector<std::string_view> items;
    const auto more = scan.next(items, soon());
    if (!more) return {"error: " + more.error().message};
    if (!*more) return {"end"};
    return Texts(items.begin(), items.end());
  }
  std::unique_ptr<ItemScan> orders() { return reader_.scan("orders", {}, Consistency::kStrong); }
  events::ItemKey key(std::string value, events::KeyType type = events::KeyType::kString) {
    events::ItemKey key;
    EXPECT_TRUE(
        key.add({.name = "id", .type = type, .value = texts_.emplace_back(std::move(value))}));
    return key;
  }
  Texts read(const std::vector<events::ItemKey>& keys, std::string_view table = "orders") {
    Texts texts;
    for (const auto& found : reader_.read(table, keys, Consistency::kStrong, soon()))
      texts.push_back(found ? std::string(*found) : "error: " + found.error().message);
    return texts;
  }

  const testing::TempDir folder_;
  const std::string path_ = folder_.file("copy.db");
  SystemClock clock_;
  SqliteItemReader reader_{path_, GetParam(), clock_};
  std::deque<std::string> texts_;
};

INSTANTIATE_TEST_SUITE_P(Each, SqliteItemsTest,
                         ::testing::Values(Access::kReadWrite, Access::kReadOnly),
                         [](const auto& info) {
                           return info.param == Access::kReadOnly ? "ReadOnly" : "ReadWrite";
                         });

TEST_P(SqliteItemsTest, AreNoneWhereThereIsNothing) {
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(next(*orders()), Texts{"end"});
    EXPECT_EQ(read({key("1"), key("2")}), (Texts{"", ""}));
    EXPECT_EQ(read({}), Texts{});
    if (GetParam() == Access::kReadOnly && round == 0)
      EXPECT_TRUE(std::filesystem::is_empty(std::filesystem::path(path_).parent_path()));
    if (round == 0) execute("CREATE TABLE other(id TEXT);");
  }
  EXPECT_EQ(reader_.read_units(), 0);
  EXPECT_FALSE(reader_.has_segments());
}

TEST_P(SqliteItemsTest, ComeOncePageByPage) {
  execute(kOrders);
  add_orders(2'500);
  const auto scan = orders();
  Texts all;
  std::vector<std::size_t> pages;
  for (Texts page = next(*scan); page != Texts{"end"}; page = next(*scan)) {
    pages.push_back(page.size());
    all.insert(all.end(), page.begin(), page.end());
  }
  EXPECT_EQ(next(*scan), Texts{"end"});
  EXPECT_EQ(pages, (std::vector<std::size_t>{1'000, 1'000, 500}));
  for (int i = 0; i < 2'500; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], order(i + 1));
}

TEST_P(SqliteItemsTest, AreFewAPageWhereTheyAreLarge) {
  execute(kOrders);
  execute(R"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
      INSERT INTO orders SELECT i, '{"id":{"S":"' || i || '"},"x":{"S":"' ||
      replace(hex(zeroblob(500000)), '0', 'x') || '"}}' FROM n)");
  const auto scan = orders();
  EXPECT_EQ(next(*scan).size(), 5U);
  EXPECT_EQ(next(*scan).size(), 4U);
  EXPECT_EQ(next(*scan), Texts{"end"});
}

TEST_P(SqliteItemsTest, MayBeWrittenOnTheWay) {
  execute(kOrders);
  add_orders(2'500);
  const auto writer = Database::open(path_, clock_, soon());
  ASSERT_TRUE(writer);
  const auto scan = orders();
  EXPECT_EQ(next(*scan).size(), 1'000U);
  ASSERT_TRUE((*writer)->execute("BEGIN IMMEDIATE; DELETE FROM orders WHERE rowid <= 1500;"));
  EXPECT_EQ(next(*scan).front(), order(1'001)) << "before the COMMIT";
  ASSERT_TRUE((*writer)->execute("COMMIT; DELETE FROM orders WHERE rowid BETWEEN 2001 AND 2100"));
  const Texts last = next(*scan);
  EXPECT_EQ(last.front(), order(2'101));
  EXPECT_EQ(read({key("2100"), key("2101")}), (Texts{"", order(2'101)}));
  ASSERT_TRUE((*writer)->execute("DELETE FROM orders WHERE id = '2101'"));
  EXPECT_EQ(read({key("2100"), key("2101")}), (Texts{"", ""})) << "no snapshot is kept";
}

TEST_P(SqliteItemsTest, AreReadByTheirKeys) {
  execute(kOrders);
  add_orders(300);
  std::vector<events::ItemKey> keys;
  Texts expected;
  for (int i = 400; i > 0; --i) {
    keys.push_back(key(std::to_string(i)));
    expected.push_back(i > 300 ? "" : order(i));
  }
  EXPECT_EQ(read(keys), expected);
  EXPECT_EQ(read({key("7")}, "absent"), Texts{""});
  EXPECT_EQ(read({key("7")}), Texts{order(7)});
}

TEST_P(SqliteItemsTest, AreFoundByEachSpellingOfANumberAndByBytes) {
  execute(R"(CREATE TABLE n(id TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY(id));
      INSERT INTO n VALUES('100', '{"id":{"N":"1E2"}}');
      CREATE TABLE b(id BLOB NOT NULL, item TEXT NOT NULL, PRIMARY KEY(id));
      INSERT INTO b VALUES(x'0102', '{"\u0069d":{"B":"AQI="}}'))");
  EXPECT_EQ(
      read({key("+100.0", events::KeyType::kNumber), key("1", events::KeyType::kNumber)}, "n"),
      (Texts{R"({"id":{"N":"1E2"}})", ""}));
  EXPECT_EQ(read({key("100")}, "n"), Texts{""}) << "the string 100 is another key";
  EXPECT_EQ(read({key("AQI=", events::KeyType::kBinary)}, "b"),
            Texts{R"({"\u0069d":{"B":"AQI="}})"});
}

TEST_P(SqliteItemsTest, HaveKeysOfTwoAttributes) {
  execute(R"(CREATE TABLE orders("item_" TEXT, "Sk" TEXT, "item" TEXT, PRIMARY KEY("Sk", "item_"));
      INSERT INTO orders VALUES('a', '1', '{"item":{"S":"a"},"Sk":{"N":"1"}}'))");
  events::ItemKey both;
  ASSERT_TRUE(both.add({.name = "item", .type = events::KeyType::kString, .value = "a"}));
  ASSERT_TRUE(both.add({.name = "Sk", .type = events::KeyType::kNumber, .value = "1.0"}));
  EXPECT_EQ(read({both}), Texts{R"({"item":{"S":"a"},"Sk":{"N":"1"}})"});
  EXPECT_EQ(read({both, key("a")}).back().substr(0, 6), "error:");
}

TEST_P(SqliteItemsTest, ComeAsTheirKeysAloneWhereARowHoldsNone) {
  execute(kOrders);
  add_orders(4);
  execute(R"(UPDATE orders SET item = '{"secret' WHERE id = '2')");
  execute("UPDATE orders SET item = '' WHERE id = '4'");
  const auto scan = orders();
  EXPECT_EQ(next(*scan), (Texts{order(1), R"({"id":{"S":"2"}})", order(3), R"({"id":{"S":"4"}})"}));
  for (const std::size_t place : {0U, 1U, 2U, 3U})
    EXPECT_EQ(scan->is_damaged(place), place % 2 == 1);
  EXPECT_EQ(next(*scan), Texts{"end"});
  EXPECT_EQ(read({key("1"), key("2"), key("3"), key("4"), key("5")}),
            (Texts{order(1), R"({"secret)", order(3), " ", ""}));
}

TEST_P(SqliteItemsTest, HaveTheKeysThatTheFileHasNotedWhereARowHoldsNone) {
  execute(R"end(CREATE TABLE orders("a_" TEXT, "b, (x)" BLOB, "item" TEXT,
          PRIMARY KEY("a_", "b, (x)"));
  INSERT INTO orders VALUES('1.5', x'0102', 'no item');
  INSERT INTO orders VALUES('x', x'0102', 'no number');
  INSERT INTO orders VALUES('1.5', 'text', 'no bytes');
  CREATE TABLE _streamonce_tables(name TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;
  INSERT INTO _streamonce_tables VALUES('orders', 'A (N), b, (x) (B)');
  CREATE TABLE bytes(id BLOB PRIMARY KEY, item TEXT);
  INSERT INTO bytes VALUES(x'0102', NULL);)end");
  EXPECT_EQ(next(*orders()), (Texts{R"j({"A":{"N":"1.5"},"b, (x)":{"B":"AQI="}})j", "{}", "{}"}));
  EXPECT_EQ(next(*reader_.scan("bytes", {}, Consistency::kStrong)),
            Texts{R"({"id":{"B":"AQI="}})"});
}

TEST_P(SqliteItemsTest, AreRefusedWhereTheTableIsAnother) {
  execute("CREATE TABLE orders(name TEXT PRIMARY KEY); INSERT INTO orders VALUES('x');");
  EXPECT_TRUE(next(*orders()).front().starts_with("error: sqlite target " + path_));
  const Texts found = read({key("1"), key("2")});
  ASSERT_EQ(found.size(), 2U);
  for (const std::string& text : found)
    EXPECT_TRUE(text.starts_with("error: sqlite target " + path_)) << text;
}

TEST_P(SqliteItemsTest, ReadsEndWithTheirTime) {
  execute(kOrders);
  add_orders(1);
  const std::vector<events::ItemKey> keys = {key("1")};
  const auto found = reader_.read("orders", keys, Consistency::kStrong, clock_.steady_now());
  ASSERT_FALSE(found[0]);
  EXPECT_EQ(found[0].error().code, ErrorCode::kTimeout);
}

}  // namespace
}  // namespace streamonce::handler::sqlite
