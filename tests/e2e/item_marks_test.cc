// Marks in the items as they are shipped, with a mirror and with a view, on DynamoDB Local: what an
// item and the ledger have, who is refused where marks are elsewhere, and how a pipeline changes
// over. That all else is as with marks in the ledger, the tests of the commands show.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/dynamodb_client.h"
#include "tests/support/export_writer.h"
#include "tests/support/live_source.h"
#include "tests/support/replay_shell.h"
#include "tests/support/stream_event.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"
#include "tests/support/view_tables.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using Items = std::vector<json>;

constexpr const char* kTableArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";

json item(const std::string& id, const std::string& value) {
  return {{"id", {{"S", id}}}, {"value", {{"S", value}}}};
}

/// The version of a record of kStreamArn.
std::string version_of(const std::string& sequence_number) {
  return "2026-11-21T00:44:22.580/" + std::string(40 - sequence_number.size(), '0') +
         sequence_number;
}

/// The number that a record's answer names; empty: none.
std::string failed_at(const Ended& ended) {
  const json failures = json::parse(ended.out)["batchItemFailures"];
  return failures.empty() ? "" : failures.at(0)["itemIdentifier"].get<std::string>();
}

/// A mirror, whose settings a test changes as it goes.
class ItemMarks : public ::testing::Test {
 protected:
  ItemMarks() {
    client_.create_table(table_, {.key = {{"id", "S"}}});
    client_.create_ledger(ledger_);
    set(R"("marks":"item")");
  }

  /// Writes the pipeline file, with these members more.
  void set(const std::string& members) {
    std::ofstream(path_, std::ios::trunc)
        << R"({"target":"dynamodb:)" << table_ << R"(","ledger":")" << ledger_ << R"(",)" << members
        << "}";
  }
  Ended invoke(const std::vector<std::string>& records) {
    return shell_.run("invoke", {shell_.dump("event.json", event_of(records))});
  }
  /// Expects that all records are done.
  void apply(const std::vector<std::string>& records) {
    const Ended ended = invoke(records);
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(failed_at(ended), "");
  }
  /// Expects that a record is refused for these reasons, and that nothing is written.
  void expect_refused(const std::vector<std::string>& words) {
    const Items before = all();
    const Ended ended = invoke({put("refused", "900", "x", "INSERT")});
    EXPECT_EQ(ended.status, 1);
    EXPECT_EQ(failed_at(ended), "900");
    // The log has them with their quotes escaped.
    const std::string told = std::regex_replace(ended.err, std::regex(R"(\\")"), "\"");
    for (const std::string& part : words) EXPECT_TRUE(has(told, part)) << part << "\n" << told;
    EXPECT_EQ(all(), before);
  }
  json stored(const std::string& id) { return client_.get(table_, id_of(id)).value_or(json()); }
  /// The text that an item has for a mark.
  std::string mark_of(const std::string& id, const char* attribute = "streamonce") {
    const json there = stored(id);
    return there.contains(attribute) ? there[attribute]["S"].get<std::string>() : "";
  }
  /// The entries of the ledger but for notes, by what they say.
  std::vector<std::string> entries() {
    std::vector<std::string> entries;
    for (const json& entry : client_.scan(ledger_))
      if (!entry["id"]["S"].get<std::string>().starts_with("|marks|"))
        entries.push_back(entry["op"]["S"].get<std::string>() + " " +
                          entry["v"]["S"].get<std::string>());
    std::sort(entries.begin(), entries.end());
    return entries;
  }
  /// Where the ledger says that the table has its marks.
  std::string note() {
    const auto there = client_.get(ledger_, {{"id", {{"S", "|marks|" + table_}}}}).value_or(json());
    return there.contains("attribute") ? there["attribute"]["S"].get<std::string>() : "no note";
  }
  Items all() {
    Items items = client_.scan(table_);
    for (const json& entry : client_.scan(ledger_)) items.push_back(entry);
    std::sort(items.begin(), items.end());
    return items;
  }
  void empty_the_table() {
    for (const json& there : client_.scan(table_)) client_.remove(table_, {{"id", there["id"]}});
  }

  static std::string unique(const std::string& name) {
    static int count = 0;
    return name + std::to_string(++count);
  }

  const std::string table_ = unique("marked-");
  const std::string ledger_ = unique("gone-");
  const TempDir folder_;
  const std::string path_ = folder_.file("pipeline.json");
  DynamoDbClient client_{shared_dynamodb_local().endpoint_url()};
  ReplayShell shell_{joined({"STREAMONCE_CONFIG=" + path_}, source_environment())};
};

TEST_F(ItemMarks, AreWhereTheItemIsAndInTheLedgerOnceItIsGone) {
  apply({put("a", "10", "x", "INSERT"), put("b", "11", "x", "INSERT")});
  json expected = item("a", "x");
  expected["streamonce"] = {{"S", version_of("10")}};
  EXPECT_EQ(stored("a"), expected);
  EXPECT_EQ(entries(), std::vector<std::string>());
  EXPECT_EQ(note(), "streamonce");

  apply({put("a", "20", "y"), remove("b", "21")});
  EXPECT_EQ(stored("a")["value"]["S"], "y");
  EXPECT_EQ(mark_of("a"), version_of("20"));
  EXPECT_EQ(stored("b"), json());
  EXPECT_EQ(entries(), std::vector<std::string>{"remove " + version_of("21")});

  // What comes again, or late, changes nothing, whatever it says that it is.
  const Items before = all();
  apply({put("a", "10", "x", "INSERT"), put("b", "11", "x", "INSERT")});
  apply({put("a", "20", "y"), remove("b", "21")});
  apply({put("a", "15", "late"), put("b", "12", "late")});
  apply({remove("a", "16")});
  EXPECT_EQ(all(), before);

  apply({put("b", "30", "again", "INSERT")});
  EXPECT_EQ(mark_of("b"), version_of("30"));
  EXPECT_EQ(entries(), std::vector<std::string>{"remove " + version_of("21")});
  apply({remove("b", "21"), remove("a", "31")});
  EXPECT_EQ(stored("b")["value"]["S"], "again");
  EXPECT_EQ(stored("a"), json());
  EXPECT_EQ(entries(),
            (std::vector<std::string>{"remove " + version_of("21"), "remove " + version_of("31")}));
}

TEST_F(ItemMarks, AnUpdateOfAnItemThatIsNotThereIsAppliedAllTheSame) {
  apply({put("a", "10", "x", "MODIFY")});
  EXPECT_EQ(mark_of("a"), version_of("10"));
  apply({remove("a", "20")});
  apply({put("a", "15", "late", "MODIFY")});
  EXPECT_EQ(stored("a"), json());
  apply({put("a", "25", "y", "MODIFY")});
  EXPECT_EQ(mark_of("a"), version_of("25"));
}

TEST_F(ItemMarks, AnItemThatHasTheAttributeItselfFailsAndNoOther) {
  const std::string record =
      to_json({.event_name = "INSERT",
               .sequence_number = "10",
               .keys = key_of("a"),
               .new_image = R"({"id":{"S":"a"},"streamonce":{"S":"mine"}})"});
  const Ended ended = invoke({record, put("b", "11", "x", "INSERT")});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(failed_at(ended), "10");
  EXPECT_TRUE(has(ended.err, "version_attribute")) << ended.err;
  EXPECT_FALSE(has(ended.err, "mine")) << ended.err;
  EXPECT_EQ(stored("a"), json());
  EXPECT_EQ(mark_of("b"), version_of("11"));
}

TEST_F(ItemMarks, AreInTheAttributeThatSettingsName) {
  set(R"("marks":"item","version_attribute":"#odd \"name\"")");
  apply({to_json({.event_name = "INSERT",
                  .sequence_number = "10",
                  .keys = key_of("a"),
                  .new_image = R"({"id":{"S":"a"},"streamonce":{"S":"mine"}})"})});
  apply({put("a", "11", "y")});
  EXPECT_EQ(mark_of("a", "#odd \"name\""), version_of("11"));
  apply({put("a", "10", "x")});
  EXPECT_EQ(stored("a")["value"]["S"], "y");
  EXPECT_EQ(note(), "#odd \"name\"");
  set(R"("marks":"item")");
  expect_refused({"in the attribute \"#odd \"name\"\"", "let version_attribute name that again"});
}

TEST_F(ItemMarks, ADryRunTellsWhatTheRunThenDoesAndWritesNothing) {
  apply({put("a", "10", "x", "INSERT"), put("b", "11", "x", "INSERT")});
  apply({remove("b", "20")});
  const Items before = all();
  const std::string dump = shell_.dump(
      "dump", event_of({put("a", "10", "x", "INSERT"), put("b", "12", "late"), put("a", "9", "old"),
                        put("a", "30", "new"), put("c", "31", "new", "INSERT")}));
  const Ended dry = shell_.replay({"--dry-run", "--json", dump});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_EQ(all(), before);
  const Ended real = shell_.replay({"--json", dump});
  EXPECT_EQ(real.status, 0) << real.err;
  EXPECT_EQ(real.counts(), dry.counts()) << real.out << dry.out;
  EXPECT_EQ(mark_of("a"), version_of("30"));
  EXPECT_EQ(mark_of("c"), version_of("31"));
}

TEST_F(ItemMarks, ADryRunOnAnEmptyTableLeavesNoNote) {
  const std::string dump = shell_.dump("dump", event_of({put("a", "10", "x", "INSERT")}));
  const Ended dry = shell_.replay({"--dry-run", "--json", dump});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_EQ(all(), Items());
}

TEST_F(ItemMarks, ATableWithItsMarksInTheLedgerIsTakenOverOnlyIfItIsSaid) {
  set(R"("marks":"ledger")");
  apply({put("a", "10", "x", "INSERT"), put("b", "11", "x", "INSERT")});
  apply({remove("b", "12"), put("c", "13", "x", "INSERT")});
  EXPECT_EQ(note(), "no note");

  set(R"("marks":"item")");
  expect_refused({"has no version in the attribute \"streamonce\"", "set \"adopt\" to true"});

  set(R"("marks":"item","adopt":true)");
  // The ledger is asked for all that was there before.
  apply({put("a", "9", "late"), put("b", "11", "late"), put("c", "13", "x", "INSERT")});
  EXPECT_EQ(stored("a"), item("a", "x"));
  EXPECT_EQ(stored("b"), json());
  EXPECT_EQ(mark_of("c"), "");
  EXPECT_EQ(note(), "streamonce");
  apply({put("a", "20", "y"), remove("c", "21"), put("b", "22", "again", "INSERT")});
  EXPECT_EQ(mark_of("a"), version_of("20"));
  EXPECT_EQ(stored("c"), json());
  apply({put("a", "19", "late"), put("c", "20", "late"), put("b", "21", "late")});
  EXPECT_EQ(stored("a")["value"]["S"], "y");
  EXPECT_EQ(stored("c"), json());
  EXPECT_EQ(stored("b")["value"]["S"], "again");

  set(R"("marks":"item")");
  apply({put("a", "30", "z")});
  EXPECT_EQ(mark_of("a"), version_of("30"));
}

TEST_F(ItemMarks, GoBackToTheLedgerOnlyFromAnEmptyTable) {
  apply({put("a", "10", "x", "INSERT")});
  apply({put("a", "20", "y")});
  set(R"("marks":"ledger")");
  expect_refused({"are in its items, in the attribute \"streamonce\"",
                  "set \"marks\" to \"item\" again, or begin anew with an empty table"});
  const Items before = all();
  const Ended replayed = shell_.replay({"--json", shell_.dump("dump", put("a", "15", "late"))});
  EXPECT_EQ(replayed.status, 1);
  EXPECT_TRUE(has(replayed.out + replayed.err, "begin anew with an empty table")) << replayed.err;
  EXPECT_EQ(all(), before);

  empty_the_table();
  apply({put("b", "30", "x", "INSERT")});
  EXPECT_EQ(stored("b"), item("b", "x"));
  EXPECT_EQ(entries(), std::vector<std::string>{"put " + version_of("30")});
  EXPECT_EQ(note(), "");

  set(R"("marks":"item")");
  expect_refused({"set \"adopt\" to true"});
  empty_the_table();
  apply({put("c", "40", "x", "INSERT")});
  EXPECT_EQ(mark_of("c"), version_of("40"));
  EXPECT_EQ(note(), "streamonce");
}

TEST_F(ItemMarks, ATableThatHasThemIsTakenWithAnotherLedger) {
  apply({put("a", "10", "x", "INSERT")});
  const Ended dry = shell_.run("check", {});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_TRUE(has(dry.out, "in the items, each in the attribute streamonce")) << dry.out;
  client_.create_ledger(ledger_ + "-2");
  std::ofstream(path_, std::ios::trunc) << R"({"marks":"item","target":"dynamodb:)" << table_
                                        << R"(","ledger":")" << ledger_ << R"(-2"})";
  apply({put("a", "20", "y")});
  EXPECT_EQ(mark_of("a"), version_of("20"));
}

/// One view of a source that changes, whose rows have the marks of their items.
class ItemMarksOfAView : public ::testing::Test {
 protected:
  ItemMarksOfAView() {
    std::ofstream(views_) << "CREATE SOURCE orders KEY (id);\n"
                             "CREATE VIEW large AS SELECT id, n, n * 2 AS twice FROM orders "
                             "WHERE n > 100;\n";
  }

  ReplayShell& shell() { return follower_.shell(); }
  void apply_stream() {
    const std::vector<json> records = source_.client().stream_records(kTable);
    const Ended ended = shell().run("invoke", {shell().dump("event", lambda_event(records))});
    EXPECT_EQ(ended.status, 0) << ended.err;
  }
  /// What the view has to have.
  Items selected() {
    Items rows;
    for (const json& each : source_.items()) {
      const int n = std::stoi(each["n"]["N"].get<std::string>());
      if (n > 100)
        rows.push_back(
            {{"id", each["id"]}, {"n", each["n"]}, {"twice", {{"N", std::to_string(2 * n)}}}});
    }
    return rows;
  }
  Ended verify(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--json", "--source", kTable, "--settle", "0"});
    return shell().run("verify", more);
  }

  const TempDir folder_;
  const std::string views_ = folder_.file("views.sql");
  Source source_;
  const std::unique_ptr<ViewTables> tables_ =
      make_view_tables("items", {{.view = "large", .key = {{"id", "S"}}}});
  Follower follower_{joined(tables_->environment(), {"STREAMONCE_VIEWS=" + views_})};
};

TEST_F(ItemMarksOfAView, RowsComeChangeAndGo) {
  source_.put("a", 500);
  source_.put("b", 5);
  apply_stream();
  EXPECT_EQ(tables_->rows("large"), selected());
  source_.put("a", 50);
  source_.put("b", 550);
  source_.put("c", 600);
  apply_stream();
  EXPECT_EQ(tables_->rows("large"), selected());
  source_.put("c", 601);
  source_.client().remove(kTable, id_of("b"));
  apply_stream();
  EXPECT_EQ(tables_->rows("large"), selected());
  ASSERT_EQ(selected().size(), 1U);
  source_.put("b", 700);
  apply_stream();
  EXPECT_EQ(tables_->rows("large"), selected());
  EXPECT_EQ(verify().status, 0);
}

TEST_F(ItemMarksOfAView, WhatOthersWroteIsFoundAndMendedUnderTheMark) {
  for (int i = 0; i < 20; ++i) source_.put("k" + std::to_string(i), i * 20);
  apply_stream();
  ASSERT_EQ(tables_->rows("large"), selected());
  EXPECT_EQ(verify().counts(), (Counts{{"equal", 14}}));

  DynamoDbClient& client = source_.client();
  const std::string table = tables_->table("large");
  client.remove(table, id_of("k10"));
  client.put(table, {{"id", {{"S", "k11"}}}, {"n", {{"N", "1"}}}});
  client.put(table, {{"id", {{"S", "foreign"}}}, {"n", {{"N", "1"}}}});
  client.update(table, id_of("k12"), {{"n", {{"N", "7"}}}});
  EXPECT_EQ(verify().counts(),
            (Counts{{"equal", 11}, {"missing", 1}, {"extra", 1}, {"different", 2}}));
  const Ended mended = verify({"--repair"});
  EXPECT_EQ(mended.status, 0) << mended.out << mended.err;
  EXPECT_EQ(mended.counts()["repaired"], 4U);
  EXPECT_EQ(tables_->rows("large"), selected());
  EXPECT_EQ(verify().status, 0);
  // A row that was mended has a mark that what comes later is above.
  source_.put("k10", 1'000);
  source_.put("k11", 1'100);
  source_.put("k12", 12);
  apply_stream();
  EXPECT_EQ(tables_->rows("large"), selected());
  EXPECT_EQ(verify().status, 0);
}

TEST_F(ItemMarksOfAView, ARecordThatIsDoneNeedsNoValueAnyMore) {
  const auto record = [](const char* number, const char* n) {
    return to_json({.event_name = "MODIFY",
                    .sequence_number = number,
                    .keys = key_of("a"),
                    .new_image = R"({"id":{"S":"a"},"n":)" + std::string(n) + "}"});
  };
  const auto invoke = [&](const std::string& text) {
    return shell().run("invoke", {shell().dump("event", event_of({text}))});
  };
  std::ofstream(views_, std::ios::trunc) << "CREATE SOURCE orders KEY (id);\nCREATE VIEW large AS "
                                            "SELECT id, n * 2 AS n FROM orders;\n";
  EXPECT_EQ(invoke(record("20", R"({"N":"500"})")).status, 0);
  const Ended late = invoke(record("10", R"({"S":"no number"})"));
  EXPECT_EQ(late.status, 0) << "as its mark, which is read from the row, is above it " << late.err;
  const Ended next = invoke(record("30", R"({"S":"no number"})"));
  EXPECT_EQ(next.status, 1);
  EXPECT_EQ(failed_at(next), "30");
}

TEST_F(ItemMarksOfAView, AnExportFillsAndSweepsThem) {
  const auto number = [](const std::string& id, int n) {
    return json{{"id", {{"S", id}}}, {"n", {{"N", std::to_string(n)}}}};
  };
  const auto record = [&](const std::string& id, const char* sequence_number, int n,
                          bool is_old = false) {
    std::string text = to_json({.event_name = "INSERT",
                                .sequence_number = sequence_number,
                                .keys = key_of(id),
                                .new_image = number(id, n).dump()});
    return is_old ? text.replace(text.find("2026-11-21T00"), 4, "2025") : text;
  };
  const std::string event =
      event_of({record("gone", "9", 900, true), record("kept", "8", 800, true)});
  ASSERT_EQ(shell().run("invoke", {shell().dump("old", event)}).status, 0);
  ASSERT_EQ(
      shell().run("invoke", {shell().dump("new", event_of({record("new", "7", 700)}))}).status, 0);
  ASSERT_EQ(shell().run("invoke", {shell().dump("r", event_of({remove("deleted", "6")}))}).status,
            0);
  ExportWriter writer(folder_.file("export"), {.table_arn = kTableArn});
  writer.add({number("kept", 801), number("new", 1), number("deleted", 600), number("more", 500)});
  writer.finish();
  const std::vector<std::string> load = {writer.folder(), "--stream-arn", std::string(kStreamArn),
                                         "--json", "--sweep"};
  const Ended ended = shell().run("load", load);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.summary()["swept"], 1) << ended.err;
  Items rows;
  for (const auto& [id, n] :
       {std::pair("kept", 801), std::pair("more", 500), std::pair("new", 700)}) {
    rows.push_back(number(id, n));
    rows.back()["twice"] = {{"N", std::to_string(2 * n)}};
  }
  EXPECT_EQ(tables_->rows("large"), rows);
}

TEST_F(ItemMarksOfAView, ViewsThatCannotHaveThemAreRefusedByName) {
  std::ofstream(views_, std::ios::trunc)
      << "CREATE SOURCE orders KEY (id);\n"
         "CREATE VIEW large KEY (pk) AS SELECT 'O#' || id AS pk FROM orders;\n";
  const Ended ended = shell().run("invoke", {shell().dump("event", event_of({remove("a", "1")}))});
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "the view large cannot have \"marks\" in its items: it has a KEY"))
      << ended.err;
  EXPECT_TRUE(has(ended.err, views_ + ":2:1: ")) << ended.err;
}

TEST(ItemMarksOnSqlite, AreRefused) {
  const TempDir folder;
  ReplayShell shell(
      {"STREAMONCE_TARGET=sqlite:" + folder.file("copy.db"), "STREAMONCE_MARKS=item"});
  const Ended ended = shell.run("invoke", {shell.dump("event", event_of({remove("a", "1")}))});
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "is for a DynamoDB target")) << ended.err;
}

}  // namespace
}  // namespace streamonce::testing
