#include "handler/targets/sqlite/added_item.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace streamonce::handler::sqlite {
namespace {

using Numbers = std::vector<std::pair<std::string, std::string>>;

/// The item, or why there is none.
std::string added(const std::string& item, const Numbers& numbers) {
  std::vector<Addend> addends;
  for (const auto& [name, number] : numbers)
    addends.push_back({.name = name, .number = *events::parse_decimal(number)});
  const Result<std::string> made = added_item(item, addends);
  return made ? *made : made.error().message;
}

const std::string kManyDigits = "12345678901234567890123456789012345678";

TEST(AddedItem, AddsExactly) {
  const std::vector<std::pair<Numbers, std::string>> cases = {
      {{{"spent", "0.1"}}, R"({"g":{"S":"a"},"spent":{"N":"0.3"}})"},
      {{{"spent", "-0.2"}}, R"({"g":{"S":"a"},"spent":{"N":"0"}})"},
      {{{"spent", "-12.7"}}, R"({"g":{"S":"a"},"spent":{"N":"-12.5"}})"},
      {{{"spent", "1E+20"}}, R"({"g":{"S":"a"},"spent":{"N":"100000000000000000000.2"}})"},
      {{{"spent", "9007199254740993"}}, R"({"g":{"S":"a"},"spent":{"N":"9007199254740993.2"}})"}};
  for (const auto& [numbers, wanted] : cases)
    EXPECT_EQ(added(R"({"g":{"S":"a"},"spent":{"N":"0.2"}})", numbers), wanted);
}

TEST(AddedItem, WhatIsAbsentComesToStandBehindTheOthers) {
  EXPECT_EQ(added(R"({"g":{"S":"a"}})", {{"orders", "1"}, {"spent", "-0.50"}}),
            R"({"g":{"S":"a"},"orders":{"N":"1"},"spent":{"N":"-0.5"}})");
  EXPECT_EQ(added(R"({"spent":{"N":"1"},"g":{"S":"a"}})", {{"orders", "1"}, {"spent", "2"}}),
            R"({"spent":{"N":"3"},"g":{"S":"a"},"orders":{"N":"1"}})");
  EXPECT_EQ(added("{}", {{"a", "1"}, {"b", "2"}}), R"({"a":{"N":"1"},"b":{"N":"2"}})");
  EXPECT_EQ(added(" { } ", {{"a\"\n", "1"}}), " { \"a\\\"\\n\":{\"N\":\"1\"}} ");
}

TEST(AddedItem, LeavesEverythingElseByteForByte) {
  EXPECT_EQ(added("\n{ \"g\" : {\"S\": \"\\u00e4 {\\\"N\\\":\\\"1\\\"}\"} "
                  ",\"m\":{\"M\":{\"n\":{\"N\":\"1E2\"}}},"
                  "\"n\" : { \"N\" : \"1E2\" }, \"x\":{\"N\":\"1.00\"} }\t",
                  {{"n", "1"}}),
            "\n{ \"g\" : {\"S\": \"\\u00e4 {\\\"N\\\":\\\"1\\\"}\"} "
            ",\"m\":{\"M\":{\"n\":{\"N\":\"1E2\"}}},"
            "\"n\" : {\"N\":\"101\"}, \"x\":{\"N\":\"1.00\"} }\t");
  EXPECT_EQ(added(R"({"\u0061":{"N":"\u0031"}})", {{"a", "1"}}), R"({"\u0061":{"N":"2"}})")
      << "however it is written";
}

TEST(AddedItem, RefusesWhatIsNoNumberAndTellsItsType) {
  const std::vector<std::pair<std::string, std::string>> values = {
      {R"({"S":"secret"})", "S"},     {R"({"B":"AQI="})", "B"},
      {R"({"BOOL":true})", "BOOL"},   {R"({"NULL":true})", "NULL"},
      {R"({"NS":["17"]})", "NS"},     {R"({"SS":["secret"]})", "SS"},
      {R"({"L":[{"N":"17"}]})", "L"}, {R"({"M":{"a":{"N":"17"}}})", "M"},
      {R"({"BS":["AQI="]})", "BS"}};
  for (const auto& [value, type] : values) {
    EXPECT_EQ(added(R"({"g":{"S":"a"},"spent":)" + value + "}", {{"spent", "1"}}),
              "attribute \"spent\" has the type " + type + ": expected N, a number to add to");
  }
}

TEST(AddedItem, RefusesASumThatIsNoNumberOfDynamoDbs) {
  const auto sum = [](const std::string& there, const std::string& number) {
    return added(R"({"spent":{"N":")" + there + R"("}})", {{"spent", number}});
  };
  const std::string end = ": expected a sum that a number of DynamoDB's can be";
  EXPECT_EQ(sum(kManyDigits, "0.1"),
            "adding to attribute \"spent\": the result has more than 38 significant digits" + end);
  EXPECT_EQ(sum("9E+125", "9E+125"),
            "adding to attribute \"spent\": the result is out of DynamoDB's range" + end);
  EXPECT_EQ(sum(kManyDigits, "1"), R"({"spent":{"N":"12345678901234567890123456789012345679"}})");
}

TEST(AddedItem, RefusesATextThatIsNoItem) {
  for (const char* text :
       {"", "by hand", "null", "[]", R"("x")", R"({"g":{"S":"a"})", R"({"g":{"S":"a"}}})",
        R"({"g":{"S":"a"}} {"g":{"S":"a"}})", R"({"g":"a"})", R"({"spent":{"N":17}})",
        R"({"spent":{"N":"seventeen"}})", R"({"spent":{"N":"1","S":"x"}})",
        R"({"spent":{"N":"1","S":null}})", R"({"g":{"S":"a"},"spent":{"N":"1"},})",
        "{\"g\":{\"S\":\"\xFF\"}}", R"({"":{"N":"1"}})"}) {
    EXPECT_TRUE(added(text, {{"spent", "1"}}).starts_with("its item is no DynamoDB JSON: "))
        << text << added(text, {{"spent", "1"}});
  }
  EXPECT_EQ(added(R"({"n":{"N":"17"},"n":{"N":"18"}})", {{"n", "1"}}),
            "attribute \"n\" is there twice: expected it once");
}

}  // namespace
}  // namespace streamonce::handler::sqlite
