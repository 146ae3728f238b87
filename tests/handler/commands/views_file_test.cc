#include "handler/commands/views_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kTwoViews =
    "CREATE SOURCE orders KEY (id);\n"
    "CREATE VIEW everything AS SELECT * FROM orders;\n"
    "CREATE VIEW open AS SELECT id FROM orders WHERE status = 'NEW';\n";

class ViewsFileTest : public ::testing::Test {
 protected:
  ViewsFileTest() {
    settings_.views = path_;
    settings_.target = {.kind = TargetKind::kDynamoDb, .name = {}};
    settings_.ledger = "ledger";
    settings_.tables.source = "STREAMONCE_TABLES";
  }
  ViewsFile read(const std::string& text = kTwoViews) {
    std::ofstream(path_, std::ios::trunc | std::ios::binary) << text;
    return read_views_file(settings_);
  }
  Lines faults_of(const std::string& text = kTwoViews) { return read(text).faults; }
  Lines faults_with(std::vector<NamedTable> tables, const std::string& text = kTwoViews) {
    settings_.tables.tables = std::move(tables);
    return faults_of(text);
  }
  std::string why_not_loaded(const std::string& text) {
    std::ofstream(path_, std::ios::trunc) << text;
    const auto loaded = load_views(settings_);
    return loaded ? "loaded" : loaded.error().message;
  }

  const testing::TempDir folder_;
  const std::string path_ = folder_.file("views.sql");
  Settings settings_;
};

TEST_F(ViewsFileTest, ANameIsATablesUnlessItIsGivenAnother) {
  settings_.tables.tables = {{.name = "open", .table = "prod-open"},
                             {.name = "orders", .table = "prod-orders"}};
  const ViewsFile file = read();
  EXPECT_EQ(file.faults, Lines());
  EXPECT_EQ(file.source_tables, Lines{"prod-orders"});
  EXPECT_EQ(file.view_tables, (Lines{"everything", "prod-open"}));
  const auto loaded = load_views(settings_);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ((*loaded)->table_of(1), "prod-open");
}

TEST_F(ViewsFileTest, AllFaultsOfTheTextAreToldWithTheirPlaces) {
  const Lines faults = faults_of(
      "CREATE SOURCE orders KEY (id);\n"
      "CREATE VIEW a AS SELECT nothing() AS x FROM orders;\n"
      "CREATE VIEW b AS SELECT id FROM orders ORDER BY id;\n");
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_TRUE(faults[0].starts_with(path_ + ":2:")) << faults[0];
  EXPECT_TRUE(faults[1].starts_with(path_ + ":3:")) << faults[1];
  const std::string message = why_not_loaded("CREATE VIEW a AS SELECT * FROM b;\nSELECT\n");
  EXPECT_TRUE(message.starts_with(path_ + ":1:")) << message;
  EXPECT_NE(message.find("\n" + path_ + ":2:1: "), std::string::npos) << message;
}

TEST_F(ViewsFileTest, AStartTellsAHundredFaultsAndHowManyMoreThereAre) {
  std::string text = "CREATE SOURCE orders KEY (id);\n";
  for (int i = 0; i < 150; ++i) text += "nonsense;\n";
  const std::string message = why_not_loaded(text);
  EXPECT_LT(message.size(), 40'000U);
  EXPECT_NE(message.find("\nand 50 more: see bootstrap check"), std::string::npos)
      << message.substr(0, 900);
}

TEST_F(ViewsFileTest, TheFileMustBeReadableAndOfBoundedSizeAndHaveAView) {
  settings_.views = folder_.file("none.sql");
  EXPECT_NE(read_views_file(settings_).faults.at(0).find("none.sql: cannot be read"),
            std::string::npos);
  settings_.views = path_;
  ASSERT_EQ(faults_of(std::string(views::kScriptBytesMax + 1, ' ')).size(), 1U);
  EXPECT_NE(faults_of(std::string(views::kScriptBytesMax + 1, ' '))[0].find("larger than"),
            std::string::npos);
  EXPECT_NE(faults_of(std::string("\xFF\xFE{\0", 4)).at(0).find("UTF-16"), std::string::npos);
  for (const char* text : {"", "-- nothing\n", "CREATE SOURCE orders KEY (id);"})
    EXPECT_FALSE(faults_of(text).empty()) << text;
  EXPECT_EQ(faults_of("\xEF\xBB\xBF" + std::string(kTwoViews)), Lines());
}

TEST_F(ViewsFileTest, ATableOfANameThatThereIsNotIsRefused) {
  EXPECT_EQ(faults_with({{.name = "closed", .table = "prod-closed"}}),
            Lines{"STREAMONCE_TABLES: \"closed\" is no view and no source: expected one of "
                  "everything, open, orders"});
}

TEST_F(ViewsFileTest, EachViewNeedsATableOfItsOwn) {
  const std::string start = "STREAMONCE_TABLES: the table of the view open, ";
  EXPECT_EQ(faults_with({{.name = "open", .table = "everything"}}),
            Lines{start + "\"everything\", is that of the view everything too: each view needs one "
                          "of its own"});
  EXPECT_EQ(faults_with({{.name = "open", .table = "ledger"}}),
            Lines{start + "\"ledger\", is the ledger: expected another table"});
  EXPECT_EQ(faults_with({{.name = "open", .table = "orders"}}),
            Lines{start + "\"orders\", is that of the source orders: a view that writes its own "
                          "source would never come to an end"});
  settings_.ledger = "open";
  EXPECT_EQ(faults_with({}),
            Lines{path_ + ":3:1: the table of the view open, \"open\", is the ledger: "
                          "expected another table"});
}

TEST_F(ViewsFileTest, AllTablesAreInOneAccountAndRegion) {
  const std::string here = "arn:aws:dynamodb:eu-west-1:123456789012:table/";
  settings_.ledger = here + "ledger";
  EXPECT_EQ(faults_with({{.name = "everything", .table = here + "everything"},
                         {.name = "open", .table = here + "orders"}}),
            Lines())
      << "a table of the source's name may be another account's";
  const std::string start = "STREAMONCE_TABLES: the table of the view open, \"";
  const std::string other = "arn:aws:dynamodb:eu-west-2:123456789012:table/open";
  const Lines apart = faults_with(
      {{.name = "everything", .table = here + "everything"}, {.name = "open", .table = other}});
  ASSERT_EQ(apart.size(), 1U);
  EXPECT_EQ(apart[0].find(start + other + "\", is in the account "), 0U) << apart[0];
  const Lines by_name = faults_with({{.name = "open", .table = here + "open"}});
  ASSERT_EQ(by_name.size(), 1U);
  EXPECT_EQ(by_name[0].find(path_ + ":2:1: the table of the view everything, \"everything\", is a "
                                    "name, "),
            0U)
      << by_name[0];
  EXPECT_EQ(faults_with({{.name = "everything", .table = here + "open"},
                         {.name = "open", .table = here + "open"}}),
            Lines{start + here +
                  "open\", is that of the view everything too: each view needs one "
                  "of its own"});
  EXPECT_EQ(faults_with({{.name = "everything", .table = here + "everything"},
                         {.name = "open", .table = here + "ledger"}}),
            Lines{start + here + "ledger\", is the ledger: expected another table"});
}

TEST_F(ViewsFileTest, WithoutALedgerTheFirstViewSaysWhereTablesAre) {
  settings_.ledger.clear();
  const Lines faults = faults_with(
      {{.name = "everything", .table = "arn:aws:dynamodb:eu-west-1:123456789012:table/everything"},
       {.name = "open", .table = "arn:aws:dynamodb:eu-west-1:210987654321:table/open"}});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].find("and the table of the view everything in the account 123456789012"),
            std::string::npos)
      << faults[0];
}

TEST_F(ViewsFileTest, AnArnIsNoTableOfASourceNorOfSqlite) {
  const std::string arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
  EXPECT_EQ(faults_with({{.name = "orders", .table = arn}}),
            Lines{"STREAMONCE_TABLES: \"" + arn +
                  "\" is an ARN, and orders a source: expected the name of its table, which is "
                  "known again in whatever account its stream is"});
  settings_.target = {.kind = TargetKind::kSqlite, .name = "copy.db"};
  settings_.ledger.clear();
  EXPECT_EQ(faults_with({{.name = "open", .table = arn}}),
            Lines{"STREAMONCE_TABLES: the table of the view open, \"" + arn +
                  "\", is an ARN: expected the name of a table in the SQLite database"});
}

TEST_F(ViewsFileTest, ANameThatNoTableMayHaveNeedsAnother) {
  const std::string text =
      "CREATE SOURCE orders KEY (id);\nCREATE VIEW \"odd name\" AS SELECT * FROM orders;\n";
  EXPECT_EQ(
      faults_with({}, text),
      Lines{path_ + ":2:1: the table of the view odd name, \"odd name\", is no name of a DynamoDB "
                    "table, which has 3 to 255 of a-z A-Z 0-9 _ - .: give it another one with "
                    "STREAMONCE_TABLES or \"tables\" in the pipeline file"});
  EXPECT_EQ(faults_with({{.name = "odd name", .table = "odd-name"}}, text), Lines());
}

TEST_F(ViewsFileTest, SqliteTakesOtherNamesAndUpperForLowerCase) {
  settings_.target = {.kind = TargetKind::kSqlite, .name = "copy.db"};
  settings_.ledger.clear();
  EXPECT_EQ(faults_with({},
                        "CREATE SOURCE orders KEY (id);"
                        "CREATE VIEW \"odd name\" AS SELECT * FROM orders;"),
            Lines());
  EXPECT_EQ(faults_with({{.name = "open", .table = "orders"}}), Lines())
      << "the source is in DynamoDB";
  EXPECT_EQ(faults_with({{.name = "open", .table = "EveryThing"}}).size(), 1U);
  EXPECT_EQ(faults_with({{.name = "open", .table = "_Streamonce_ledger"}}).size(), 1U);
  EXPECT_EQ(faults_with({{.name = "open", .table = "sqlite_master"}}).size(), 1U);
}

TEST_F(ViewsFileTest, TwoSourcesHaveTwoTables) {
  EXPECT_EQ(faults_with({{.name = "users", .table = "orders"}},
                        "CREATE SOURCE orders KEY (id);CREATE SOURCE users KEY (id);"
                        "CREATE VIEW aaa AS SELECT * FROM orders;"
                        "CREATE VIEW bbb AS SELECT * FROM users;"),
            Lines{"STREAMONCE_TABLES: the sources orders and users have one table, \"orders\": "
                  "expected two"});
}

TEST_F(ViewsFileTest, OnlyRowsThatAreTheirItemsOwnHaveTheirMarks) {
  const std::string sources = "CREATE SOURCE orders KEY (id);CREATE SOURCE users KEY (id);\n";
  settings_.marks = {.in = MarksIn::kItem, .version_attribute = "streamonce"};
  EXPECT_EQ(faults_of(sources + "CREATE VIEW v_1 AS SELECT * FROM orders WHERE status = 'NEW';\n"
                                "CREATE VIEW v_2 AS SELECT id FROM users;\n"),
            Lines());
  const std::string start = "v_1 cannot have \"marks\" in its items: it ";
  const std::string way_on = ": set \"marks\" to \"ledger\", or leave it out";
  const auto expect = [&](const std::string& view, const std::string& why) {
    EXPECT_EQ(faults_of(sources + view), Lines{path_ + ":2:1: the view " + start + why + way_on});
  };
  const std::string remembers = "remembers something of each item, which has no place there";
  expect("CREATE VIEW v_1 KEY (region, id) AS SELECT region, id FROM orders;", remembers);
  expect("CREATE VIEW v_1 KEY (id, n) AS SELECT id, n FROM orders, lines AS l AT n;", remembers);
  expect("CREATE VIEW v_1 KEY (c) AS SELECT c, COUNT(*) AS n FROM orders GROUP BY c;", remembers);
  expect("CREATE VIEW v_1 KEY (pk) AS SELECT 'O#' || id AS pk, id FROM orders;",
         "has a KEY, and only rows with the key of their item can have its mark");
  const std::string options =
      "has options that leave rows as they are, whose marks would be left behind";
  for (const char* option : {"deletes = 'keep'", "expiry = 'keep'", "events = 'INSERT,REMOVE'",
                             "events = 'INSERT,MODIFY'", "events = 'MODIFY,REMOVE'"})
    expect("CREATE VIEW v_1 WITH (" + std::string(option) + ") AS SELECT * FROM orders;", options);
  const std::string taken = "makes the attribute \"streamonce\", which marks are to be kept in";
  expect("CREATE VIEW v_1 AS SELECT id, total AS streamonce FROM orders;", taken);
  expect("CREATE VIEW v_1 AS SELECT id, detail.streamonce FROM orders;", taken);
}

TEST_F(ViewsFileTest, OfEachSourceThereIsOneViewWithMarks) {
  settings_.marks = {.in = MarksIn::kItem, .version_attribute = "streamonce"};
  const auto fault = [&](const char* line, const char* view, const char* other) {
    return path_ + line + std::string(": the view ") + view +
           " cannot have \"marks\" in its items: it has the same source as the view " + other +
           ", so that each change is a transaction wherever its mark is: set \"marks\" to "
           "\"ledger\", or leave it out";
  };
  EXPECT_EQ(faults_of(),
            (Lines{fault(":2:1", "everything", "open"), fault(":3:1", "open", "everything")}));
  settings_.marks = {};
  const ViewsFile file = read();
  EXPECT_EQ(file.faults, Lines());
  EXPECT_NE(why_no_marks_in_items(file.views, 0), "");
}

TEST_F(ViewsFileTest, ARememberingViewIsLoadedAndSaysWhyItRemembers) {
  const auto why = [&](const std::string& view) {
    const std::string text = "CREATE SOURCE orders KEY (id);\n" + view;
    EXPECT_EQ(why_not_loaded(text), "loaded");
    const ViewsFile file = read(text);
    return why_it_remembers(file.views, file.views.views.front());
  };
  const std::string moves =
      " may change: then the row has another key, and where the old one is must be known";
  EXPECT_EQ(why("CREATE VIEW v_1 KEY (region, id) AS SELECT region, id FROM orders;"),
            "its key attribute region" + moves);
  EXPECT_EQ(why("CREATE VIEW v_1 KEY (id, region) AS SELECT * FROM orders;"),
            "its key attribute region" + moves);
  EXPECT_EQ(why("CREATE VIEW v_1 KEY (pk, id) AS SELECT 'C#' || id || o.customer AS pk, id FROM "
                "orders AS o;\nCREATE VIEW v_2 AS SELECT * FROM orders;"),
            "its key attribute pk follows from customer, which" + moves);
  EXPECT_EQ(why("CREATE VIEW v_1 KEY (id, n) AS SELECT id, n FROM orders, lines AS l AT n;"),
            "it makes several rows of one item, and how many of them there were must be known when "
            "it changes");
  EXPECT_EQ(why("CREATE VIEW v_1 KEY (c) AS SELECT c, COUNT(*) AS n FROM orders GROUP BY c;"),
            "it adds up what many items have, so that each item's share must be known when it "
            "changes");
}

}  // namespace
}  // namespace streamonce::handler
