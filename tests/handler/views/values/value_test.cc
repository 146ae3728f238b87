#include "handler/views/values/value.h"

#include <gtest/gtest.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamonce::handler::views {
namespace {

/// A value that came with an image.
Value raw(std::string_view json) {
  const auto attribute = events::look(json);
  EXPECT_TRUE(attribute) << json;
  return attribute ? Value::of(*attribute) : Value{};
}

Value number(std::string_view text) {
  return Value::of(events::parse_decimal(text).value());
}

std::string json_of(const Value& value) {
  std::string json;
  append_json(json, value);
  return json;
}

class ValueTest : public ::testing::Test {
 protected:
  bool are_equal(const Value& a, const Value& b) {
    const bool is_equal = equal(a, b);
    EXPECT_EQ(is_equal, equal(b, a));
    return is_equal;
  }
  bool are_equal(std::string_view a, std::string_view b) { return are_equal(raw(a), raw(b)); }
  std::partial_ordering order_of(const Value& a, const Value& b) { return order(a, b); }
  std::partial_ordering order_of(std::string_view a, std::string_view b) {
    return order_of(raw(a), raw(b));
  }
  bool is_in(std::string_view operand, std::string_view container) {
    return contains(raw(container), raw(operand));
  }
  bool starts(std::string_view value, std::string_view prefix) {
    return begins_with(raw(value), raw(prefix));
  }
};

TEST_F(ValueTest, CopiesWhatCameWithAnImageAsItCame) {
  for (const std::string_view json :
       {R"({ "S" : "\u0041" })", R"({"N":"1.50"})", R"({"SS": ["b", "a"]})", R"({"M":{ }})",
        R"({"L":[ {"NULL":true}]})", R"({"B":"AA=="})", R"({"BOOL": false})"})
    EXPECT_EQ(json_of(raw(json)), json);
}

TEST_F(ValueTest, PrintsMadeValuesAsDynamoDbJson) {
  EXPECT_EQ(json_of(Value::null()), R"({"NULL":true})");
  EXPECT_EQ(json_of(Value::of(true)), R"({"BOOL":true})");
  EXPECT_EQ(json_of(Value::of(false)), R"({"BOOL":false})");
  EXPECT_EQ(json_of(number("1E+2")), R"({"N":"100"})");
  EXPECT_EQ(json_of(Value::of_text("a\"\n")), R"({"S":"a\"\n"})");
  const std::array elements = {number("1.50"), Value::of_text("x"), raw(R"({"S":"\u0041"})")};
  EXPECT_EQ(json_of(Value::of_list(elements)), R"({"L":[{"N":"1.5"},{"S":"x"},{"S":"\u0041"}]})");
  EXPECT_EQ(json_of(Value::of_list({})), R"({"L":[]})");
  const std::array numbers = {number("1.50"), number("2")};
  EXPECT_EQ(json_of(Value::of_set(ValueKind::kNumberSet, numbers)), R"({"NS":["1.5","2"]})");
  const std::array members = {ValueMember{.name = "a\"", .value = number("1")},
                              ValueMember{.name = "b", .value = Value::of_map({})}};
  EXPECT_EQ(json_of(Value::of_map(members)), R"({"M":{"a\"":{"N":"1"},"b":{"M":{}}}})");
}

TEST_F(ValueTest, GivesTheElementsOfAListOrSetAndOfNothingElse) {
  const auto all = [](const Value& value) {
    std::string json;
    Value element;
    for (Elements elements(value); elements.next(element);) json += json_of(element) + ' ';
    return json;
  };
  EXPECT_EQ(all(raw(R"({"L":[{"N":"1"}, {"S":"x"}]})")), R"({"N":"1"} {"S":"x"} )");
  EXPECT_EQ(all(raw(R"({"SS":["a\n","b"]})")), R"({"S":"a\n"} {"S":"b"} )");
  EXPECT_EQ(all(raw(R"({"NS":["1.50"]})")), R"({"N":"1.5"} )");
  EXPECT_EQ(all(raw(R"({"BS":["AA=="]})")), R"({"B":"AA=="} )");
  const std::array elements = {number("1"), Value::null()};
  EXPECT_EQ(all(Value::of_list(elements)), R"({"N":"1"} {"NULL":true} )");
  for (const std::string_view json : {R"({"M":{"a":{"S":"x"}}})", R"({"S":"x"})", R"({"L":[]})"})
    EXPECT_EQ(all(raw(json)), "");
  EXPECT_EQ(all(Value{}), "");
  EXPECT_EQ(all(Value::of_text("x")), "");
}

TEST_F(ValueTest, FindsElementsAndMembers) {
  const Value list = raw(R"({"L":[{"N":"1"}, {"S":"x"}]})");
  EXPECT_EQ(json_of(list.element(1)), R"({"S":"x"})");
  EXPECT_TRUE(list.element(2).is_missing());
  EXPECT_TRUE(list.member("a").is_missing());
  const Value map = raw(R"({"M":{"a":{"N":"1"},"\u00e9\"":{"S":"x"}}})");
  EXPECT_EQ(json_of(map.member("a")), R"({"N":"1"})");
  EXPECT_EQ(json_of(map.member("\xC3\xA9\"")), R"({"S":"x"})");
  EXPECT_TRUE(map.member("b").is_missing());
  EXPECT_TRUE(map.element(0).is_missing());
  const std::array elements = {number("1")};
  EXPECT_TRUE(are_equal(Value::of_list(elements).element(0), number("1")));
  EXPECT_TRUE(Value::of_list(elements).element(1).is_missing());
  const std::array members = {ValueMember{.name = "a", .value = number("1")}};
  EXPECT_TRUE(are_equal(Value::of_map(members).member("a"), number("1")));
  EXPECT_TRUE(Value::of_map(members).member("b").is_missing());
  EXPECT_TRUE(raw(R"({"SS":["x"]})").element(0).is_missing());
}

TEST_F(ValueTest, TellsItsKindAndWhetherItIsTrue) {
  EXPECT_EQ(name_of(Value{}.kind()), "MISSING");
  EXPECT_EQ(name_of(raw(R"({"NS":["1"]})").kind()), "NS");
  EXPECT_TRUE(raw(R"({"BOOL":true})").is_true());
  EXPECT_FALSE(raw(R"({"BOOL":false})").is_true());
  EXPECT_TRUE(Value::of(true).is_true());
  for (const Value& value : {Value{}, Value::null(), raw(R"({"NULL":true})"), number("1"),
                             Value::of_text("true"), Value::of(false)})
    EXPECT_FALSE(value.is_true());
}

TEST_F(ValueTest, MissingIsEqualToNothing) {
  EXPECT_FALSE(are_equal(Value{}, Value{}));
  EXPECT_FALSE(are_equal(Value{}, Value::null()));
  EXPECT_EQ(order_of(Value{}, Value{}), std::partial_ordering::unordered);
}

TEST_F(ValueTest, ComparesScalarsByWhatTheyAre) {
  EXPECT_TRUE(are_equal(R"({"NULL":true})", R"({"NULL": true})"));
  EXPECT_TRUE(are_equal(R"({"BOOL":true})", R"({"BOOL": true})"));
  EXPECT_FALSE(are_equal(R"({"BOOL":true})", R"({"BOOL":false})"));
  EXPECT_TRUE(are_equal(R"({"N":"1.0"})", R"({"N":"10e-1"})"));
  EXPECT_FALSE(are_equal(R"({"N":"1.0"})", R"({"N":"1.00000000000000000000000000000000001"})"));
  EXPECT_TRUE(are_equal(R"({"N":"\u0031"})", R"({"N":"1"})"));
  EXPECT_TRUE(are_equal(R"({"S":"\u0041\/"})", R"({"S":"A/"})"));
  EXPECT_FALSE(are_equal(R"({"S":"a"})", R"({"S":"A"})"));
  EXPECT_TRUE(are_equal(R"({"B":"\/w=="})", R"({"B":"/w=="})"));
  EXPECT_FALSE(are_equal(R"({"B":"/w=="})", R"({"B":"/g=="})"));
  EXPECT_FALSE(are_equal(R"({"S":"1"})", R"({"N":"1"})"));
  EXPECT_TRUE(are_equal(raw(R"({"S":"\u0041"})"), Value::of_text("A")));
  EXPECT_TRUE(are_equal(raw(R"({"N":"1.0"})"), number("1")));
}

TEST_F(ValueTest, ComparesSetsAndMapsWithoutOrderAndListsWithIt) {
  EXPECT_TRUE(are_equal(R"({"SS":["a","b"]})", R"({"SS":["b","\u0061"]})"));
  EXPECT_FALSE(are_equal(R"({"SS":["a","b"]})", R"({"SS":["a"]})"));
  EXPECT_TRUE(are_equal(R"({"NS":["1","2"]})", R"({"NS":["2.0","1e0"]})"));
  EXPECT_FALSE(are_equal(R"({"NS":["1","2"]})", R"({"SS":["1","2"]})"));
  EXPECT_TRUE(are_equal(R"({"BS":["AA==","/w=="]})", R"({"BS":["/w==","AA=="]})"));
  EXPECT_TRUE(are_equal(R"({"L":[{"N":"1"},{"SS":["a","b"]}]})",
                        R"({"L":[{"N":"1.0"},{"SS":["b","a"]}]})"));
  EXPECT_FALSE(are_equal(R"({"L":[{"N":"1"},{"N":"2"}]})", R"({"L":[{"N":"2"},{"N":"1"}]})"));
  EXPECT_FALSE(are_equal(R"({"L":[{"N":"1"}]})", R"({"L":[{"N":"1"},{"N":"1"}]})"));
  EXPECT_TRUE(are_equal(R"({"L":[]})", R"({"L":[ ]})"));
  EXPECT_TRUE(are_equal(R"({"M":{"a":{"N":"1"},"b":{"M":{}}}})",
                        R"({"M":{"\u0062":{"M":{}},"a":{"N":"1.0"}}})"));
  EXPECT_FALSE(are_equal(R"({"M":{"a":{"N":"1"}}})", R"({"M":{"b":{"N":"1"}}})"));
  EXPECT_FALSE(are_equal(R"({"M":{"a":{"N":"1"}}})", R"({"M":{"a":{"N":"1"},"b":{"N":"1"}}})"));
  const std::array numbers = {number("2"), number("1")};
  EXPECT_TRUE(are_equal(raw(R"({"NS":["1","2"]})"), Value::of_set(ValueKind::kNumberSet, numbers)));
  EXPECT_TRUE(are_equal(raw(R"({"L":[{"N":"2"},{"N":"1"}]})"), Value::of_list(numbers)));
  const std::array members = {ValueMember{.name = "b", .value = number("1")},
                              ValueMember{.name = "a", .value = Value::null()}};
  EXPECT_TRUE(are_equal(raw(R"({"M":{"a":{"NULL":true},"b":{"N":"1"}}})"), Value::of_map(members)));
}

TEST_F(ValueTest, OrdersTextsNumbersAndBinaries) {
  constexpr auto kLess = std::partial_ordering::less;
  EXPECT_EQ(order_of(R"({"S":"a"})", R"({"S":"b"})"), kLess);
  EXPECT_EQ(order_of(R"({"S":""})", R"({"S":"a"})"), kLess);
  EXPECT_EQ(order_of(R"({"S":"z"})", R"({"S":"\u00e9"})"), kLess);
  // By UTF-8, not by units of UTF-16.
  EXPECT_EQ(order_of(R"({"S":"\uffff"})", R"({"S":"\ud800\udc00"})"), kLess);
  EXPECT_EQ(order_of(R"({"N":"9"})", R"({"N":"10"})"), kLess);
  EXPECT_EQ(order_of(R"({"N":"1"})", R"({"N":"1.0"})"), std::partial_ordering::equivalent);
  // The base64 of FF, FE and 7F begins with '/', '/' and 'f'.
  EXPECT_EQ(order_of(R"({"B":"fw=="})", R"({"B":"/g=="})"), kLess);
  EXPECT_EQ(order_of(R"({"B":"/g=="})", R"({"B":"/w=="})"), kLess);
  EXPECT_EQ(order_of(R"({"B":"/w=="})", R"({"B":"/wA="})"), kLess);
  EXPECT_EQ(order_of(R"({"B":""})", R"({"B":"AA=="})"), kLess);
  EXPECT_EQ(order_of(Value::of_text("a"), raw(R"({"S":"b"})")), kLess);
}

TEST_F(ValueTest, HasNoOrderForAnythingElse) {
  for (const std::string_view json :
       {R"({"BOOL":true})", R"({"NULL":true})", R"({"SS":["a"]})", R"({"L":[]})", R"({"M":{}})"})
    EXPECT_EQ(order_of(json, json), std::partial_ordering::unordered);
  EXPECT_EQ(order_of(R"({"S":"1"})", R"({"N":"1"})"), std::partial_ordering::unordered);
}

TEST_F(ValueTest, MeasuresAsDynamoDbDoes) {
  const auto size = [&](std::string_view json) { return size_of(raw(json)); };
  EXPECT_EQ(size(R"({"S":""})"), 0U);
  EXPECT_EQ(size(R"({"S":"abc\n"})"), 4U);
  EXPECT_EQ(size("{\"S\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"}"), 4U);  // two for the last
  EXPECT_EQ(size(R"({"B":"AA=="})"), 1U);
  EXPECT_EQ(size(R"({"B":""})"), 0U);
  EXPECT_EQ(size(R"({"SS":["a","b"]})"), 2U);
  EXPECT_EQ(size(R"({"L":[{"L":[{"N":"1"}]}]})"), 1U);
  EXPECT_EQ(size(R"({"M":{"a":{"N":"1"},"b":{"N":"1"},"c":{"N":"1"}}})"), 3U);
  EXPECT_EQ(size_of(Value::of_text("ab")), 2U);
  for (const std::string_view json : {R"({"N":"1"})", R"({"BOOL":true})", R"({"NULL":true})"})
    EXPECT_EQ(size(json), std::nullopt);
  EXPECT_EQ(size_of(Value{}), std::nullopt);
}

TEST_F(ValueTest, ContainsTextsBytesAndElements) {
  EXPECT_TRUE(is_in(R"({"S":"b\n"})", R"({"S":"ab\nc"})"));
  EXPECT_TRUE(is_in(R"({"S":""})", R"({"S":""})"));
  EXPECT_FALSE(is_in(R"({"S":"ac"})", R"({"S":"abc"})"));
  EXPECT_TRUE(is_in(R"({"B":"Yg=="})", R"({"B":"YWJj"})"));
  EXPECT_TRUE(is_in(R"({"B":""})", R"({"B":""})"));
  EXPECT_FALSE(is_in(R"({"B":"YWM="})", R"({"B":"YWJj"})"));
  EXPECT_TRUE(is_in(R"({"S":"a"})", R"({"SS":["b","\u0061"]})"));
  EXPECT_TRUE(is_in(R"({"N":"1"})", R"({"NS":["2","1.0"]})"));
  EXPECT_TRUE(is_in(R"({"B":"AA=="})", R"({"BS":["AA=="]})"));
  EXPECT_FALSE(is_in(R"({"N":"1"})", R"({"SS":["1"]})"));
  EXPECT_FALSE(is_in(R"({"SS":["a"]})", R"({"SS":["a"]})"));
  EXPECT_TRUE(is_in(R"({"NULL":true})", R"({"L":[{"NULL":true}]})"));
  EXPECT_TRUE(is_in(R"({"NS":["2","1"]})", R"({"L":[{"S":"x"},{"NS":["1","2"]}]})"));
  EXPECT_FALSE(is_in(R"({"S":"a"})", R"({"L":[{"L":[{"S":"a"}]}]})"));
  EXPECT_FALSE(is_in(R"({"S":"a"})", R"({"M":{"a":{"S":"a"}}})"));
  EXPECT_FALSE(is_in(R"({"S":"1"})", R"({"N":"1"})"));
  EXPECT_FALSE(contains(raw(R"({"L":[]})"), Value{}));
  EXPECT_FALSE(contains(Value{}, Value{}));
}

TEST_F(ValueTest, BeginsWithTextsAndBytes) {
  EXPECT_TRUE(starts(R"({"S":"abc"})", R"({"S":"\u0061b"})"));
  EXPECT_TRUE(starts(R"({"S":"abc"})", R"({"S":""})"));
  EXPECT_FALSE(starts(R"({"S":"abc"})", R"({"S":"b"})"));
  EXPECT_TRUE(starts(R"({"B":"YWJj"})", R"({"B":"YWI="})"));
  EXPECT_TRUE(starts(R"({"B":"YWJj"})", R"({"B":"YQ=="})"));
  EXPECT_FALSE(starts(R"({"B":"YWJj"})", R"({"B":"Yg=="})"));
  EXPECT_FALSE(starts(R"({"N":"55"})", R"({"N":"5"})"));
  EXPECT_FALSE(starts(R"({"SS":["a"]})", R"({"S":"a"})"));
  EXPECT_FALSE(begins_with(Value{}, Value{}));
}

TEST_F(ValueTest, ComparesSetsOfTheLargestItemsQuickly) {
  std::string one;
  std::string other;
  constexpr int kElements = 50'000;
  for (int i = 0; i < kElements; ++i) {
    one += (i == 0 ? "\"" : ",\"") + std::to_string(i) + '"';
    other += (i == 0 ? "\"" : ",\"") + std::to_string(kElements - 1 - i) + '"';
  }
  EXPECT_TRUE(are_equal(R"({"NS":[)" + one + "]}", R"({"NS":[)" + other + "]}"));
  EXPECT_TRUE(are_equal(R"({"SS":[)" + one + "]}", R"({"SS":[)" + other + "]}"));
}

/// A list of `count` elements that each are `element`.
std::string list_of(int count, std::string_view element) {
  std::string list = R"({"L":[)";
  for (int i = 0; i < count; ++i) list.append(i == 0 ? "" : ",").append(element);
  return list + "]}";
}

TEST_F(ValueTest, TakesWorkByTheShorterOfTwoValues) {
  constexpr int kHalf = 30'000;
  std::string set = R"({"NS":["0")";
  std::string map = R"({"M":{"0":{"N":"0"})";
  for (int i = 1; i < kHalf; ++i) {
    const std::string name = std::to_string(i);
    set.append(",\"").append(name).append("\"");
    map.append(",\"").append(name).append(R"(":{"N":"1"})");
  }
  const std::string text = R"({"S":"\u0061)" + std::string(kHalf, 'a');
  const auto contains_it = [&](std::string_view element, const std::string& operand) {
    return contains(raw(list_of(kHalf, element)), raw(operand));
  };
  EXPECT_FALSE(contains_it(R"({"NS":["0"]})", set + "]}"));
  EXPECT_FALSE(contains_it(R"({"M":{"0":{"N":"0"}}})", map + "}}"));
  EXPECT_FALSE(contains_it(R"({"S":"\u0061b"})", text + "\"}"));
  EXPECT_FALSE(contains_it(R"({"L":[{"S":"\u0061a"}]})", list_of(1, text + "\"}")));
}

TEST_F(ValueTest, ComparesTextsWithAndWithoutEscapes) {
  for (const std::string_view a : {R"({"S":"aaa"})", R"({"S":"a\u0061a"})", R"({"S":"\u0061aa"})"})
    for (const std::string_view b :
         {R"({"S":"aaa"})", R"({"S":"\u0061\u0061\u0061"})", R"({"S":"aa\u0061"})"}) {
      EXPECT_TRUE(are_equal(a, b)) << a << b;
      EXPECT_TRUE(are_equal(raw(a), Value::of_text("aaa"))) << a;
    }
  EXPECT_FALSE(are_equal(R"({"S":"aaa"})", R"({"S":"\u0061\u0061"})"));
  EXPECT_FALSE(are_equal(R"({"S":""})", R"({"S":"\u0061"})"));
}

TEST_F(ValueTest, TakesTheLastOfTwoMembersWithOneName) {
  EXPECT_EQ(json_of(raw(R"({"M":{"a":{"N":"1"},"b":{"N":"2"},"\u0061":{"N":"3"}}})").member("a")),
            R"({"N":"3"})");
}

TEST_F(ValueTest, MeetsNumbersThatNoItemHasWithoutHarm) {
  EXPECT_TRUE(are_equal(raw(R"({"N":"x"})"), number("0")));
  EXPECT_EQ(size_of(raw(R"({"B":"x"})")), 0U);
}

}  // namespace
}  // namespace streamonce::handler::views
