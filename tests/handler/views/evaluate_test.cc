#include "handler/views/evaluate.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/view_item.h"

namespace streamonce::handler::views {
namespace {

using testing::evaluated;

constexpr std::string_view kEvaluatedItem =
    R"({"id":{"S":"i"},"t":{"S":"abc"},"u":{"S":"abc"},"n":{"N":"12.50"},"m":{"N":"12.5"},)"
    R"("hundred":{"N":"1E+2"},"minus":{"N":"-3"},"yes":{"BOOL":true},"no":{"BOOL":false},)"
    R"("nil":{"NULL":true},"bin":{"B":"AQID"},"tags":{"SS":["b","a"]},"nums":{"NS":["2","1.0"]},)"
    R"("list":{"L":[{"S":"x"},{"N":"7"},{"M":{"k":{"S":"v"}}}]},"map":{"M":{"a":{"S":"in"},)"
    R"("b":{"L":[{"N":"1"}]}}},"empty":{"S":""},"odd name":{"S":"odd"},"esc":{"S":"q\"\u00e4\n"},)"
    R"("euro":{"S":"\u20ac1"},"spaced":{"S":"  a b "},"s":{"S":"shadowed"}})";

struct Evaluation {
  std::string_view expression;
  std::string_view value;
};

void expect_all(const std::vector<Evaluation>& cases) {
  for (const Evaluation& c : cases)
    EXPECT_EQ(evaluated(c.expression, kEvaluatedItem), c.value) << c.expression;
}

/// Conditions that hold, and ones that do not.
void expect_truths(const std::vector<std::string_view>& hold,
                   const std::vector<std::string_view>& hold_not) {
  for (const std::string_view condition : hold)
    EXPECT_EQ(evaluated(condition, kEvaluatedItem), R"({"BOOL":true})") << condition;
  for (const std::string_view condition : hold_not)
    EXPECT_EQ(evaluated(condition, kEvaluatedItem), R"({"BOOL":false})") << condition;
}

TEST(Evaluate, GivesLiteralsAsTheyAre) {
  expect_all({{"'it''s'", R"({"S":"it's"})"},
              {"12.5", R"({"N":"12.5"})"},
              {"-3", R"({"N":"-3"})"},
              {"TRUE", R"({"BOOL":true})"},
              {"FALSE", R"({"BOOL":false})"},
              {"NULL", R"({"NULL":true})"},
              {"MISSING", "MISSING"},
              {"{'a': 1}", R"({"M":{"a":{"N":"1"}}})"},
              {"{}", R"({"M":{}})"},
              {"[1, 't']", R"({"L":[{"N":"1"},{"S":"t"}]})"},
              {"[]", R"({"L":[]})"},
              {"{'a': [{'b': -1}, NULL], 'c': <<2>>}",
               R"({"M":{"a":{"L":[{"M":{"b":{"N":"-1"}}},{"NULL":true}]},"c":{"NS":["2"]}}})"},
              {"<<'a', 'b'>>", R"({"SS":["a","b"]})"},
              {"<<1, -2.5>>", R"({"NS":["1","-2.5"]})"}});
}

TEST(Evaluate, FollowsPathsToTheBytesThatCame) {
  expect_all({{"t", R"({"S":"abc"})"},
              {"n", R"({"N":"12.50"})"},
              {"esc", R"({"S":"q\"\u00e4\n"})"},
              {"map.a", R"({"S":"in"})"},
              {"map.b[0]", R"({"N":"1"})"},
              {"list[2].k", R"({"S":"v"})"},
              {"s.t", R"({"S":"abc"})"},
              {"s.s", R"({"S":"shadowed"})"},
              {"\"odd name\"", R"({"S":"odd"})"},
              {"list[3]", "MISSING"},
              {"map.none", "MISSING"},
              {"map[0]", "MISSING"},
              {"list.a", "MISSING"},
              {"t.a", "MISSING"},
              {"t[0]", "MISSING"},
              {"tags[0]", "MISSING"},
              {"none.a[1].b", "MISSING"},
              {"nil.a", "MISSING"}});
}

TEST(Evaluate, FindsAComparisonWithAMissingAttributeFalseButForUnequal) {
  expect_truths(
      {"none <> 1", "1 <> none", "none <> other_none", "none != none", "NOT none = 1",
       "NOT none < 1", "none NOT IN (1)", "none NOT BETWEEN 1 AND 2"},
      {"none = 1", "1 = none", "none = other_none", "none < 1", "none <= 1", "none > 1",
       "none >= 1", "1 < none", "none BETWEEN 1 AND 2", "1 BETWEEN none AND 2",
       "1 BETWEEN 0 AND none", "none IN (1, none)", "begins_with(none, 'a')", "contains(none, 'a')",
       "contains(t, none)", "size(none) = 0", "attribute_type(none, 'S')"});
}

TEST(Evaluate, FindsValuesOfDifferentTypesUnequalAndWithoutOrder) {
  expect_truths({"t <> n", "t <> 12.5", "nil <> no", "tags <> nums", "bin <> 'AQID'"},
                {"t = n", "t < n", "t > n", "t <= 1", "t >= 1", "yes < no", "yes > no", "nil < 1",
                 "nil <= nil", "list < list", "map >= map", "tags <= tags", "t BETWEEN 1 AND 2",
                 "t BETWEEN 'a' AND 5"});
}

TEST(Evaluate, ComparesNumbersAsNumbersTextsByBytesAndSetsWithoutOrder) {
  expect_truths(
      {"n = m",
       "n = 12.5",
       "hundred = 100",
       "minus < 2",
       "minus > -3.5",
       "n >= m",
       "n <= m",
       "t = u",
       "t < 'abd'",
       "t > 'ab'",
       "'Z' < 'a'",
       "empty < t",
       "tags = <<'a', 'b'>>",
       "nums = <<1, 2.0>>",
       "list = list",
       "map = map",
       "map.b = [1.0]",
       "bin = bin",
       "nil = NULL",
       "yes = TRUE",
       "no = FALSE",
       "n BETWEEN 12.5 AND 12.50",
       "minus BETWEEN -3 AND 0",
       "t IN ('x', u)",
       "n IN [1, 12.5]",
       "t NOT IN ('x')",
       "t NOT BETWEEN 'b' AND 'c'"},
      {"n <> m", "t <> u", "tags = <<'a'>>", "n < m", "t < u", "yes = FALSE", "t NOT IN ('x', t)",
       "n NOT BETWEEN 1 AND 20", "n BETWEEN 20 AND 1", "t IN ('x', 'y')", "map.b = [2]"});
}

TEST(Evaluate, TellsNullFromMissing) {
  expect_truths({"nil IS NULL", "t IS NOT NULL", "none IS NOT NULL", "none IS MISSING",
                 "nil IS NOT MISSING", "t IS NOT MISSING", "list[9] IS MISSING"},
                {"none IS NULL", "t IS NULL", "nil IS NOT NULL", "nil IS MISSING", "t IS MISSING",
                 "none IS NOT MISSING", "empty IS NULL"});
}

TEST(Evaluate, HasTheConditionsOfDynamodb) {
  expect_truths(
      {"attribute_exists(t)",
       "attribute_exists(nil)",
       "attribute_exists(map.b[0])",
       "attribute_not_exists(none)",
       "attribute_not_exists(map.none)",
       "attribute_type(t, 'S')",
       "attribute_type(n, 'N')",
       "attribute_type(bin, 'B')",
       "attribute_type(yes, 'BOOL')",
       "attribute_type(nil, 'NULL')",
       "attribute_type(tags, 'SS')",
       "attribute_type(nums, 'NS')",
       "attribute_type(list, 'L')",
       "attribute_type(map, 'M')",
       "begins_with(t, 'ab')",
       "begins_with(t, '')",
       "contains(t, 'bc')",
       "contains(tags, 'a')",
       "contains(nums, 1)",
       "contains(list, 7.0)",
       "size(t) = 3",
       "size(bin) = 3",
       "size(tags) = 2",
       "size(list) = 3",
       "size(map) = 2",
       "size(euro) > 1"},
      {"attribute_exists(none)", "attribute_not_exists(nil)", "attribute_type(t, 'N')",
       "begins_with(t, 'b')", "begins_with(n, '1')", "contains(t, 'x')", "contains(tags, 'x')",
       "contains(tags, 1)", "contains(n, 1)", "size(n) > 0", "size(yes) > 0"});
  expect_all({{"size(t)", R"({"N":"3"})"}, {"size(n)", "MISSING"}, {"size(nil)", "MISSING"}});
}

TEST(Evaluate, TakesABoolForACondition) {
  expect_truths({"yes AND TRUE", "NOT no", "NOT t", "NOT none", "no OR yes", "NOT (yes AND no)",
                 "NOT size(t)"},
                {"no OR FALSE", "yes AND t", "yes AND none", "yes AND n", "nil OR list", "NOT yes",
                 "size(t) AND yes"});
}

TEST(Evaluate, TakesAConditionForAValue) {
  expect_all({{"n > 5", R"({"BOOL":true})"},
              {"attribute_exists(none)", R"({"BOOL":false})"},
              {"COALESCE(n > 5, 1)", R"({"BOOL":true})"},
              {"(t = u) = yes", R"({"BOOL":true})"},
              {"'x' || (t = u)", "error: || takes texts and numbers (S, N), and found BOOL"}});
}

TEST(Evaluate, LooksAtNothingBehindWhatDecides) {
  // Each of these has an error on its right side.
  expect_all({{"no AND n + t > 1", R"({"BOOL":false})"},
              {"yes OR n + t > 1", R"({"BOOL":true})"},
              {"t IN ('abc', n + t)", R"({"BOOL":true})"},
              {"COALESCE(t, n + t)", R"({"S":"abc"})"},
              {"CASE WHEN yes THEN 1 WHEN n + t > 1 THEN 2 END", R"({"N":"1"})"},
              {"CASE WHEN no THEN n + t ELSE 2 END", R"({"N":"2"})"},
              {"CASE t WHEN 'abc' THEN 1 WHEN n + t THEN 2 END", R"({"N":"1"})"}});
  // These come to it.
  for (const std::string_view expression : {"n + t > 1 AND no",
                                            "n + t > 1 OR yes",
                                            "yes AND n + t > 1",
                                            "no OR n + t > 1",
                                            "t IN (n + t, 'abc')",
                                            "COALESCE(none, n + t)",
                                            "none = n + t",
                                            "none BETWEEN 1 AND n + t",
                                            "none || (n + t)",
                                            "CASE WHEN no THEN 1 ELSE n + t END",
                                            "contains(none, n + t)",
                                            "NOT n + t > 1",
                                            "(n + t) IS NULL",
                                            "(n + t) IS MISSING",
                                            "CASE n + t WHEN 1 THEN 2 END",
                                            "UPPER(CAST(n + t AS STRING))",
                                            "NULLIF(none, n + t)",
                                            "n + t IN (1)",
                                            "n + t BETWEEN 1 AND 2",
                                            "CASE t WHEN n + t THEN 1 END",
                                            "n + t = 1",
                                            "n * (n + t)",
                                            "-(n + t)",
                                            "attribute_type(t, 'S') AND n + t > 1"})
    EXPECT_EQ(evaluated(expression, kEvaluatedItem), "error: + takes a number (N), and found S")
        << expression;
}

TEST(Evaluate, ConcatenatesTextsAndPlainNumbers) {
  expect_all({{"t || '#' || u", R"({"S":"abc#abc"})"},
              {"hundred || ''", R"({"S":"100"})"},
              {"n || minus", R"({"S":"12.5-3"})"},
              {"esc || '\"'", R"({"S":"q\")"
                              "\xC3\xA4"
                              R"(\n\""})"},
              {"t || none", "MISSING"},
              {"nil || t", "MISSING"},
              {"nil || yes", "MISSING"},
              {"yes || none", "MISSING"},
              {"t || yes", "error: || takes texts and numbers (S, N), and found BOOL"},
              {"bin || t", "error: || takes texts and numbers (S, N), and found B"},
              {"tags || list", "error: || takes texts and numbers (S, N), and found SS"},
              {"t || map", "error: || takes texts and numbers (S, N), and found M"}});
}

TEST(Evaluate, ReckonsExactly) {
  expect_all({{"n + m", R"({"N":"25"})"},
              {"0.3 - 0.1", R"({"N":"0.2"})"},
              {"n * 0.1", R"({"N":"1.25"})"},
              {"-n", R"({"N":"-12.5"})"},
              {"1 + 2 * 3 - -4", R"({"N":"11"})"},
              {"12345678901234567890123456789012345678 - 1",
               R"({"N":"12345678901234567890123456789012345677"})"},
              {"n + none", "MISSING"},
              {"nil * n", "MISSING"},
              {"-none", "MISSING"},
              {"-nil", "MISSING"},
              {"t - none", "MISSING"},
              {"n + t", "error: + takes a number (N), and found S"},
              {"yes - n", "error: - takes a number (N), and found BOOL"},
              {"n * list", "error: * takes a number (N), and found L"},
              {"-t", "error: - takes a number (N), and found S"},
              {"12345678901234567890123456789012345678 + 0.1",
               "error: +: the result has more than 38 significant digits"},
              {"9E125 * 10", "error: *: the result is out of DynamoDB's range"}});
}

TEST(Evaluate, ChoosesByCase) {
  expect_all({{"CASE WHEN t = 'x' THEN 1 WHEN n > 1 THEN 2 ELSE 3 END", R"({"N":"2"})"},
              {"CASE WHEN no THEN 1 ELSE t END", R"({"S":"abc"})"},
              {"CASE WHEN no THEN 1 END", "MISSING"},
              {"CASE WHEN none THEN 1 ELSE 2 END", R"({"N":"2"})"},
              {"CASE t WHEN 'x' THEN 1 WHEN u THEN 2 END", R"({"N":"2"})"},
              {"CASE n WHEN 12.5 THEN none ELSE 1 END", "MISSING"},
              {"CASE none WHEN none THEN 1 ELSE 2 END", R"({"N":"2"})"},
              {"CASE nil WHEN NULL THEN 1 ELSE 2 END", R"({"N":"1"})"},
              {"CASE t WHEN 1 THEN 1 END", "MISSING"}});
}

TEST(Evaluate, CoalescesAndNullifies) {
  expect_all({{"COALESCE(none, nil, t, u)", R"({"S":"abc"})"},
              {"COALESCE(none, nil)", "MISSING"},
              {"COALESCE(no, t)", R"({"BOOL":false})"},
              {"COALESCE(n, 1)", R"({"N":"12.50"})"},
              {"NULLIF(t, u)", R"({"NULL":true})"},
              {"NULLIF(n, 12.5)", R"({"NULL":true})"},
              {"NULLIF(t, n)", R"({"S":"abc"})"},
              {"NULLIF(t, nil)", R"({"S":"abc"})"},
              {"NULLIF(t, none)", R"({"S":"abc"})"},
              {"NULLIF(none, t)", "MISSING"},
              {"NULLIF(nil, NULL)", R"({"NULL":true})"}});
}

TEST(Evaluate, CastsTextsAndNumbers) {
  expect_all({{"CAST(n AS STRING)", R"({"S":"12.5"})"},
              {"CAST(hundred AS STRING)", R"({"S":"100"})"},
              {"CAST(t AS STRING)", R"({"S":"abc"})"},
              {"CAST('1.50e1' AS NUMBER)", R"({"N":"15"})"},
              {"CAST(n AS NUMBER)", R"({"N":"12.50"})"},
              {"CAST(none AS NUMBER)", "MISSING"},
              {"CAST(nil AS STRING)", "MISSING"},
              {"CAST(t AS NUMBER)", "error: CAST of a text (S): is not a number"},
              {"CAST('' AS NUMBER)", "error: CAST of a text (S): is not a number"},
              {"CAST('1E200' AS NUMBER)", "error: CAST of a text (S): is out of DynamoDB's range"},
              {"CAST('123456789012345678901234567890123456789' AS NUMBER)",
               "error: CAST of a text (S): has more than 38 significant digits"},
              {"CAST(yes AS STRING)", "error: CAST takes texts and numbers (S, N), and found BOOL"},
              {"CAST(bin AS STRING)", "error: CAST takes texts and numbers (S, N), and found B"},
              {"CAST(list AS NUMBER)", "error: CAST takes texts and numbers (S, N), and found L"}});
}

TEST(Evaluate, HasTheFunctionsOfTexts) {
  expect_all(
      {{"UPPER(t)", R"({"S":"ABC"})"},
       {"LOWER('A\xC3\x84')", "{\"S\":\"a\xC3\x84\"}"},
       {"TRIM(spaced)", R"({"S":"a b"})"},
       {"REPLACE(t, 'b', '--')", R"({"S":"a--c"})"},
       {"SUBSTRING(t, 2)", R"({"S":"bc"})"},
       {"SUBSTRING(t, 2, 1)", R"({"S":"b"})"},
       {"SUBSTRING(t, -1, 3)", R"({"S":"a"})"},
       {"SUBSTRING(t, 2, 0)", R"({"S":""})"},
       {"SUBSTRING(euro, 2)", R"({"S":"1"})"},
       {"SUBSTRING(t, -100000000000000000000, 100000000000000000003)", R"({"S":"ab"})"},
       {"SUBSTRING(t, 1, 1E100)", R"({"S":"abc"})"},
       {"SUBSTRING(t, 1E100)", R"({"S":""})"},
       {"LPAD(t, 5, '0')", R"({"S":"00abc"})"},
       {"LPAD(n, 5, '0')", R"({"S":"012.5"})"},
       {"LPAD(t, 2, '0')", R"({"S":"ab"})"},
       {"LPAD(t, 5, '')", R"({"S":"abc"})"},
       {"LPAD(t, -1, '0')", R"({"S":""})"},
       {"SPLIT_PART('a#b', '#', 2)", R"({"S":"b"})"},
       {"SPLIT_PART('a#b', '#', 3)", "MISSING"},
       {"SPLIT_PART('a#b', '#', 1E100)", "MISSING"},
       {"CHAR_LENGTH(euro)", R"({"N":"2"})"},
       {"CHAR_LENGTH(empty)", R"({"N":"0"})"},
       {"SHA256(t)", R"({"S":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})"},
       {"SHA256(bin)",
        R"({"S":"039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81"})"}});
}

TEST(Evaluate, FindsFunctionsOverMissingOrNullMissing) {
  for (const std::string_view absent : {"none", "nil"}) {
    for (const std::string_view call :
         {"UPPER(?)", "LOWER(?)", "TRIM(?)", "REPLACE(?, 'a', 'b')", "REPLACE(t, ?, 'b')",
          "REPLACE(t, 'a', ?)", "SUBSTRING(?, 1)", "SUBSTRING(t, ?)", "SUBSTRING(t, 1, ?)",
          "LPAD(?, 1, '0')", "LPAD(t, ?, '0')", "LPAD(t, 9, ?)", "SPLIT_PART(?, '#', 1)",
          "SPLIT_PART(t, ?, 1)", "SPLIT_PART(t, '#', ?)", "CHAR_LENGTH(?)", "SHA256(?)",
          "TO_ISO8601(?)", "TO_EPOCH(?)", "size(?)",
          // What is absent is looked at before types are.
          "REPLACE(n, ?, 'b')", "SUBSTRING(yes, ?)", "LPAD(t, ?, n)"}) {
      std::string expression(call);
      expression.replace(expression.find('?'), 1, absent);
      EXPECT_EQ(evaluated(expression, kEvaluatedItem), "MISSING") << expression;
    }
  }
}

TEST(Evaluate, TellsOfTypesThatFunctionsDoNotTake) {
  expect_all({{"UPPER(n)", "error: UPPER takes a text (S), and found N"},
              {"LOWER(yes)", "error: LOWER takes a text (S), and found BOOL"},
              {"TRIM(bin)", "error: TRIM takes a text (S), and found B"},
              {"REPLACE(t, 'a', n)", "error: REPLACE takes a text (S), and found N"},
              {"SUBSTRING(list, 1)", "error: SUBSTRING takes a text (S), and found L"},
              {"SUBSTRING(t, t)", "error: SUBSTRING takes a number (N), and found S"},
              {"SUBSTRING(t, 1.5)", "error: SUBSTRING takes whole numbers, and found another"},
              {"SUBSTRING(t, 1, -1)", "error: SUBSTRING has a length below 0"},
              {"LPAD(yes, 5, '0')", "error: LPAD takes texts and numbers (S, N), and found BOOL"},
              {"LPAD(t, 500000, '0')", "error: LPAD would give a text of more than 400 KB"},
              {"LPAD(t, 0.5, '0')", "error: LPAD takes whole numbers, and found another"},
              {"SPLIT_PART(t, '', 1)", "error: SPLIT_PART has an empty separator"},
              {"SPLIT_PART(t, '#', 0)", "error: SPLIT_PART has a part's number below 1"},
              {"SPLIT_PART(tags, '#', 1)", "error: SPLIT_PART takes a text (S), and found SS"},
              {"CHAR_LENGTH(map)", "error: CHAR_LENGTH takes a text (S), and found M"},
              {"SHA256(n)", "error: SHA256 takes a text or a binary (S, B), and found N"},
              {"TO_ISO8601(t)", "error: TO_ISO8601 takes a number (N), and found S"},
              {"TO_EPOCH(n)", "error: TO_EPOCH takes a text (S), and found N"}});
}

TEST(Evaluate, TurnsTimesIntoTextsAndBack) {
  expect_all(
      {{"TO_ISO8601(1700000000)", R"({"S":"2023-11-14T22:13:20Z"})"},
       {"TO_ISO8601(1700000000.999)", R"({"S":"2023-11-14T22:13:20Z"})"},
       {"TO_ISO8601(-0.5)", R"({"S":"1969-12-31T23:59:59Z"})"},
       {"TO_ISO8601(-1)", R"({"S":"1969-12-31T23:59:59Z"})"},
       {"TO_ISO8601(1E20)", "error: TO_ISO8601 takes times of the years 0 to 9999"},
       {"TO_ISO8601(-1E20)", "error: TO_ISO8601 takes times of the years 0 to 9999"},
       {"TO_ISO8601(-1E20 - 0.5)", "error: TO_ISO8601 takes times of the years 0 to 9999"},
       {"TO_EPOCH('2023-11-14T22:13:20Z')", R"({"N":"1700000000"})"},
       {"TO_EPOCH('2023-11-14T23:13:20.250+01:00')", R"({"N":"1700000000.25"})"},
       {"TO_EPOCH('1969-12-31T23:59:59.25Z')", R"({"N":"-0.75"})"},
       {"TO_EPOCH('1970-01-01T00:00:00.000Z')", R"({"N":"0"})"},
       {"TO_EPOCH('2023-11-14T22:13:20.00000000000000000000000000001Z')",
        "error: TO_EPOCH: the result has more than 38 significant digits"},
       {"TO_EPOCH(t)",
        "error: TO_EPOCH takes a text such as 2023-11-14T22:13:20Z, and found one (S) that is no "
        "time"}});
}

TEST(Evaluate, GivesUpWhereTextsOnTheWayTakeMoreThan32Mb) {
  const std::string large = "LPAD(t, 400000, '0')";
  std::string candidates = "'x'";
  for (int i = 0; i < 60; ++i) candidates += ", " + large;
  EXPECT_EQ(evaluated("u IN (" + candidates + ")", kEvaluatedItem), R"({"BOOL":false})");
  for (int i = 0; i < 30; ++i) candidates += ", " + large;
  EXPECT_EQ(evaluated("u IN (" + candidates + ")", kEvaluatedItem),
            "error: the texts on the way to a value have more than 32 MB");
}

}  // namespace
}  // namespace streamonce::handler::views
