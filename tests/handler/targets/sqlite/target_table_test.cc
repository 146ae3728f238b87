#include "handler/targets/sqlite/target_table.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "handler/targets/sqlite/schema.h"
#include "tests/handler/targets/sqlite/sqlite_testing.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using events::ItemKey;
using events::KeyAttribute;
using events::KeyType;

const std::string kPerhaps =
    ", perhaps of a table that was deleted and made again: for such items name another file, or "
    "rename the table in the file";

class TargetTableTest : public ::testing::Test {
 protected:
  TargetTableTest()
      : database_(*Database::open(dir_.file("t.db"), clock_,
                                  clock_.steady_now() + std::chrono::seconds(1))) {}

  static ItemKey key(const std::vector<KeyAttribute>& attributes) {
    ItemKey key;
    for (const KeyAttribute& attribute : attributes) EXPECT_TRUE(key.add(attribute));
    return key;
  }
  Result<TargetTable> open(std::string_view table, const ItemKey& shape, bool& created) {
    TypesByTable told_by_table;
    return TargetTable::open(*database_, table, shape, told_by_table, created);
  }
  std::string error_of(std::string_view table, const ItemKey& shape) {
    bool created = false;
    const auto opened = open(table, shape, created);
    return opened ? "opened" : opened.error().message;
  }
  std::string value(std::string_view sql) {
    Statement statement = *database_->prepare(sql);
    return *statement.step() ? std::string(statement.text(0)) : "no row";
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  std::unique_ptr<Database> database_;
};

TEST_F(TargetTableTest, CreatesAnOrdinaryTableWithTheKeyAndTheItem) {
  const ItemKey composite = key({
      {.name = "sk", .type = KeyType::kNumber, .value = "7"},
      {.name = "pk", .type = KeyType::kString, .value = "a"},
  });
  bool created = false;
  ASSERT_TRUE(open("orders", composite, created));
  EXPECT_TRUE(created);
  EXPECT_EQ(value("SELECT sql FROM sqlite_schema WHERE name = 'orders'"),
            R"(CREATE TABLE "orders"("pk" TEXT NOT NULL, "sk" TEXT NOT NULL, )"
            R"("item" TEXT NOT NULL, PRIMARY KEY("pk", "sk")))");
  created = false;
  ASSERT_TRUE(open("orders", composite, created));
  EXPECT_FALSE(created);
}

TEST_F(TargetTableTest, KeepsEachKeyTypeInItsOwnForm) {
  const ItemKey numbered = key({{.name = "id", .type = KeyType::kNumber, .value = "-1.50e1"},
                                {.name = "raw", .type = KeyType::kBinary, .value = "AAH/"}});
  bool created = false;
  TargetTable table = *open("t", numbered, created);
  ASSERT_TRUE(table.put(numbered, "{}"));
  EXPECT_EQ(value(R"(SELECT typeof(id) || id || typeof(raw) || hex(raw) FROM t)"),
            "text-15blob0001FF");
  // A number that is written in another way is the same row.
  const ItemKey again = key({{.name = "id", .type = KeyType::kNumber, .value = "-15.0"},
                             {.name = "raw", .type = KeyType::kBinary, .value = "AAH/"}});
  ASSERT_TRUE(table.put(again, R"({"a":{"S":"b"}})"));
  EXPECT_EQ(value("SELECT count(*) || min(item) FROM t"), R"(1{"a":{"S":"b"}})");
  ASSERT_TRUE(table.remove(again));
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  EXPECT_TRUE(table.remove(again)) << "an absent item may be removed";
}

TEST_F(TargetTableTest, DecodesBinaryKeysOfEveryPadding) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"AA==", "00"}, {"AAE=", "0001"}, {"AAEC", "000102"}, {"AAECAw==", "00010203"}};
  for (const auto& [base64, hex] : cases) {
    const ItemKey raw = key({{.name = "raw", .type = KeyType::kBinary, .value = base64}});
    bool created = false;
    TargetTable table = *open("t", raw, created);
    ASSERT_TRUE(table.put(raw, "{}"));
    EXPECT_EQ(value("SELECT hex(raw) FROM t"), hex);
    ASSERT_TRUE(table.remove(raw));
    EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  }
}

TEST_F(TargetTableTest, TakesAnyNameForAColumn) {
  for (const std::string& name :
       {std::string("two words"), std::string("a\"b\"\"c"), std::string("semi;colon--'"),
        std::string("caf\xC3\xA9 \xF0\x9F\x98\x80"), std::string("tab\tnew\nline\x01\x7F"),
        std::string("select"), std::string("[id]"), std::string("`id`"), std::string("rowid"),
        std::string("_rowid_"), std::string("?1"), std::string(":id"), std::string("excluded"),
        std::string("zero\0byte", 9), std::string(255, 'n'), std::string("#date"),
        std::string("1st"), std::string("*"), std::string("\"")}) {
    const ItemKey odd = key({{.name = name, .type = KeyType::kString, .value = "x"}});
    const std::string table_name = "t" + std::to_string(std::hash<std::string>()(name));
    bool created = false;
    auto table = open(table_name, odd, created);
    ASSERT_TRUE(table) << name << ": " << table.error().message;
    ASSERT_TRUE(table->put(odd, "{}"));
    ASSERT_TRUE(table->put(odd, R"({"a":{"S":"b"}})"));
    EXPECT_EQ(value("SELECT count(*) || min(item) FROM " + table_name), R"(1{"a":{"S":"b"}})");
    EXPECT_EQ(value("SELECT name FROM pragma_table_info('" + table_name + "')"), identifier(name));
    ASSERT_TRUE(table->remove(odd));
    EXPECT_EQ(value("SELECT count(*) FROM " + table_name), "0");
    EXPECT_TRUE(open(table_name, odd, created)) << "opens again";
  }
}

TEST_F(TargetTableTest, PutsUnderscoresBehindNamesThatClash) {
  const auto columns = [](std::string_view a, std::string_view b) {
    return key_columns(key({string_key("x", a), string_key("y", b)}));
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(columns("id", "line"), (Names{"id", "line"}));
  EXPECT_EQ(columns("item", "line"), (Names{"item_", "line"}));
  EXPECT_EQ(columns("ITEM", "line"), (Names{"ITEM_", "line"}));
  EXPECT_EQ(columns("ID", "id"), (Names{"ID", "id_"}));
  EXPECT_EQ(columns("item", "item_"), (Names{"item_", "item__"}));
  EXPECT_EQ(columns("Item", "item"), (Names{"Item_", "item__"}));
  EXPECT_EQ(columns("\xC3\x84", "\xC3\xA4"), (Names{"\xC3\x84", "\xC3\xA4"}))
      << "SQLite tells other letters apart";
  EXPECT_EQ(columns(std::string_view("a\0", 2), "a\xE2\x90\x80"),
            (Names{"a\xE2\x90\x80", "a\xE2\x90\x80_"}));

  const ItemKey clash = key({string_key("x", "Item"), string_key("y", "item")});
  bool created = false;
  TargetTable table = *open("t", clash, created);
  ASSERT_TRUE(table.put(clash, "{}"));
  EXPECT_EQ(value("SELECT Item_ || item__ || item FROM t"), "xy{}");
}

TEST_F(TargetTableTest, RefusesReservedTableNames) {
  const ItemKey id = key({string_key("x")});
  EXPECT_EQ(error_of("sqlite_orders", id),
            "table \"sqlite_orders\" cannot be kept: names that begin with sqlite_ are "
            "reserved in the file");
  EXPECT_NE(error_of("SQLite_x", id).find("are reserved"), std::string::npos);
  EXPECT_NE(error_of("_streamonce_ledger", id).find("are reserved"), std::string::npos);
  EXPECT_NE(error_of("_Streamonce_Ledger", id).find("are reserved"), std::string::npos);
  EXPECT_NE(error_of("_streamonce_tables", id).find("are reserved"), std::string::npos);
  EXPECT_EQ(error_of("sqlite", id), "opened");
  EXPECT_EQ(error_of("a.b-c_d", id), "opened");
}

TEST_F(TargetTableTest, RefusesATableWithOtherColumnsAndNamesBoth) {
  ASSERT_TRUE(database_->execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, name TEXT)"));
  EXPECT_EQ(error_of("orders", key({string_key("x")})),
            R"(target table "orders" has the columns ("id" INTEGER key 1, "name" TEXT) where )"
            R"(("id" TEXT key 1, "item" TEXT) are expected: )"
            "name another file, or rename the table");
}

TEST_F(TargetTableTest, RefusesATableWhoseKeyIgnoresCase) {
  ASSERT_TRUE(
      database_->execute("CREATE TABLE orders(id TEXT COLLATE NOCASE PRIMARY KEY, item TEXT)"));
  EXPECT_EQ(
      error_of("orders", key({string_key("x")})),
      R"(target table "orders" has the columns ("id" TEXT key 1 COLLATE NOCASE, "item" TEXT) where )"
      R"(("id" TEXT key 1, "item" TEXT) are expected: )"
      "name another file, or rename the table");
}

TEST_F(TargetTableTest, RefusesATableForAnotherKey) {
  const ItemKey id = key({string_key("x")});
  ASSERT_EQ(error_of("orders", id), "opened");
  EXPECT_NE(
      error_of("orders", key({string_key("x"), string_key("y", "line")})).find("are expected"),
      std::string::npos);
  EXPECT_NE(error_of("orders", key({{.name = "id", .type = KeyType::kBinary, .value = "AA=="}}))
                .find("are expected"),
            std::string::npos);
}

TEST_F(TargetTableTest, RefusesAKeyOfAnotherTypeThatWouldBeTheSameRow) {
  const ItemKey number = key({{.name = "id", .type = KeyType::kNumber, .value = "7"}});
  ASSERT_EQ(error_of("numbers", number), "opened");
  ASSERT_TRUE(database_->execute("INSERT INTO numbers VALUES('7', '{}')"));
  EXPECT_EQ(
      error_of("numbers", key({string_key("7")})),
      R"(target table "numbers" is of items with the key id (N): this one has the key id (S))" +
          kPerhaps);
  EXPECT_EQ(error_of("numbers", number), "opened");
  ASSERT_EQ(error_of("strings", key({string_key("7")})), "opened");
  ASSERT_TRUE(database_->execute("INSERT INTO strings VALUES('7', '{}')"));
  EXPECT_EQ(
      error_of("strings", number),
      R"(target table "strings" is of items with the key id (S): this one has the key id (N))" +
          kPerhaps);

  ASSERT_TRUE(database_->execute("DROP TABLE numbers"));
  EXPECT_EQ(error_of("numbers", key({string_key("7")})), "opened") << "a new table may differ";
}

TEST_F(TargetTableTest, KnowsTheTypesOfATableThatIsNotNotedByItsItems) {
  const ItemKey number = key({{.name = "n", .type = KeyType::kNumber, .value = "7"},
                              {.name = "s", .type = KeyType::kString, .value = "7"}});
  const ItemKey strings = key({string_key("7", "n"), string_key("7", "s")});
  const std::string create =
      "CREATE TABLE orders(n TEXT NOT NULL, s TEXT NOT NULL, item TEXT NOT NULL,"
      " PRIMARY KEY(n, s));";
  ASSERT_TRUE(database_->execute(
      create + R"(INSERT INTO orders VALUES('7', '7', '{"s":{"S":"7"},"n":{"N":"7"}}'))"));
  EXPECT_EQ(
      error_of("orders", strings),
      R"(target table "orders" is of items with the key n (N), s (S): this one has the key n (S), )"
      "s (S)" +
          kPerhaps);
  EXPECT_EQ(error_of("orders", number), "opened");
  ASSERT_TRUE(database_->execute("UPDATE orders SET item = '{}'"));
  EXPECT_NE(error_of("orders", strings), "opened") << "it is noted now";

  ASSERT_TRUE(
      database_->execute("DELETE FROM _streamonce_tables;"
                         "UPDATE orders SET item = '[1'"));
  EXPECT_EQ(error_of("orders", strings), "opened") << "what is no JSON says nothing";
}

TEST_F(TargetTableTest, AsksAllItemsOfATableThatIsNotNoted) {
  const ItemKey number = key({{.name = "id", .type = KeyType::kNumber, .value = "7"}});
  const ItemKey string = key({string_key("7")});
  const std::string both =
      R"(target table "orders" holds items with id (N) as well as items with id (S), whose rows )"
      "cannot be told apart: remove those of one type, or name another file";
  ASSERT_TRUE(database_->execute(
      "CREATE TABLE orders(id TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY(id));"
      "INSERT INTO orders VALUES('0', '[1'), ('1', '{\"x\":{\"S\":\"\"}}'),"
      R"(('a', '{"id":{"S":"a"}}'), ('7', '{"id":{"N":"7"}}'))"));
  EXPECT_EQ(error_of("orders", string), both);
  EXPECT_EQ(error_of("orders", number), both);
  ASSERT_TRUE(database_->execute("DELETE FROM orders WHERE id = 'a'"));
  EXPECT_NE(error_of("orders", string).find("is of items with the key id (N)"), std::string::npos)
      << "rows that tell nothing do not decide";
  EXPECT_EQ(error_of("orders", number), "opened");
}

TEST_F(TargetTableTest, AnEmptyTableTakesAKeyOfAnyType) {
  const ItemKey number = key({{.name = "id", .type = KeyType::kNumber, .value = "7"}});
  const ItemKey string = key({string_key("7")});
  for (const std::string_view change :
       {"DELETE FROM orders",
        "DROP TABLE orders;"
        "CREATE TABLE orders(id TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY(id))"}) {
    ASSERT_EQ(error_of("orders", number), "opened");
    ASSERT_TRUE(database_->execute("INSERT INTO orders VALUES('7', '{}')"));
    ASSERT_NE(error_of("orders", string), "opened");
    ASSERT_TRUE(database_->execute(std::string(change)));
    EXPECT_EQ(error_of("orders", string), "opened");
  }
}

TEST_F(TargetTableTest, RefusesNamesThatSqliteTakesForTheSame) {
  const ItemKey id = key({string_key("x")});
  ASSERT_EQ(error_of("Orders", id), "opened");
  EXPECT_EQ(error_of("orders", id),
            R"(the file has a table "Orders", whose name SQLite takes for the same as "orders")");
  ASSERT_TRUE(database_->execute("CREATE VIEW seen AS SELECT 1 AS id"));
  EXPECT_EQ(error_of("seen", id), R"("seen" is a view, not a table)");
}

TEST_F(TargetTableTest, LetsGeneratedColumnsAndIndexesBe) {
  const ItemKey id = key({string_key("x")});
  ASSERT_EQ(error_of("orders", id), "opened");
  ASSERT_TRUE(database_->execute(
      "ALTER TABLE orders ADD COLUMN total GENERATED ALWAYS AS (item ->> '$.total.N');"
      "CREATE INDEX by_total ON orders(total)"));
  bool created = false;
  auto table = open("orders", id, created);
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_TRUE(table->put(id, R"({"total":{"N":"12.50"}})"));
  EXPECT_EQ(value("SELECT total FROM orders"), "12.50");
}

TEST_F(TargetTableTest, FitsOnlyTheKeyItWasOpenedFor) {
  const ItemKey id = key({string_key("x")});
  bool created = false;
  const TargetTable table = *open("orders", id, created);
  EXPECT_TRUE(table.fits(key({string_key("another value")})));
  EXPECT_FALSE(table.fits(key({string_key("x", "Id")})));
  EXPECT_FALSE(table.fits(key({{.name = "id", .type = KeyType::kNumber, .value = "1"}})));
  EXPECT_FALSE(table.fits(key({string_key("x"), string_key("y", "line")})));
  EXPECT_FALSE(table.fits(ItemKey()));
}

}  // namespace
}  // namespace streamonce::handler::sqlite
