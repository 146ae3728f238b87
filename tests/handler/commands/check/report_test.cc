#include "handler/commands/check/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::check {
namespace {

using nlohmann::json;
using streamonce::testing::environment_of;
using streamonce::testing::Variables;

std::string golden(const std::string& name) {
  std::ifstream file(STREAMONCE_FIXTURES "/views/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The report of the views in a fixture, told under its bare name.
Report report_of(const std::string& views, Variables variables = {}) {
  variables["STREAMONCE_VIEWS"] = STREAMONCE_FIXTURES "/views/" + views;
  CheckedSettings settings = check_settings({}, environment_of(std::move(variables)));
  ViewsFile file = read_views_file(settings.settings);
  settings.settings.views = views;
  return make_report(std::move(settings), std::move(file));
}

std::string without_views(Variables variables) {
  return to_text(make_report(check_settings({}, environment_of(std::move(variables))), {}));
}

constexpr const char* kChoices =
    "  both choices  of \"marks\": write request units of a change of 1 KB, and the price of a "
    "million of\n"
    "                them, at $0.625 for a million units:\n"
    "                         insert        update        removal       80% updates\n"
    "                ledger   4   $2.50     4   $2.50     4   $2.50     4   $2.50\n"
    "                item     4   $2.50     1   $0.63     4   $2.50     1.6 $1.00\n";

TEST(CheckReport, SaysOfEachViewWhatItMeansAndCosts) {
  EXPECT_EQ(to_text(report_of("orders.sql")), golden("orders.txt"));
  EXPECT_EQ(to_text(report_of("direct.sql", {{"STREAMONCE_TARGET", "dynamodb"},
                                             {"STREAMONCE_LEDGER", "ledger"},
                                             {"STREAMONCE_TABLES", "heads=prod-heads"}})),
            golden("direct.txt"));
}

TEST(CheckReport, SaysWhereTheMarksOfAViewAreAndWhatBothChoicesCost) {
  const Variables ledger = {{"STREAMONCE_TARGET", "dynamodb"}, {"STREAMONCE_LEDGER", "ledger"}};
  Variables item = ledger;
  item["STREAMONCE_MARKS"] = "item";
  EXPECT_EQ(to_text(report_of("copies.sql", ledger)), golden("copies_in_ledger.txt"));
  EXPECT_EQ(to_text(report_of("copies.sql", item)), golden("copies_in_items.txt"));
  EXPECT_EQ(to_text(report_of("copies.sql", {{"STREAMONCE_TARGET", "sqlite:x"}})).find("marks  "),
            std::string::npos);
}

TEST(CheckReport, SaysOfAMirrorWhereItsMarksAre) {
  const std::string text = without_views({{"STREAMONCE_TARGET", "dynamodb:copy"},
                                          {"STREAMONCE_LEDGER", "gone"},
                                          {"STREAMONCE_MARKS", "item"}});
  EXPECT_EQ(
      text,
      "target  the DynamoDB table copy; marks in it, and of what is gone in the table gone\n"
      "  permissions   dynamodb:PutItem, also outside of transactions, and "
      "dynamodb:DeleteItem and\n"
      "                dynamodb:Scan on the target, and dynamodb:BatchGetItem there for a dry "
      "run;\n"
      "                dynamodb:PutItem, dynamodb:ConditionCheckItem and "
      "dynamodb:BatchGetItem on the\n"
      "                ledger\n"
      "\n"
      "no views: the target is a mirror, each item as it is in the source, with its mark\n"
      "  one change    of 1 KB: an update is one put of 1 write request unit; an insert or a "
      "removal is one\n"
      "                transaction of 4: 2 for the item, 2 for the ledger; an update of what "
      "is not there,\n"
      "                or has no mark yet, is both, of 5\n"
      "  marks         in the items, each in the attribute streamonce, and of items that are "
      "gone in the\n"
      "                ledger\n" +
          std::string(kChoices));
}

TEST(CheckReport, SaysThatWhatIsThereIsAdopted) {
  const testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  std::ofstream(path) << R"({"target":"dynamodb:copy","ledger":"gone","marks":"item",)"
                         R"("version_attribute":"_v","adopt":true})";
  const Variables variables = {{"STREAMONCE_CONFIG", path}};
  EXPECT_NE(
      without_views(variables).find(
          "in the items, each in the attribute _v, and of items that are gone in the ledger;\n"
          "                items without one, at the start, are adopted"),
      std::string::npos)
      << without_views(variables);
  const json document =
      json::parse(to_json(make_report(check_settings({}, environment_of(variables)), {})));
  EXPECT_EQ(document["marks"]["in"], "item");
  EXPECT_EQ(document["marks"]["versionAttribute"], "_v");
  EXPECT_EQ(document["marks"]["adopts"], true);
}

TEST(CheckReport, TellsAProgramWhatBothChoicesCost) {
  const json mirror = json::parse(to_json(make_report(
      check_settings(
          {}, environment_of({{"STREAMONCE_TARGET", "dynamodb:copy"}, {"STREAMONCE_LEDGER", "m"}})),
      {})));
  EXPECT_EQ(mirror["marks"], json::parse(R"({"in":"ledger","choices":[
      {"in":"ledger","insert":{"writeUnits":4,"dollarsOfMillion":2.50},
       "update":{"writeUnits":4,"dollarsOfMillion":2.50},
       "removal":{"writeUnits":4,"dollarsOfMillion":2.50},
       "mostlyUpdates":{"writeUnits":4,"dollarsOfMillion":2.50}},
      {"in":"item","insert":{"writeUnits":4,"dollarsOfMillion":2.50},
       "update":{"writeUnits":1,"dollarsOfMillion":0.63},
       "removal":{"writeUnits":4,"dollarsOfMillion":2.50},
       "mostlyUpdates":{"writeUnits":1.6,"dollarsOfMillion":1.00}}]})"));
  const json views = json::parse(to_json(report_of("copies.sql", {{"STREAMONCE_MARKS", "item"}})));
  EXPECT_EQ(views["marks"]["in"], "item");
  EXPECT_EQ(views["marks"]["choices"], mirror["marks"]["choices"]);
  EXPECT_EQ(views["sources"][0]["writeUnits"], 4);
  EXPECT_EQ(views["sources"][0]["updateWriteUnits"], 1);
  EXPECT_EQ(views["views"][0]["updateWriteUnits"], 1);
  const json sqlite = json::parse(to_json(
      make_report(check_settings({}, environment_of({{"STREAMONCE_TARGET", "sqlite:x"}})), {})));
  EXPECT_FALSE(sqlite.contains("marks"));
}

TEST(CheckReport, SaysWhyMarksCanBeInTheLedgerOnly) {
  const std::string why =
      "the view analytics has the same source as the view open_orders, so that each change is a "
      "transaction wherever its mark is";
  const Report report = report_of("direct.sql");
  const json document = json::parse(to_json(report));
  EXPECT_EQ(document["marks"], json({{"in", "ledger"}, {"ledgerOnlySince", why}}));
  EXPECT_EQ(to_text(report).find("both choices"), std::string::npos);
}

TEST(CheckReport, SaysWhatItCostsToFetchImages) {
  const testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  std::ofstream(path) << R"({"target":"sqlite:x","images":"fetch",)"
                         R"("stream_role_arn":"arn:aws:iam::123456789012:role/r"})";
  const Variables variables = {{"STREAMONCE_CONFIG", path}, {"AWS_REGION", "eu-west-1"}};
  const std::string text = without_views(variables);
  EXPECT_EQ(text.substr(0, text.find("\nno views")),
            "target  the SQLite database x\n"
            "  stream's role arn:aws:iam::123456789012:role/r, in sessions named streamonce; it "
            "needs\n"
            "                dynamodb:GetShardIterator and dynamodb:GetRecords on the stream, and\n"
            "                dynamodb:BatchGetItem on the source's table\n"
            "  images        fetched where the stream leaves them out, by a consistent read of the "
            "source's\n"
            "                table, on which dynamodb:BatchGetItem is needed: 1 read request unit "
            "for each 4 KB\n"
            "                of each item of a batch; $0.13 for a million items of up to 4 KB, at "
            "$0.125 for a\n"
            "                million units\n");
  const auto document_of = [](const Variables& given) {
    return json::parse(to_json(make_report(check_settings({}, environment_of(given)), {})));
  };
  EXPECT_EQ(document_of(variables)["images"], "fetch");
  EXPECT_FALSE(document_of({{"STREAMONCE_TARGET", "sqlite:x"}}).contains("images"));
}

TEST(CheckReport, SaysTheSameToAProgram) {
  const json document = json::parse(to_json(report_of("direct.sql")));
  EXPECT_EQ(document["target"], "none");
  EXPECT_EQ(document["isMirror"], false);
  EXPECT_EQ(document["faults"], json::array());
  EXPECT_EQ(document["toBeSet"].size(), 1U);
  ASSERT_EQ(document["sources"].size(), 2U);
  EXPECT_EQ(
      document["sources"][0],
      json::parse(
          R"({"name":"orders","table":"orders","key":["order_id"],"writeUnits":8,"updateWriteUnits":8,"readUnits":0})"));
  ASSERT_EQ(document["views"].size(), 4U);
  EXPECT_EQ(document["views"][1],
            json::parse(R"({"name":"open_orders","line":4,"column":1,"source":"orders",)"
                        R"("class":"direct","table":"open_orders",)"
                        R"("key":["order_id"],"separation":"itemKey","ownerAttributes":[],)"
                        R"("options":{"deletes":"keep","events":"INSERT,MODIFY"},"writeUnits":2,)"
                        R"("updateWriteUnits":2})"));
  const json remembering = json::parse(to_json(report_of("orders.sql")));
  for (const json& view : remembering["views"]) {
    EXPECT_EQ(view.contains("reason"), view["class"] == "remembering") << view;
    EXPECT_EQ(view.contains("remembers"), view["class"] == "remembering") << view;
  }
  EXPECT_EQ(remembering["sources"][0]["readUnits"], 1);
  EXPECT_EQ(remembering["views"][0]["remembers"], "rowKeys");
  EXPECT_EQ(remembering["views"][3]["remembers"], "groupsAndAmounts");
}

TEST(CheckReport, AMirrorNeedsNoViews) {
  EXPECT_EQ(
      without_views({{"STREAMONCE_TARGET", "dynamodb:copy"}, {"STREAMONCE_LEDGER", "marks"}}),
      "target  the DynamoDB table copy; marks in the table marks\n"
      "  permissions   dynamodb:PutItem and dynamodb:DeleteItem on the target; "
      "dynamodb:PutItem and\n"
      "                dynamodb:BatchGetItem on the ledger\n"
      "\n"
      "no views: the target is a mirror, each item as it is in the source\n"
      "  one change    of 1 KB: one transaction of 4 write request units: 2 for the mark, 2 "
      "for the item;\n"
      "                $2.50 for a million changes, at $0.625 for a million units\n"
      "  marks         in the ledger; in the items (\"marks\": \"item\") they cost less where "
      "many changes are\n"
      "                updates, and readers see one attribute more\n" +
          std::string(kChoices));
  EXPECT_EQ(without_views({{"STREAMONCE_TARGET", "sqlite:copy.db"}}),
            "target  the SQLite database copy.db\n"
            "\n"
            "no views: the target is a mirror, each item as it is in the source\n");
}

TEST(CheckReport, SaysWhereTablesAreAndWhoWritesThem) {
  const std::string here = "arn:aws:dynamodb:eu-west-1:210987654321:table/";
  const Variables variables = {{"STREAMONCE_TARGET", "dynamodb:" + here + "copy"},
                               {"STREAMONCE_LEDGER", here + "marks"},
                               {"STREAMONCE_ROLE_ARN", "arn:aws:iam::210987654321:role/writer"},
                               {"STREAMONCE_EXTERNAL_ID", "AGREED"},
                               {"STREAMONCE_STREAM_ROLE_ARN", "arn:aws:iam::123456789012:role/r"}};
  const std::string text = without_views(variables);
  EXPECT_EQ(
      text.substr(0, text.find("\nno views")),
      "target  the DynamoDB table " + here + "copy; marks in the table " + here +
          "marks\n"
          "  account       210987654321, in the Region eu-west-1\n"
          "  role          arn:aws:iam::210987654321:role/writer, in sessions named "
          "streamonce, with an\n"
          "                external id\n"
          "  stream's role arn:aws:iam::123456789012:role/r, in sessions named streamonce; it "
          "needs\n"
          "                dynamodb:GetShardIterator and dynamodb:GetRecords on the stream\n"
          "  permissions   dynamodb:PutItem and dynamodb:DeleteItem on the target\n"
          "                (arn:aws:dynamodb:eu-west-1:210987654321:table/copy); "
          "dynamodb:PutItem and\n"
          "                dynamodb:BatchGetItem on the ledger\n"
          "                (arn:aws:dynamodb:eu-west-1:210987654321:table/marks); all for the "
          "role, "
          "and\n"
          "                sts:AssumeRole on it for whoever this program runs as\n");
  EXPECT_EQ(text.find("AGREED"), std::string::npos);
  const json document =
      json::parse(to_json(make_report(check_settings({}, environment_of(variables)), {})));
  EXPECT_EQ(document["account"], "210987654321");
  EXPECT_EQ(document["region"], "eu-west-1");
  EXPECT_EQ(document["role"], "arn:aws:iam::210987654321:role/writer");
  EXPECT_EQ(document["streamRole"], "arn:aws:iam::123456789012:role/r");
  const std::string by_name = without_views({{"STREAMONCE_TARGET", "dynamodb:copy"},
                                             {"STREAMONCE_LEDGER", "marks"},
                                             {"AWS_REGION", "eu-west-2"}});
  EXPECT_NE(by_name.find("\n  account       that of the credentials, in the Region eu-west-2\n"),
            std::string::npos)
      << by_name;
}

TEST(CheckReport, WhatIsOnlyAbsentIsNoFaultUnlessThereIsNothing) {
  const Report views = report_of("direct.sql");
  EXPECT_TRUE(views.faults.empty());
  EXPECT_TRUE(complaints(views).starts_with("to be set: no target: ")) << complaints(views);
  CheckedSettings only_file = check_settings({}, environment_of({}));
  only_file.has_file = true;
  EXPECT_TRUE(make_report(std::move(only_file), {}).faults.empty());
  const Report nothing = make_report(check_settings({}, environment_of({})), {});
  ASSERT_EQ(nothing.faults.size(), 1U);
  EXPECT_TRUE(nothing.absent.empty());
  EXPECT_EQ(to_text(nothing), "");
  EXPECT_TRUE(complaints(nothing).starts_with("bootstrap: no target: ")) << complaints(nothing);
}

TEST(CheckReport, TheViewsAreReadEvenIfSettingsAreWrongAndAllFaultsAreTold) {
  const Report report =
      report_of("wrong.sql", {{"STREAMONCE_TARGET", "postgres"}, {"STREAMONCE_TABLES", "x"}});
  ASSERT_EQ(report.faults.size(), 4U) << complaints(report);
  EXPECT_TRUE(report.faults[0].starts_with("STREAMONCE_TARGET: "));
  EXPECT_TRUE(report.faults[1].starts_with("STREAMONCE_TABLES: "));
  EXPECT_NE(report.faults[2].find("wrong.sql:2:"), std::string::npos);
  EXPECT_NE(report.faults[3].find("wrong.sql:3:"), std::string::npos);
  EXPECT_EQ(to_text(report), "");
  const std::string text = complaints(report);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
  const json document = json::parse(to_json(report));
  EXPECT_EQ(document["faults"].size(), 4U);
  EXPECT_EQ(document["views"], json::array());
}

TEST(CheckReport, ViewsThatAreRightAreToldEvenIfSettingsAreWrong) {
  const Report report = report_of("direct.sql", {{"STREAMONCE_TARGET", "dynamodb:copy"}});
  EXPECT_EQ(report.faults.size(), 1U) << complaints(report);
  EXPECT_NE(to_text(report).find("\nview open_orders  (direct.sql:4:1)\n"), std::string::npos);
}

}  // namespace
}  // namespace streamonce::handler::check
