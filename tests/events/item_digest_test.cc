#include "events/item_digest.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "runtime/base/digest.h"

namespace streamonce::events {
namespace {

std::string digest_text(std::string_view item) {
  ItemDigester digester;
  const Result<ItemDigest> digest = digester.digest_of(item);
  if (!digest) return "error: " + digest.error().message;
  std::string hex;
  append_hex(hex, *digest);
  return hex;
}

void expect_all_equal(const std::vector<std::string>& items) {
  for (const std::string& item : items) EXPECT_EQ(digest_text(item), digest_text(items[0])) << item;
  EXPECT_FALSE(digest_text(items[0]).starts_with("error")) << digest_text(items[0]);
}

TEST(ItemDigest, IsTheSameInWhateverOrderNamesAndElementsStand) {
  expect_all_equal({R"({"a":{"S":"x"},"b":{"M":{"c":{"L":[]},"d":{"NULL":true}}}})",
                    R"({"b":{"M":{"d":{"NULL":true},"c":{"L":[]}}},"a":{"S":"x"}})",
                    " {\n\"b\" : {\"M\":{\"d\":{\"NULL\" : true}, \"c\":{\"L\":[ ]}}},\t\"a\":"
                    "{\"S\":\"x\"} } "});
  expect_all_equal({R"({"a":{"SS":["x","yy",""]}})", R"({"a":{"SS":["","yy","x"]}})"});
  expect_all_equal({R"({"a":{"NS":["1","20","3"]}})", R"({"a":{"NS":["3.0","2E1","01"]}})"});
  expect_all_equal({R"({"a":{"BS":["AQI=","AQ=="]}})", R"({"a":{"BS":["AQ==","AQI="]}})"});
}

TEST(ItemDigest, IsTheSameForEachSpellingOfAText) {
  expect_all_equal({"{\"\xC3\xA9/\":{\"S\":\"\xC3\xA9/\"}}", R"({"\u00e9\/":{"S":"\u00E9\/"}})",
                    R"({"\u00e9\u002f":{"\u0053":"\u00e9/"}})"});
  // Sorted by what they are, not by how they are written.
  expect_all_equal(
      {R"({"a":{"N":"1"},"b":{"N":"2"}})", R"({"\u0062":{"N":"2"},"\u0061":{"N":"1"}})"});
  expect_all_equal({"{\"a\":{\"SS\":[\"a\",\"\xF0\x9F\x98\x80\"]}}",
                    R"({"a":{"SS":["\uD83D\uDE00","\u0061"]}})"});
}

TEST(ItemDigest, IsTheSameForEachSpellingOfANumber) {
  for (const auto& spellings : std::vector<std::vector<std::string>>{
           {"0", "-0", "0.0", "+0E5", "000"},
           {"100", "1E2", "+100.00", "0100", "1.00e+2"},
           {"-0.05", "-5E-2", "-.05", "-0.0500"},
           {"12345678901234567890123456789012345678", "1.2345678901234567890123456789012345678E37"},
           {"1E-130", "0.1E-129"},
           {"9.99E125", "999E123"}}) {
    for (const std::string& spelling : spellings)
      EXPECT_EQ(digest_text(R"({"n":{"N":")" + spelling + "\"}}"),
                digest_text(R"({"n":{"N":")" + spellings[0] + "\"}}"))
          << spelling;
  }
}

TEST(ItemDigest, IsAnotherForEachOtherItem) {
  const std::vector<std::string> items = {
      "{}",
      R"({"a":{"S":""}})",
      R"({"a":{"B":""}})",
      R"({"a":{"NULL":true}})",
      R"({"a":{"BOOL":true}})",
      R"({"a":{"BOOL":false}})",
      R"({"a":{"L":[]}})",
      R"({"a":{"M":{}}})",
      R"({"a":{"S":"1"}})",
      R"({"a":{"N":"1"}})",
      R"({"a":{"N":"-1"}})",
      R"({"a":{"N":"10"}})",
      R"({"a":{"N":"0.1"}})",
      R"({"a":{"SS":["1"]}})",
      R"({"a":{"NS":["1"]}})",
      R"({"a":{"SS":["1",""]}})",
      R"({"a":{"SS":["AQ=="]}})",
      R"({"a":{"BS":["AQ=="]}})",
      R"({"a":{"B":"AQ=="}})",
      R"({"a":{"S":"AQ=="}})",
      R"({"a":{"L":[{"S":"1"}]}})",
      R"({"a":{"L":[{"S":"1"},{"S":"2"}]}})",
      R"({"a":{"L":[{"S":"2"},{"S":"1"}]}})",
      R"({"a":{"L":[{"L":[{"S":"1"}]},{"S":"2"}]}})",
      R"({"a":{"L":[{"L":[{"S":"1"},{"S":"2"}]}]}})",
      R"({"a":{"M":{"b":{"S":"1"}}}})",
      R"({"a":{"M":{"b":{"S":"1"}}},"c":{"S":"1"}})",
      R"({"a":{"M":{"b":{"S":"1"},"c":{"S":"1"}}}})",
      R"({"b":{"S":"1"}})",
      R"({"a":{"S":"1"},"b":{"S":"1"}})",
      R"({"ab":{"S":"1"}})",
      R"({"a":{"S":"b1"}})",
  };
  std::set<std::string> digests;
  for (const std::string& item : items) {
    EXPECT_FALSE(digest_text(item).starts_with("error")) << item << ": " << digest_text(item);
    EXPECT_TRUE(digests.insert(digest_text(item)).second) << item;
  }
}

TEST(ItemDigest, TakesAMemberThatIsNullForAbsent) {
  expect_all_equal({R"({"a":{"S":"x"},"b":{"M":{"c":{"N":"1"}}}})",
                    R"({"a":{"S":"x","N":null},"b":{"BOOL":null,"M":{"c":{"L":null,"N":"1"}}}})"});
}

TEST(ItemDigest, RefusesWhatIsNoItemAndTellsNoValue) {
  const auto nested = [](int levels) {
    std::string item = R"({"a":)";
    for (int i = 0; i < levels; ++i) item += R"({"L":[)";
    for (int i = 0; i < levels; ++i) item += "]}";
    return item + "}";
  };
  EXPECT_FALSE(digest_text(nested(32)).starts_with("error"));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {nested(33), "attribute \"a\": an item nests deeper than 32 levels"},
      {R"({"a":{"N":"secret"}})", "attribute \"a\": an N is not a number"},
      {R"({"a":{"NS":["1","secret"]}})", "attribute \"a\": an N is not a number"},
      {R"({"a":{"N":"1E126"}})", "attribute \"a\": an N is out of DynamoDB's range"},
      {R"({"a":{"N":"123456789012345678901234567890123456789"}})",
       "attribute \"a\": an N has more than 38 significant digits"},
      {R"({"a":{"N":7}})", "attribute \"a\": is not of the form of DynamoDB's items"},
      {R"({"a":{"S":7}})", "attribute \"a\": is not of the form of DynamoDB's items"},
      {R"({"a":{"B":"A"}})", "attribute \"a\": a B is not base64"},
      {R"({"a":{"BS":["AR=="]}})", "attribute \"a\": a B is not base64"},
      {R"({"a":{"S":"\ud800"}})",
       "attribute \"a\": a string has an escape that stands for no character"},
      {R"({"a":{"SS":[]}})", "attribute \"a\": a set is empty"},
      {R"({"a":{"NULL":false}})", "attribute \"a\": a NULL is not true"},
      {R"({"a":{"X":"secret"}})",
       "attribute \"a\": an attribute has a type that is none of DynamoDB's ten"},
      {R"({"a":{"S":"x","N":"1"}})", "attribute \"a\": an attribute value has more than one type"},
      {R"({"a":{}})", "attribute \"a\": an attribute value has no type"},
      {R"({"a":{"M":{"b":{"S":"x"},"\u0062":{"S":"y"}}}})", "attribute \"a\": a name stands twice"},
      {R"({"a":{"S":"x"},"a":{"S":"x"}})", "a name stands twice"},
      {R"({"":{"S":"x"}})", "an attribute has an empty name"},
      {R"({"a":"secret"})", "attribute \"a\": is not of the form of DynamoDB's items"},
      {R"({"a":{"S":"secret)", "is not JSON"},
      {R"({"a":{"S":"x"}} {})", "is not JSON"},
      {"", "is not JSON"},
      {"[]", "is not of the form of DynamoDB's items"},
      {"7", "is not of the form of DynamoDB's items"},
  };
  for (const auto& [item, message] : cases)
    EXPECT_EQ(digest_text(item), "error: " + message) << item;
}

TEST(ItemDigest, GoesOnBehindAnItemThatIsNone) {
  ItemDigester digester;
  EXPECT_FALSE(digester.digest_of(R"({"a":{"M":{"b":{"S":"x"},"c":{"SS":["x",7]}}}})"));
  const Result<ItemDigest> digest = digester.digest_of(R"({"a":{"S":"x"}})");
  ASSERT_TRUE(digest);
  EXPECT_EQ(*digest, *ItemDigester().digest_of(R"({"a":{"S":"x"}})"));
}

TEST(ItemDigest, LeavesTopLevelAttributesOutThatAreIgnored) {
  ItemDigester digester({"v", "seen"});
  const auto digest = [&](std::string_view item) { return *digester.digest_of(item); };
  EXPECT_EQ(digest(R"({"z":{"S":"x"},"v":{"N":"1"},"a":{"S":"y"}})"),
            digest(R"({"seen":{"S":"?"},"a":{"S":"y"},"z":{"S":"x"}})"));
  EXPECT_EQ(digest(R"({"a":{"S":"y"},"\u0076":{"N":"1"}})"), digest(R"({"a":{"S":"y"}})"));
  EXPECT_NE(digest(R"({"a":{"M":{"v":{"N":"1"}}}})"), digest(R"({"a":{"M":{"v":{"N":"2"}}}})"));
  EXPECT_FALSE(digester.digest_of(R"({"v":{"N":"x"}})"));
}

TEST(ItemDigest, NamesTheAttributesThatDiffer) {
  ItemDigester digester({"ignored"});
  const auto differing = [&](std::string_view a, std::string_view b) {
    return digester.differing_attributes(a, b).value();
  };
  using Names = std::vector<std::string>;
  const std::string_view item =
      R"({"z":{"N":"1.0"},"b":{"M":{"c":{"S":"x"}}},"a":{"SS":["x","y"]},"ignored":{"S":"1"}})";
  EXPECT_EQ(differing(item, item), Names{});
  EXPECT_EQ(differing(item, R"({"a":{"SS":["y","x"]},"b":{"M":{"c":{"S":"x"}}},"z":{"N":"1"}})"),
            Names{});
  EXPECT_EQ(differing(item, R"({"a":{"SS":["y","z"]},"b":{"M":{"c":{"S":"y"}}},"z":{"N":"1"}})"),
            (Names{"a", "b"}));
  EXPECT_EQ(differing(item, "{}"), (Names{"a", "b", "z"}));
  EXPECT_EQ(differing("{}", item), (Names{"a", "b", "z"}));
  EXPECT_EQ(differing(item, R"({"b":{"M":{"c":{"S":"x"}}},"d\u00e9":{"S":"x"},"z":{"N":"2"}})"),
            (Names{"a", "d\xC3\xA9", "z"}));
  EXPECT_FALSE(digester.differing_attributes(item, "{"));
  EXPECT_FALSE(digester.differing_attributes("{", item));
}

}  // namespace
}  // namespace streamonce::events
