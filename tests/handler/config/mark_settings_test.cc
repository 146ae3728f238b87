#include "handler/config/mark_settings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "handler/config/settings.h"
#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using testing::environment_of;
using testing::kAwsVariables;
using testing::Variables;

constexpr const char* kDynamoDb = R"("target":"dynamodb:copy","ledger":"marks")";

/// Settings of a pipeline file whose members are these.
class MarkSettingsTest : public ::testing::Test {
 protected:
  Result<Settings> load(const std::string& members, const Variables& more = {}) {
    std::ofstream(path_, std::ios::trunc) << '{' << members << '}';
    Variables variables = kAwsVariables;
    variables["STREAMONCE_CONFIG"] = path_;
    for (const auto& [name, value] : more) variables[name] = value;
    return load_settings({}, environment_of(std::move(variables)));
  }
  MarkSettings marks_of(const std::string& members, const Variables& more = {}) {
    const auto settings = load(members, more);
    EXPECT_TRUE(settings) << settings.error().message;
    return settings ? settings->marks : MarkSettings();
  }
  std::string why_not(const std::string& members, const Variables& more = {}) {
    const auto settings = load(members, more);
    return settings ? "no error" : settings.error().message;
  }
  static std::string with(const std::string& members) {
    return std::string(kDynamoDb) + "," + members;
  }

  const testing::TempDir folder_;
  const std::string path_ = folder_.file("pipeline.json");
};

TEST_F(MarkSettingsTest, MarksAreInTheLedgerUnlessItIsSaidOtherwise) {
  for (const MarkSettings& marks :
       {marks_of(kDynamoDb), marks_of(with(R"("marks":"ledger")")),
        marks_of(R"("target":"sqlite:x")"), marks_of(R"("target":"sqlite:x","marks":"ledger")")}) {
    EXPECT_FALSE(marks.are_in_items());
    EXPECT_EQ(marks.version_attribute, "");
    EXPECT_FALSE(marks.adopts_items);
    EXPECT_EQ(marks.puts_in_flight, 0);
  }
}

TEST_F(MarkSettingsTest, MarksInItemsHaveAnAttribute) {
  const MarkSettings usual = marks_of(with(R"("marks":"item")"));
  EXPECT_TRUE(usual.are_in_items());
  EXPECT_EQ(usual.version_attribute, "streamonce");
  EXPECT_FALSE(usual.adopts_items);
  EXPECT_EQ(usual.puts_in_flight, 0);
  const MarkSettings all =
      marks_of(with(R"("marks":"item","version_attribute":"_v","adopt":true,"puts_in_flight":64)"));
  EXPECT_EQ(all.version_attribute, "_v");
  EXPECT_TRUE(all.adopts_items);
  EXPECT_EQ(all.puts_in_flight, 64);
  EXPECT_FALSE(marks_of(with(R"("marks":"item","adopt":false)")).adopts_items);
  EXPECT_EQ(marks_of(with(R"("marks":"item","version_attribute":")" + std::string(255, 'a') + '"'))
                .version_attribute.size(),
            255U);
}

TEST_F(MarkSettingsTest, TheEnvironmentBeatsTheFile) {
  EXPECT_TRUE(marks_of(kDynamoDb, {{"STREAMONCE_MARKS", "item"}}).are_in_items());
  EXPECT_FALSE(
      marks_of(with(R"("marks":"item")"), {{"STREAMONCE_MARKS", "ledger"}}).are_in_items());
  EXPECT_EQ(
      marks_of(with(R"("marks":"item","version_attribute":"_v")"), {{"STREAMONCE_MARKS", "item"}})
          .version_attribute,
      "_v");
}

TEST_F(MarkSettingsTest, EachFaultNamesItsSetting) {
  const std::string name_rule =
      "expected the name of an attribute, 1 to 255 bytes of UTF-8 without control characters";
  const std::string count_rule = "expected a whole number of requests from 1 to 64";
  const std::multimap<std::string, std::string> faults = {
      {R"("marks":"items")", "marks: \"items\": expected ledger or item"},
      {R"("marks":"")", "marks: expected a string that is not empty"},
      {R"("marks":true)", "marks: expected a string that is not empty"},
      {R"("marks":"item","version_attribute":"")",
       "version_attribute: expected a string that is not empty"},
      {R"("marks":"item","version_attribute":7)",
       "version_attribute: expected a string that is not empty"},
      {R"("marks":"item","version_attribute":")" + std::string(256, 'a') + '"',
       "version_attribute: " + name_rule},
      {R"("marks":"item","adopt":"yes")", "adopt: expected true or false"},
      {R"("marks":"item","adopt":1)", "adopt: expected true or false"},
      {R"("marks":"item","puts_in_flight":0)", "puts_in_flight: " + count_rule},
      {R"("marks":"item","puts_in_flight":65)", "puts_in_flight: " + count_rule},
      {R"("marks":"item","puts_in_flight":"8")", "puts_in_flight: " + count_rule},
  };
  for (const auto& [members, fault] : faults)
    EXPECT_EQ(why_not(with(members)), path_ + ": " + fault) << members;
  EXPECT_EQ(why_not(kDynamoDb, {{"STREAMONCE_MARKS", "Item"}}),
            "STREAMONCE_MARKS: \"Item\": expected ledger or item");
}

TEST_F(MarkSettingsTest, ASqliteTargetHasNoChoice) {
  const std::string why =
      "\"marks\": \"item\" is for a DynamoDB target, whose transactions bill double: a SQLite "
      "target keeps its marks beside the items at no price";
  EXPECT_EQ(why_not(R"("target":"sqlite:x","marks":"item")"), why);
  EXPECT_EQ(why_not(R"("target":"sqlite:x")", {{"STREAMONCE_MARKS", "item"}}), why);
}

TEST_F(MarkSettingsTest, WhatIsForMarksInItemsIsRefusedWithoutThem) {
  const std::string why =
      " is for \"marks\": \"item\", and the marks are in the ledger: add that, or leave it out";
  EXPECT_EQ(why_not(with(R"("version_attribute":"_v")")), "\"version_attribute\"" + why);
  EXPECT_EQ(why_not(with(R"("adopt":true)")), "\"adopt\"" + why);
  EXPECT_EQ(why_not(with(R"("puts_in_flight":8)")), "\"puts_in_flight\"" + why);
  EXPECT_EQ(why_not(with(R"("marks":"item","adopt":true)"), {{"STREAMONCE_MARKS", "ledger"}}),
            "\"adopt\"" + why);
  EXPECT_EQ(why_not(R"("target":"sqlite:x","version_attribute":"_v")"),
            "\"version_attribute\"" + why);
}

TEST_F(MarkSettingsTest, TheAttributeIsKnownBeforeThereIsATarget) {
  const CheckedSettings checked =
      check_settings({}, environment_of({{"STREAMONCE_MARKS", "item"}}));
  EXPECT_EQ(checked.settings.marks.version_attribute, "streamonce");
  for (const SettingFault& fault : checked.faults) EXPECT_TRUE(fault.is_absence) << fault.message;
}

}  // namespace
}  // namespace streamonce::handler
