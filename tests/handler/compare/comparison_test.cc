#include "handler/compare/comparison.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "handler/targets/sqlite/database.h"
#include "handler/targets/sqlite/sqlite_items.h"
#include "handler/targets/sqlite/sqlite_target.h"
#include "runtime/base/log.h"
#include "tests/handler/compare/compared_world.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::compare {
namespace {

using std::chrono::seconds;
using Texts = std::vector<std::string>;

constexpr ComparisonOptions kSoon{.judge = {.settle = seconds(0)}};

/// A row of `by_customer`.
std::string customer_row(std::string_view customer, std::string_view id) {
  return R"({"customer":{"S":")" + std::string(customer) + R"("},"id":{"S":")" + std::string(id) +
         R"("}})";
}

constexpr const char* kByCustomer =
    "CREATE SOURCE orders KEY (id);"
    "CREATE VIEW by_customer KEY (customer, id) AS SELECT customer, id FROM orders;";

std::string of_customer(std::string_view customer) {
  return R"(,"customer":{"S":")" + std::string(customer) + "\"}";
}

std::vector<Part> segments_of(std::uint32_t count) {
  std::vector<Part> work;
  for (std::uint32_t i = 0; i < count; ++i)
    work.push_back({.kind = PartKind::kItems, .segment = {.number = i, .count = count}});
  return work;
}

TEST(Comparison, PairsSegmentsInWhateverOrderTheyAreWalked) {
  for (const bool backwards : {false, true}) {
    ComparedWorld world;
    world.rows.segments = true;
    world.rows.walks_backwards = backwards;
    world.rows.page_rows = 7;
    for (int i = 0; i < 100; ++i) world.put("k" + std::to_string(i));
    world.target.items.erase(world.key("k3"));
    world.drop("k4");
    world.write_row("orders", world.key("k5"), world.item("k5", R"(,"n":{"N":"1"})"));
    EXPECT_TRUE(world.compare(segments_of(4), kSoon)) << world.error;
    EXPECT_EQ(told(world.findings),
              (Texts{R"(different {"id":{"S":"k5"}})", R"(extra {"id":{"S":"k4"}})",
                     R"(missing {"id":{"S":"k3"}})"}));
    EXPECT_EQ(world.counts.equal, 97U);
    EXPECT_EQ(world.finished.size(), 4U);
    EXPECT_EQ(world.walked, 99U) << "items; their rows are walked beside them";
    EXPECT_LE(world.rows.most_keys, 3U) << "only what differs is read by its key";
  }
}

TEST(Comparison, ReadsRowsByTheirKeysWhereATableHasNoSegments) {
  ComparedWorld world;
  world.rows.walks_backwards = true;
  for (int i = 0; i < 50; ++i) world.put("k" + std::to_string(i));
  world.target.items.erase(world.key("k3"));
  world.drop("k4");
  EXPECT_TRUE(world.compare(kSoon)) << world.error;
  EXPECT_EQ(told(world.findings),
            (Texts{R"(extra {"id":{"S":"k4"}})", R"(missing {"id":{"S":"k3"}})"}));
  EXPECT_EQ(world.counts.equal, 48U);
}

TEST(Comparison, TakesEachSpellingOfAKeyForTheSame) {
  ComparedWorld world(nullptr, events::KeyType::kNumber);
  world.source.items[R"({"id":{"N":"100"}})"] = R"({"id":{"N":"100"}})";
  world.write_row("orders", R"({"id":{"N":"1E2"}})", R"({"id":{"N":"1E+2"}})");
  EXPECT_TRUE(world.compare(kSoon)) << world.error;
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 1}));
  world.forget();
  world.rows.segments = true;
  EXPECT_TRUE(world.compare(kSoon)) << world.error;
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 1}));
}

TEST(Comparison, TakesAKeyOfAnotherTypeForAForeignRow) {
  for (const bool segments : {false, true}) {
    ComparedWorld world;
    world.rows.segments = segments;
    world.put("a");
    world.write_row("orders", R"({"id":{"N":"7"}})", R"({"id":{"N":"7"}})");
    world.source.refused.insert("2:idN1:7");
    EXPECT_TRUE(world.compare(kSoon)) << world.error;
    ASSERT_EQ(world.findings.size(), 1U);
    EXPECT_EQ(world.counts, (FindingCounts{.equal = 1, .extra = 1}));
    EXPECT_EQ(world.findings[0].reason,
              "attribute id is of the type N, and the key of the source's table has S");
  }
}

TEST(Comparison, TellsOfAKeyThatTheSourceDoesNotTake) {
  ComparedWorld world;
  world.put("a");
  world.put("b");
  world.write_row("orders", world.key("long"), world.item("long"));
  world.source.refused.insert("2:idS4:long");
  EXPECT_TRUE(world.compare(kSoon)) << world.error;
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 2, .failed = 1}));
  EXPECT_EQ(world.findings[0].reason, "the source does not take its key: no such key can be");
}

TEST(Comparison, ComparesItemsWhoseKeysAreLong) {
  ComparedWorld world;
  const std::string id(1'500, 'x');
  world.put(id);
  world.put(id + "y");
  world.target.items.erase(world.key(id));
  EXPECT_TRUE(world.mend()) << world.error;
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 1, .missing = 1, .repaired = 1}));
}

TEST(Comparison, LooksAtTheRowsThatViewsMake) {
  ComparedWorld world(kByCustomer);
  for (const char* id : {"a", "b", "c", "d"}) world.put(id, of_customer("x"));
  world.put("none");  // has no customer, and so no row
  world.target.items.erase(customer_row("x", "a"));
  world.target.items[customer_row("x", "b")] =
      customer_row("x", "b").insert(1, R"("n":{"N":"1"},)");
  world.drop("c");
  world.write_row("by_customer", customer_row("y", "d"), customer_row("y", "d"));
  world.write_row("by_customer", customer_row("y", "zz"), customer_row("y", "zz"));
  EXPECT_TRUE(world.compare(kSoon)) << world.error;
  EXPECT_EQ(told(world.findings),
            (Texts{"different " + customer_row("x", "b"), "extra " + customer_row("x", "c"),
                   "extra " + customer_row("y", "d"), "extra " + customer_row("y", "zz"),
                   "missing " + customer_row("x", "a")}));
  EXPECT_EQ(world.counts.equal, 1U);
  world.forget();
  EXPECT_TRUE(world.mend()) << world.error;
  EXPECT_TRUE(world.counts.all_equal());
  EXPECT_EQ(world.counts.repaired, 5U);
  EXPECT_EQ(world.target.items.size(), 3U);
  world.forget();
  EXPECT_TRUE(world.compare(kSoon));
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 3}));
}

TEST(Comparison, CountsAllRowsOfAnItemThatWasMended) {
  ComparedWorld world(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW lines KEY (id, place) AS"
      " SELECT o.id, i AS place, l.sku FROM orders AS o, o.lines AS l AT i;");
  world.put("a", R"(,"lines":{"L":[{"M":{"sku":{"S":"x"}}},{"M":{"sku":{"S":"y"}}},)"
                 R"({"M":{"sku":{"S":"z"}}}]})");
  ASSERT_EQ(world.target.items.size(), 3U);
  world.target.items.erase(world.target.items.begin());
  EXPECT_TRUE(world.compare({{.kind = PartKind::kKeys, .keys = {world.key("a")}}},
                            {.judge = {.settle = seconds(1), .repairs = true}}));
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 2, .missing = 1, .repaired = 1}));
}

TEST(Comparison, FindsRowsThatAnEntryRemembers) {
  ComparedWorld world(kByCustomer);
  world.put("a", of_customer("x"));
  world.set("a", of_customer("y"));
  // The keys' part walks no rows: what is remembered tells of the old one.
  EXPECT_TRUE(world.compare({{.kind = PartKind::kKeys, .keys = {world.key("a")}}}, kSoon));
  EXPECT_EQ(told(world.findings),
            (Texts{"extra " + customer_row("x", "a"), "missing " + customer_row("y", "a")}));
}

TEST(Comparison, LeavesARowOfAnotherItemAlone) {
  ComparedWorld world(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW latest KEY (customer) WITH (owner = 'who') AS SELECT customer FROM orders;");
  world.put("a", of_customer("x"));
  world.put("b");
  // Somebody else has b's row where a's is to be.
  const std::string key = R"({"customer":{"S":"x"}})";
  const std::string others = R"({"customer":{"S":"x"},"who":{"S":"2:idS1:b"}})";
  world.write_row("latest", key, others);
  world.set("b", of_customer("x"));
  world.bring("b");
  EXPECT_TRUE(world.mend()) << world.error;
  ASSERT_EQ(world.findings.size(), 1U);
  EXPECT_EQ(world.counts.different, 1U);
  EXPECT_FALSE(world.findings[0].is_repaired);
  EXPECT_NE(world.findings[0].reason.find("it could not be repaired"), std::string::npos);
  EXPECT_EQ(world.target.items[key], others);
}

TEST(Comparison, SaysWhereARowDoesNotTellWhoseItIs) {
  ComparedWorld world(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW latest KEY (customer) WITH (owner = 'who') AS SELECT customer FROM orders;");
  world.put(std::string(1'500, 'k'), of_customer("x"));
  world.write_row("latest", R"({"customer":{"S":"y"}})", R"({"customer":{"S":"y"}})");
  EXPECT_TRUE(world.compare(kSoon)) << world.error;
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 1, .extra = 1, .failed = 1}));
  const Finding& failed = world.findings[world.findings[0].what == FindingClass::kFailed ? 0 : 1];
  EXPECT_TRUE(failed.reason.starts_with("nobody can tell from the row whose it is"))
      << failed.reason;
}

TEST(Comparison, LeavesWhatAViewKeepsAlone) {
  for (const char* option : {"deletes = 'keep'", "expiry = 'keep'", "events = 'INSERT, MODIFY'"}) {
    for (const bool segments : {false, true}) {
      const std::string text = std::string(
                                   "CREATE SOURCE orders KEY (id);"
                                   "CREATE VIEW kept WITH (") +
                               option + ") AS SELECT * FROM orders;";
      ComparedWorld world(text.c_str());
      world.rows.segments = segments;
      world.put("a");
      world.put("b");
      world.drop("b");
      EXPECT_TRUE(world.mend()) << world.error;
      EXPECT_EQ(world.counts, (FindingCounts{.equal = 1})) << option;
      EXPECT_EQ(world.target.items.size(), 2U);
    }
  }
}

TEST(Comparison, ComparesNoViewWhoseRowsDependOnEvents) {
  ComparedWorld world(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW born WITH (events = 'INSERT') AS SELECT * FROM orders;"
      "CREATE VIEW all_of_them AS SELECT * FROM orders;");
  EXPECT_EQ(world.expecter().not_compared(), Texts{"born"});
  ASSERT_EQ(world.expecter().tables().size(), 1U);
  EXPECT_EQ(world.expecter().tables()[0].table, "all_of_them");
}

TEST(Comparison, TellsWhyAChangeOfAnItemWouldFail) {
  ComparedWorld world(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW sums AS SELECT id, n + 1 AS n FROM orders;");
  world.put("a", R"(,"n":{"N":"1"})");
  world.set("a", R"(,"n":{"S":"no number"})");
  EXPECT_TRUE(world.compare(kSoon)) << world.error;
  ASSERT_EQ(world.findings.size(), 1U);
  EXPECT_EQ(world.counts, (FindingCounts{.failed = 1}));
  EXPECT_TRUE(world.findings[0].reason.starts_with("a change of this item cannot be applied: "))
      << world.findings[0].reason;
}

TEST(Comparison, TellsOfAViewWhoseKeyWasChanged) {
  ComparedWorld before(kByCustomer);
  before.put("a", of_customer("x"));
  ComparedWorld world(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW by_customer KEY (name, id) AS"
      " SELECT customer AS name, id FROM orders;");
  world.target.marks = before.target.marks;
  world.target.contents = before.target.contents;
  world.target.nonces = before.target.nonces;
  world.set("a", of_customer("x"));
  EXPECT_TRUE(world.compare(kSoon)) << world.error;
  ASSERT_EQ(world.findings.size(), 1U);
  EXPECT_NE(world.findings[0].reason.find("needs another table"), std::string::npos)
      << told(world.findings[0]);
}

TEST(Comparison, LooksOnlyAtTheKeysOfAList) {
  ComparedWorld world;
  for (const char* id : {"a", "b", "c"}) world.set(id);
  world.put("b");
  const Part part{.kind = PartKind::kKeys,
                  .keys = {world.key("a"), world.key("b"), world.key("b"), world.key("zz"),
                           R"({"other":{"S":"x"}})"}};
  EXPECT_TRUE(world.compare({part}, kSoon)) << world.error;
  EXPECT_EQ(world.counts, (FindingCounts{.equal = 1, .missing = 1, .failed = 1}));
}

TEST(Comparison, WaitsWhereTooManySuspectsDo) {
  ComparedWorld world;
  world.source.page_rows = 1'000;
  for (std::size_t i = 0; i < kSuspectsMax + 100; ++i) world.set(std::to_string(i));
  EXPECT_TRUE(world.compare({.judge = {.settle = seconds(5)}})) << world.error;
  EXPECT_EQ(world.counts.missing, kSuspectsMax + 100);
}

TEST(Comparison, LooksAtAPartOfTheRowsOfASample) {
  ComparedWorld world;
  for (int i = 0; i < 400; ++i) {
    const std::string id = "k" + std::to_string(i);
    world.write_row("orders", world.key(id), world.item(id));
  }
  EXPECT_TRUE(world.compare({{.kind = PartKind::kRows}},
                            {.judge = {.settle = seconds(0)}, .sample = 0.25}));
  EXPECT_GT(world.counts.extra, 60U);
  EXPECT_LT(world.counts.extra, 140U);
}

/// A mirror in a real file, from which texts are taken that are no items.
class DamagedFileTest : public ::testing::Test {
 protected:
  DamagedFileTest() {
    auto target = sqlite::SqliteTarget::create({.path = path_}, world_.clock, logger_);
    EXPECT_TRUE(target) << target.error().message;
    target_ = *std::move(target);
    world_.disturbed.target = target_.get();
    world_.compared_rows = &rows_;
  }
  void execute(std::string_view sql) {
    auto database =
        sqlite::Database::open(path_, world_.clock, world_.clock.steady_now() + seconds(60));
    ASSERT_TRUE(database);
    const Status done = (*database)->execute(std::string(sql));
    ASSERT_TRUE(done) << done.error().message;
  }

  const testing::TempDir folder_;
  const std::string path_ = folder_.file("copy.db");
  ComparedWorld world_;
  Logger logger_{{.sink = [](std::string_view) {}}, world_.clock};
  std::unique_ptr<Target> target_;
  sqlite::SqliteItemReader rows_{path_, sqlite::Access::kReadWrite, world_.clock};
};

TEST_F(DamagedFileTest, HasItsRowsToldAndMended) {
  for (const char* id : {"a", "b", "c", "d"}) world_.put(id);
  world_.drop("c");
  execute("UPDATE orders SET item = 'secret {' WHERE id IN ('b', 'c')");
  execute("INSERT INTO orders VALUES('foreign', '')");
  EXPECT_TRUE(world_.compare({.judge = {.settle = seconds(0), .tells_values = true}}))
      << world_.error;
  EXPECT_EQ(told(world_.findings),
            (Texts{R"(different {"id":{"S":"b"}})", R"(extra {"id":{"S":"c"}})",
                   R"(extra {"id":{"S":"foreign"}})"}));
  EXPECT_EQ(world_.counts.equal, 2U);
  for (const Finding& finding : world_.findings) {
    EXPECT_TRUE(finding.cause.starts_with("somebody else wrote the row, which is no item"))
        << finding.cause;
    EXPECT_EQ(finding.cause.find("secret"), std::string::npos);
    EXPECT_EQ(finding.found_digest, "");
    if (finding.row_key == world_.key("b")) EXPECT_EQ(finding.found, R"("secret {")");
  }
  world_.forget();
  EXPECT_TRUE(world_.mend()) << world_.error;
  EXPECT_EQ(world_.counts.repaired, 3U);
  EXPECT_TRUE(world_.counts.all_equal());
  world_.forget();
  EXPECT_TRUE(world_.compare(kSoon));
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 3}));
}

TEST_F(DamagedFileTest, TellsOfARowWithoutAKey) {
  world_.put("a");
  execute("INSERT INTO orders VALUES('', '{}')");
  execute("INSERT INTO orders VALUES(x'ff', 'no item')");
  EXPECT_TRUE(world_.compare(kSoon)) << world_.error;
  EXPECT_EQ(world_.counts, (FindingCounts{.equal = 1, .extra = 2}));
}

}  // namespace
}  // namespace streamonce::handler::compare
