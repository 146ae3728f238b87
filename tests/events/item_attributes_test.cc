#include "events/item_attributes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streamonce::events {
namespace {

using Raws = std::vector<RawAttribute>;

TEST(HasAttributes, ComparesTextsAndBytesAsTheyAre) {
  const std::string item = R"({"id":{"S":"a"},"data":{"B":"AQI="},"n":{"N":"7"}})";
  EXPECT_TRUE(has_attributes(item, Raws{{"id", R"({"S":"a"})"}}));
  EXPECT_TRUE(has_attributes(item, Raws{{"data", R"({"B":"AQI="})"}, {"id", R"({"S":"a"})"}}));
  EXPECT_FALSE(has_attributes(item, Raws{{"id", R"({"S":"A"})"}}));
  EXPECT_FALSE(has_attributes(item, Raws{{"id", R"({"S":"a"})"}, {"data", R"({"B":"AQM="})"}}));
  EXPECT_FALSE(has_attributes(item, Raws{{"absent", R"({"S":"a"})"}}));
}

TEST(HasAttributes, ComparesNumbersAsNumbersAndTypesBeforeValues) {
  for (const char* same : {"70", "70.0", "7E1", "0070", "+7.0e+1"})
    EXPECT_TRUE(
        has_attributes(R"({"n":{"N":")" + std::string(same) + "\"}}", Raws{{"n", R"({"N":"70"})"}}))
        << same;
  EXPECT_FALSE(has_attributes(R"({"n":{"N":"71"}})", Raws{{"n", R"({"N":"70"})"}}));
  EXPECT_FALSE(has_attributes(R"({"n":{"S":"70"}})", Raws{{"n", R"({"N":"70"})"}}));
  const std::string long_number = "12345678901234567890123456789012345678";
  EXPECT_FALSE(has_attributes(R"({"n":{"N":")" + long_number + "\"}}",
                              Raws{{"n", R"({"N":"12345678901234567890123456789012345679"})"}}));
}

TEST(HasAttributes, KnowsANameAndAValueHoweverTheyAreEscaped) {
  const std::string item =
      "{ \"n\\u00e4me\" : {\"S\" : \"\\u00e9\\\"\"}, \"q\\\"\":{\"S\":\"1\"} }";
  EXPECT_TRUE(has_attributes(item, Raws{{"n\xC3\xA4me", "{\"S\":\"\xC3\xA9\\\"\"}"}}));
  EXPECT_TRUE(has_attributes(item, Raws{{"q\"", R"({"S":"1"})"}}));
}

TEST(HasAttributes, FindsNothingInWhatIsNoItemAndNothingOfOtherTypes) {
  const Raws wanted = {{"id", R"({"S":"a"})"}};
  for (const char* text : {"", "x", "[]", "7", R"({"id":"a"})", R"({"id":{"S":"a"})",
                           R"({"id":{"S":"a"}},"x":{"id":{"S":"a"}})"})
    EXPECT_FALSE(has_attributes(text, wanted)) << text;
  const std::string flag = R"({"id":{"BOOL":true}})";
  EXPECT_FALSE(has_attributes(flag, Raws{{"id", R"({"BOOL":true})"}}));
  EXPECT_FALSE(has_attributes(flag, Raws{{"id", "not JSON"}}));
}

TEST(IsItem, TakesOneItemInWhateverSpellingAndNothingElse) {
  for (const char* text : {"{}", " { } ", R"({"id":{"S":"a"},"m":{"M":{"n":{"L":[{"N":"1"}]}}}})"})
    EXPECT_TRUE(is_item(text)) << text;
  for (const char* text :
       {"", "x", "[]", "null", R"({"id":"a"})", R"({"id":{"S":"a"})",
        R"({"id":{"S":"a","N":null}})", R"({"id":{"S":"a"}}{})", R"({"id":{"S":"a"}}})",
        R"({"id":{"S":"a"}},"x":1)", R"({"id":{"S":"a"}},"x":{"id":{"S":"a"}})"})
    EXPECT_FALSE(is_item(text)) << text;
}

}  // namespace
}  // namespace streamonce::events
