#include "handler/views/language/reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "handler/views/language/printer.h"
#include "tests/support/view_trees.h"

namespace streamonce::handler::views {
namespace {

using streamonce::testing::lines_of;

/// The faults of `text`, a line for each.
std::string read_faults_of(std::string_view text) {
  return lines_of(read_script(text).faults);
}

/// A view whose one item is `expression`, which begins at 1:25.
std::string view_with(const std::string& expression) {
  return "CREATE VIEW v AS SELECT " + expression + " AS x FROM s;";
}

/// An expression, and the script that owns what it views.
struct OwnedExpression {
  Script script;
  Expression expression;
};

/// The expression that `text` is read as.
OwnedExpression read_expression(const std::string& text) {
  const ReadScript read = read_script(view_with(text));
  EXPECT_EQ(lines_of(read.faults), "") << text;
  if (read.script.statements.empty()) return {};
  const auto& view = std::get<ViewStatement>(read.script.statements.front());
  return {read.script, view.select.items.front().expression};
}

/// Every operator and literal of `expression` in brackets with its kind: what was grouped how.
std::string shape(const Expression& expression) {
  std::string out = std::to_string(static_cast<int>(expression.kind));
  if (!expression.text.empty()) out.append(":").append(expression.text);
  for (const PathStep& step : expression.path)
    out.append("/").append(step.name.empty() ? std::to_string(step.index) : std::string(step.name));
  if (expression.is_negated) out += '!';
  if (expression.operands.empty()) return out;
  out += '(';
  for (const Expression& operand : expression.operands) out += shape(operand) + ' ';
  out.back() = ')';
  return out;
}

std::string shape(const std::string& text) {
  return shape(read_expression(text).expression);
}

TEST(Reader, ReadsASource) {
  const ReadScript read = read_script("create source \"the orders\" Key (pk, \"s\"\"k\");");
  ASSERT_EQ(lines_of(read.faults), "");
  const auto& source = std::get<SourceStatement>(read.script.statements.at(0));
  EXPECT_EQ(source.name.text, "the orders");
  ASSERT_EQ(source.key.size(), 2U);
  EXPECT_EQ(source.key[0].text, "pk");
  EXPECT_EQ(source.key[1].text, "s\"k");
}

TEST(Reader, ReadsAViewWithAllItsClauses) {
  const ReadScript read = read_script(
      "CREATE VIEW v KEY (a, b) WITH (expiry = 'keep', owner = 'o''s') AS\n"
      "SELECT * EXCLUDE (c, d.e[2].f), x.y, l AS b, i + 1 AS n\n"
      "FROM s AS x, x.lines AS l AT i WHERE l > 1 GROUP BY a, b;");
  ASSERT_EQ(lines_of(read.faults), "");
  const auto& view = std::get<ViewStatement>(read.script.statements.at(0));
  EXPECT_EQ(view.key.size(), 2U);
  ASSERT_EQ(view.options.size(), 2U);
  EXPECT_EQ(view.options[1].name.text, "owner");
  EXPECT_EQ(view.options[1].value, "o's");
  const Select& select = view.select;
  ASSERT_EQ(select.items.size(), 4U);
  EXPECT_TRUE(select.items[0].is_star);
  ASSERT_EQ(select.items[0].exclude.size(), 2U);
  EXPECT_EQ(select.items[0].exclude[1].steps.size(), 4U);
  EXPECT_EQ(select.items[0].exclude[1].steps[2].index, 2U);
  EXPECT_EQ(name_of(select.items[1]), "y");
  EXPECT_EQ(name_of(select.items[2]), "b");
  EXPECT_EQ(select.source.text, "s");
  EXPECT_EQ(select.source_alias->text, "x");
  EXPECT_EQ(select.unnest->path.size(), 2U);
  EXPECT_EQ(select.unnest->alias.text, "l");
  EXPECT_EQ(select.unnest->position->text, "i");
  EXPECT_NE(select.where, nullptr);
  EXPECT_EQ(select.group_by.size(), 2U);
}

TEST(Reader, PassesOverComments) {
  const ReadScript read = read_script(
      "-- CREATE NOTHING ';\n/* ' ; \n */CREATE/**/SOURCE s--\nKEY (a) /* ** */; -- the end");
  EXPECT_EQ(lines_of(read.faults), "");
  EXPECT_EQ(print(read.script), "CREATE SOURCE s KEY (a);\n");
}

TEST(Reader, PassesOverAByteOrderMarkAndEmptyStatements) {
  EXPECT_EQ(read_faults_of("\xEF\xBB\xBF;;CREATE SOURCE s KEY (a);;\r\n;"), "");
  EXPECT_EQ(read_faults_of(""), "");
}

TEST(Reader, KeepsPlaces) {
  const ReadScript read = read_script(
      "/* \xC3\xA9 */ CREATE VIEW v AS\n SELECT '\xF0\x9F\x98\x80' || a AS b,\r\n  c FROM s;");
  ASSERT_EQ(lines_of(read.faults), "");
  const auto& view = std::get<ViewStatement>(read.script.statements.at(0));
  EXPECT_EQ(view.place, (Place{1, 9}));
  EXPECT_EQ(view.name.place, (Place{1, 21}));
  EXPECT_EQ(view.select.items[0].expression.operands[1].place, (Place{2, 16}));
  EXPECT_EQ(view.select.items[1].place, (Place{3, 3}));
}

TEST(Reader, ReadsLiterals) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"'text'", "0:text"},
      {"'it''s'", "0:it's"},
      {"''", "0"},
      {"12.5", "1:12.5"},
      {"-3", "1:-3"},
      {"- 3", "1:-3"},
      {"-0", "1:0"},
      {"007.50", "1:7.5"},
      {".5", "1:0.5"},
      {"1E2", "1:100"},
      {"25e-1", "1:2.5"},
      {"12345678901234567890123456789012345678", "1:12345678901234567890123456789012345678"},
      {"true", "2"},
      {"FALSE", "3"},
      {"Null", "4"},
      {"MISSING", "5"},
      {"{'a': 1, 'b c': [TRUE]}", "6(0:a 1:1 0:b c 7(2))"},
      {"{}", "6"},
      {"[1, -2, 'x', NULL, []]", "7(1:1 1:-2 0:x 4 7)"},
      {"<<'a', 'b'>>", "8(0:a 0:b)"},
      {"<<1, -2.0>>", "8(1:1 1:-2)"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(shape(text), wanted) << text;
}

TEST(Reader, ReadsPaths) {
  EXPECT_EQ(shape("a"), "9/a");
  EXPECT_EQ(shape("a.b"), "9/a/b");
  EXPECT_EQ(shape("a[0].b"), "9/a/0/b");
  EXPECT_EQ(shape("Total_1"), "9/Total_1");
  EXPECT_EQ(shape("\"odd-name\".\"se\"\"lect\"[12]"), "9/odd-name/se\"lect/12");
  EXPECT_EQ(shape("count"), "9/count");
  EXPECT_EQ(shape("expiry"), "9/expiry");
  EXPECT_EQ(shape("distinct"), "9/distinct");
}

TEST(Reader, GroupsOperatorsFromLooseToTight) {
  // Each is read as if it had the brackets of the second.
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a OR b AND c", "a OR (b AND c)"},
      {"a OR b OR c", "(a OR b) OR c"},
      {"NOT a AND b", "(NOT a) AND b"},
      {"NOT a = b", "NOT (a = b)"},
      {"NOT NOT a", "NOT (NOT a)"},
      {"a = b || c", "a = (b || c)"},
      {"a || b || c", "(a || b) || c"},
      {"a || b + c", "a || (b + c)"},
      {"a + b * c", "a + (b * c)"},
      {"a - b - c", "(a - b) - c"},
      {"a - b + c", "(a - b) + c"},
      {"-a * b", "(-a) * b"},
      {"- -a", "-(-a)"},
      {"a - -3", "a - (-3)"},
      {"a -3", "a - 3"},
      {"a BETWEEN b AND c AND d", "(a BETWEEN b AND c) AND d"},
      {"a BETWEEN b + 1 AND c || d OR e", "(a BETWEEN (b + 1) AND (c || d)) OR e"},
      {"a NOT BETWEEN b AND c", "(a NOT BETWEEN (b) AND (c))"},
      {"a IN (b, c OR d)", "(a) IN ((b), (c OR d))"},
      {"a || b IS NULL", "(a || b) IS NULL"},
      {"a IS NOT MISSING AND b", "(a IS NOT MISSING) AND b"},
      {"a != b", "a <> b"},
      {"a IN ['x', b]", "a IN ('x', b)"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(shape(text), shape(wanted)) << text;
}

TEST(Reader, ReadsComparisonsAndChecks) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a = 1", "13(9/a 1:1)"},
      {"a <> 1", "14(9/a 1:1)"},
      {"a < 1", "15(9/a 1:1)"},
      {"a <= 1", "16(9/a 1:1)"},
      {"a > 1", "17(9/a 1:1)"},
      {"a >= 1", "18(9/a 1:1)"},
      {"a between 1 and 2", "19(9/a 1:1 1:2)"},
      {"a NOT BETWEEN 1 AND 2", "19!(9/a 1:1 1:2)"},
      {"a in (1, 2)", "20(9/a 1:1 1:2)"},
      {"a NOT IN (1)", "20!(9/a 1:1)"},
      {"a IS NULL", "21(9/a)"},
      {"a IS NOT NULL", "21!(9/a)"},
      {"a IS MISSING", "22(9/a)"},
      {"a IS NOT MISSING", "22!(9/a)"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(shape(text), wanted) << text;
}

TEST(Reader, ReadsFunctionsInAnyCase) {
  EXPECT_EQ(shape("Attribute_Exists(a.b)"), "28:attribute_exists(9/a/b)");
  EXPECT_EQ(shape("COALESCE (a, 'x', 3)"), "28:coalesce(9/a 0:x 1:3)");
  EXPECT_EQ(shape("anything()"), "28:anything");
  EXPECT_EQ(shape("CAST(a AS string)"), "29:STRING(9/a)");
  EXPECT_EQ(shape("cast(a + 1 as Number)"), "29:NUMBER(24(9/a 1:1))");
  EXPECT_EQ(shape("COUNT(*)"), "31");
  EXPECT_EQ(shape("count(a)"), "32(9/a)");
  EXPECT_EQ(shape("SUM(a * 2)"), "33(26(9/a 1:2))");
}

TEST(Reader, ReadsBothKindsOfCase) {
  const OwnedExpression cases = read_expression("CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END");
  const Expression& searched = cases.expression;
  EXPECT_FALSE(searched.has_subject);
  EXPECT_TRUE(searched.has_else);
  EXPECT_EQ(shape(searched), "30(9/a 1:1 9/b 1:2 1:3)");
  const OwnedExpression subject = read_expression("CASE a WHEN 'x' THEN 1 END");
  const Expression& simple = subject.expression;
  EXPECT_TRUE(simple.has_subject);
  EXPECT_FALSE(simple.has_else);
  EXPECT_EQ(shape(simple), "30(9/a 0:x 1:1)");
}

struct Faulty {
  std::string text;
  std::string faults;
};

void expect_read_faults(const std::vector<Faulty>& cases) {
  for (const Faulty& each : cases) EXPECT_EQ(read_faults_of(each.text), each.faults) << each.text;
}

TEST(Reader, TellsWhatIsNoToken) {
  expect_read_faults({
      {view_with("'abc"),
       "1:25: a text that begins here has no end: expected ' (inside a text, a single quote is "
       "written twice)\n"},
      {"CREATE SOURCE s KEY (a);\n\"x",
       "2:1: a name in double quotes that begins here has no end: expected \"\n"},
      {"CREATE /* SOURCE", "1:8: a comment that begins here has no end: expected */\n"},
      {view_with("12ab"),
       "1:25: \"12ab\" is neither number nor name: a name that begins with a digit stands in "
       "double "
       "quotes, a text in single ones\n"},
      {view_with("\xE2\x80\x98"
                 "a\xE2\x80\x99"),
       "1:25: found a typographic quote: texts stand in plain single quotes, 'text'\n"},
      {view_with("a\xC2\xA0+ 1"),
       "1:26: found a blank that is no plain space (U+00A0): type a space instead\n"},
      {view_with("`a`"),
       "1:25: found a backtick: odd names stand in double quotes, texts in single ones\n"},
      {view_with("gr\xC3\xB6sse"),
       "1:27: found \xC3\xB6, which means nothing here: a name with characters other than letters, "
       "digits and _ stands in double quotes, a text in single ones\n"},
      {view_with("\xFF"), "1:25: found a byte that is no UTF-8: save the file in UTF-8\n"},
      {view_with("'\xC3'"),
       "1:25: quotes around bytes that are no UTF-8: save the file in UTF-8\n"},
      {view_with(std::string(1, '\0')),
       "1:25: found a control character, which means nothing here: a name with characters other "
       "than letters, digits and _ stands in double quotes, a text in single ones\n"},
  });
}

TEST(Reader, RefusesATextThatIsTooLargeOrInUtf16) {
  EXPECT_EQ(read_faults_of(std::string(kScriptBytesMax, ' ')), "");
  EXPECT_EQ(read_faults_of(std::string(kScriptBytesMax + 1, ' ')),
            "1:1: the text has 1048577 bytes: expected 1048576 at most\n");
  EXPECT_NE(read_faults_of(std::string("\xFF\xFE"
                                       "C\0R\0",
                                       6))
                .find("UTF-16"),
            std::string::npos);
}

TEST(Reader, TellsWhatAStatementBeginsWith) {
  const std::string wanted =
      ": expected CREATE SOURCE name KEY (attribute); or CREATE VIEW name AS SELECT ...;\n";
  expect_read_faults({
      {"SELECT * FROM s;", "1:1: found \"SELECT\"" + wanted},
      {"'x';", "1:1: found the text 'x'" + wanted},
      {"CREATE TABLE s (a);",
       "1:8: expected CREATE SOURCE, for a table that is read, or CREATE VIEW, for one that is "
       "kept\n"},
      {"CREATE MATERIALIZED VIEW v AS SELECT * FROM s;",
       "1:8: expected CREATE VIEW: every view is a table here\n"},
      {"CREATE OR REPLACE VIEW v AS SELECT * FROM s;",
       "1:8: found \"OR\": expected CREATE VIEW, without OR REPLACE: the text says what views "
       "there are\n"},
      {"CREATE", "1:7: found the end of the text: expected SOURCE or VIEW behind CREATE\n"},
  });
}

TEST(Reader, TellsWhatIsWrongWithASource) {
  expect_read_faults({
      {"CREATE SOURCE KEY (a);",
       "1:15: found \"KEY\", a word of the language: expected the name of the source's table; a "
       "name that is such a word stands in double quotes\n"},
      {"CREATE SOURCE 's' KEY (a);",
       "1:15: found the text 's': expected the name of the source's table; single quotes make a "
       "text, double quotes a name\n"},
      {"CREATE SOURCE s;",
       "1:16: found \";\": expected KEY and the table's key attributes: CREATE SOURCE name KEY "
       "(pk, "
       "sk);\n"},
      {"CREATE SOURCE s PRIMARY KEY (a);",
       "1:17: expected KEY: write KEY (attribute) or KEY (attribute, attribute)\n"},
      {"CREATE SOURCE s KEY a;",
       "1:21: found \"a\": expected the key attributes in brackets: KEY (pk) or KEY (pk, sk)\n"},
      {"CREATE SOURCE s KEY ();", "1:22: found \")\": expected the name of a key attribute\n"},
      {"CREATE SOURCE s KEY (a, b, c);",
       "1:28: found a third key attribute: a table of DynamoDB's has one or two; put parts "
       "together with ||\n"},
      {"CREATE SOURCE \"\" KEY (a);",
       "1:15: found an empty name: expected the name of the source's table\n"},
      {"CREATE SOURCE s KEY (a",
       "1:23: found the end of the text: expected a comma, or ) behind the key attributes\n"},
  });
}

TEST(Reader, TellsAMissingSemicolonAndReadsOn) {
  expect_read_faults({
      {"CREATE SOURCE s KEY (a)", "1:24: found the end of the text: a ; is missing before it\n"},
      {"CREATE SOURCE s KEY (a)\nCREATE VIEW v AS SELECT * FROM s;",
       "2:1: found \"CREATE\": a ; is missing before it\n"},
      {"CREATE SOURCE s KEY (a\nCREATE VIEW v AS SELECT * FROM s",
       "2:1: found CREATE, and the statement before is not finished, or its ; is missing: expected "
       "a comma, or ) behind the key attributes\n"
       "2:33: found the end of the text: a ; is missing before it\n"},
  });
}

TEST(Reader, TellsAllFaultsOfAText) {
  EXPECT_EQ(
      read_faults_of(
          "CREATE SOURCE s KEY a;\n"
          "CREATE VIEW v AS SELECT ';' || FROM s; -- ;\n"
          "CREATE VIEW w AS SELECT a FROM s;\n"
          "CREATE VIEW x AS SELECT a / b == c AS d, COUNT(DISTINCT a) AS e FROM s LIMIT 1;\n"
          "nonsense;"),
      "1:21: found \"a\": expected the key attributes in brackets: KEY (pk) or KEY (pk, sk)\n"
      "2:32: found \"FROM\", a word of the language: expected a value: an attribute, a "
      "literal, a function or an expression in brackets; an attribute with such a name stands "
      "in double quotes\n"
      "4:27: no division: its results are not exact; multiply by a literal, as in x * 0.01, "
      "or keep both numbers and divide when you read\n"
      "4:31: found ==: one = compares\n"
      "4:48: no DISTINCT: rows with the same key are one row anyway; to have each value once, "
      "GROUP BY it with COUNT(*)\n"
      "4:72: no LIMIT: a view has a row for each item that WHERE takes; limit when you read "
      "it\n"
      "5:1: found \"nonsense\": expected CREATE SOURCE name KEY (attribute); or CREATE VIEW "
      "name AS SELECT ...;\n");
}

TEST(Reader, KnowsWhetherASourceIsLacking) {
  EXPECT_TRUE(read_script("CREATE SOURCE s KEY a;").lacks_sources);
  EXPECT_FALSE(read_script("CREATE SOURCE s KEY (a)").lacks_sources);
  EXPECT_FALSE(read_script("CREATE VIEW s KEY a;").lacks_sources);
}

/// The fault of a view `CREATE VIEW v AS SELECT * FROM s TAIL;`, whose TAIL begins at 1:34.
std::string tail_fault(const std::string& tail) {
  return read_faults_of("CREATE VIEW v AS SELECT * FROM s " + tail + ";");
}

TEST(Reader, RefusesClausesThatAViewCannotHave) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"JOIN t ON a = b", "1:34: no JOIN: "},
      {"LEFT OUTER JOIN t USING (a) WHERE b", "1:34: no JOIN: "},
      {"ORDER BY a DESC", "1:34: no ORDER BY: "},
      {"HAVING COUNT(*) > 1", "1:34: no HAVING: "},
      {"LIMIT 5", "1:34: no LIMIT: "},
      {"OFFSET 5", "1:34: no LIMIT: "},
      {"UNION ALL SELECT * FROM t WHERE x", "1:34: no second SELECT: "},
      {"EXCEPT SELECT * FROM t", "1:34: no second SELECT: "},
      {"WHERE a LIKE 'x%'", "1:42: no LIKE: "},
      {"WHERE a NOT LIKE 'x%'", "1:46: no LIKE: "},
      {"WHERE a = (SELECT b FROM t)", "1:45: no second SELECT: "},
      {"WHERE a IN (SELECT b FROM t)", "1:46: no second SELECT: "},
      {"WHERE EXISTS (SELECT b FROM t)", "1:48: no second SELECT: "},
      {"WHERE a % 2 = 0", "1:42: no %, "},
      {"WHERE a > CURRENT_DATE", "1:44: found \"CURRENT_DATE\": a view is a function of the item "},
      {"WHERE a = :now", "1:44: found a colon: there are no parameters"},
      {"WHERE a && b", "1:42: found &&: conditions are joined with AND"},
  };
  for (const auto& [tail, begin] : cases) {
    const std::string found = tail_fault(tail);
    EXPECT_EQ(found.substr(0, begin.size()), begin) << tail;
    EXPECT_EQ(found.find('\n'), found.size() - 1) << found;
  }
}

TEST(Reader, TellsEachRefusedClauseOfAStatement) {
  EXPECT_EQ(tail_fault("JOIN t ON x == y WHERE a GROUP BY b HAVING c ORDER BY d LIMIT 1"),
            tail_fault("JOIN t ON x == y") +
                "1:70: no HAVING: a group's row is there once an item has been in it; select the "
                "rows when you read them, and items with WHERE\n"
                "1:79: no ORDER BY: a table has no order of its own; the second attribute of KEY "
                "sorts the rows of a partition\n"
                "1:90: no LIMIT: a view has a row for each item that WHERE takes; limit when you "
                "read it\n");
}

TEST(Reader, RefusesItemsThatAViewCannotHave) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"DISTINCT a", "1:25: no DISTINCT: "},
      {"DISTINCT \"a\"", "1:25: no DISTINCT: "},
      {"SUM(a) OVER (PARTITION BY b)", "1:32: no window functions: "},
      {"a / 100", "1:27: no division: its results are not exact; multiply by a literal"},
      {"a, ", "1:29: found \"AS\", a word of the language"},
      {"a.*", "1:27: found * behind a name: `*` stands alone"},
      {"*2", "1:26: found the number 2: expected a comma and another item, or FROM"},
      {"2 * *", "1:29: found *: it is an item of its own, as in SELECT *, and no value"},
      {"\"size\"(a)", "1:25: found the name \"size\" before a bracket: a function's name stands "},
      {"a[-1]", "1:27: found \"-\": expected the place of an element, from 0"},
      {"a['b']",
       "1:27: found the text 'b': expected the place of an element, from 0; an attribute "
       "of a map is written map.attribute"},
      {"a[1.5]", "1:27: found the number 1.5: expected the place of an element"},
      {"a[0", "1:29: found \"AS\": expected ] behind the place of an element"},
      {"a.", "1:28: found \"AS\", a word of the language: expected the name of an attribute"},
      {"(a", "1:28: found \"AS\": expected an operator, or ) for the bracket that was opened"},
      {"a = b = c", "1:31: found a second comparison: comparisons do not chain; join two with AND"},
      {"a = 1 || b = 2",
       "1:36: found a second comparison: || joins texts; conditions are joined with OR"},
      {"a IS TRUE", "1:30: found \"TRUE\": expected NULL or MISSING behind IS; other values"},
      {"a IN b",
       "1:30: found \"b\": expected the values in brackets: x IN ('a', 'b'); whether a "
       "list or set has an element is contains(list, x)"},
      {"a IN ()", "1:31: found \")\": expected at least one value"},
      {"a BETWEEN 1", "1:37: found \"AS\": expected AND and the upper bound"},
      {"COUNT()", "1:31: found \")\": expected what is counted: COUNT(*), or COUNT(x)"},
      {"SUM(*)", "1:29: found *: it is an item of its own"},
      {"COUNT(DISTINCT a)", "1:31: no DISTINCT: "},
      {"CAST(a AS VARCHAR)", "1:35: found the type \"VARCHAR\": expected STRING or NUMBER"},
      {"CAST(a, STRING)", "1:31: found \",\": expected AS STRING or AS NUMBER"},
      {"CASE a END", "1:32: found \"END\": expected WHEN: CASE WHEN condition THEN x"},
      {"CASE WHEN a ELSE 1 END", "1:37: found \"ELSE\": expected THEN and the value behind WHEN"},
      {"CASE WHEN a THEN 1", "1:44: found \"AS\": expected WHEN, ELSE or END, which ends a CASE"},
      {"[a]",
       "1:26: found \"a\": expected a text in single quotes, a number, TRUE, FALSE, NULL or "
       "another literal"},
      {"{a: 1}", "1:26: found \"a\": expected an attribute's name in single quotes: {'name': 1}"},
      {"{'a': 1, 'a': 2}", "1:34: found a name of the map for the second time"},
      {"{'': 1}", "1:26: found an empty name: an attribute's name has a character"},
      {"{'a' 1}", "1:30: found the number 1: expected a colon and a value"},
      {"<<>>", "1:27: found \">>\": expected an element: DynamoDB has no empty sets"},
      {"<<1, 'a'>>", "1:30: a set has texts alone, or numbers alone: found something else"},
      {"<<1, 2, 1.0>>", "1:33: found an element of the set for the second time"},
      {"123456789012345678901234567890123456789",
       "1:25: found a number that DynamoDB cannot have: "},
      {"1e126", "1:25: found a number that DynamoDB cannot have: "},
      {"a OR", "1:30: found \"AS\", a word of the language: expected a value"},
      {"a b", "1:27: found \"b\": expected a comma, or AS before the name that the item is"},
  };
  for (const auto& [item, begin] : cases) {
    const std::string found = read_faults_of(view_with(item));
    EXPECT_EQ(found.substr(0, begin.size()), begin) << item;
  }
}

TEST(Reader, TellsWhatIsWrongWithAView) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"CREATE VIEW v SELECT * FROM s;", "1:15: found \"SELECT\": expected AS before it\n"},
      {"CREATE VIEW v (a) AS SELECT * FROM s;",
       "1:15: found \"(\": expected KEY, WITH or AS SELECT behind the view's name"},
      {"CREATE VIEW v WITH expiry = 'keep' AS SELECT * FROM s;",
       "1:20: found \"expiry\": expected the options in brackets: WITH (expiry = 'keep')"},
      {"CREATE VIEW v WITH (expiry = 'keep') KEY (a) AS SELECT * FROM s;",
       "1:38: found KEY: it stands before WITH, and once\n"},
      {"CREATE VIEW v KEY (a) KEY (b) AS SELECT * FROM s;",
       "1:23: found KEY: it stands before WITH, and once\n"},
      {"CREATE VIEW v WITH (expiry) AS SELECT * FROM s;",
       "1:27: found \")\": expected = and the option's value in single quotes"},
      {"CREATE VIEW v WITH (expiry = \"keep\") AS SELECT * FROM s;",
       "1:30: found the name \"keep\": an option's value stands in single quotes: 'keep'\n"},
      {"CREATE VIEW v WITH (spread = 8) AS SELECT * FROM s;",
       "1:30: found the number 8: an option's value stands in single quotes: '8'\n"},
      {"CREATE VIEW v AS (SELECT * FROM s);",
       "1:18: found \"(\": expected SELECT, without a bracket before it"},
      {"CREATE VIEW v AS SELECT a, FROM s;",
       "1:28: found \"FROM\": expected an item: *, an attribute, or an expression AS its name; no "
       "comma stands before FROM"},
      {"CREATE VIEW v AS SELECT * EXCLUDE email FROM s;",
       "1:35: found \"email\": expected the paths in brackets: * EXCLUDE (email, address.street)"},
      {"CREATE VIEW v AS SELECT * EXCEPT (email) FROM s;",
       "1:27: found EXCEPT: attributes are left out with EXCLUDE (..)\n"},
      {"CREATE VIEW v AS SELECT a AS 'b' FROM s;",
       "1:30: found the text 'b': expected the name that the item is to have; single quotes make "
       "a text, double quotes a name"},
      {"CREATE VIEW v AS SELECT a AS group FROM s;",
       "1:30: found \"group\", a word of the language: expected the name that the item is to have; "
       "a "
       "name that is such a word stands in double quotes"},
      {"CREATE VIEW v AS SELECT a FROM (SELECT b FROM s);",
       "1:32: found a bracket: expected the name of a source; there are no subqueries"},
      {"CREATE VIEW v AS SELECT a FROM s o;",
       "1:34: found \"o\": expected AS before an alias: FROM orders AS o\n"},
      {"CREATE VIEW v AS SELECT a FROM s, s.l x;",
       "1:39: found \"x\": expected AS and a name for the element"},
      {"CREATE VIEW v AS SELECT a FROM s, s.l;", "1:38: found \";\": expected AS and a name for"},
      {"CREATE VIEW v AS SELECT a FROM s, t;", "1:35: no JOIN: a second name in FROM is a list"},
      {"CREATE VIEW v AS SELECT a FROM s, UNNEST(l) AS x;",
       "1:35: found a function: expected the path of a list or set of the item"},
      {"CREATE VIEW v AS SELECT a FROM s, s.l AS x, x.m AS y;",
       "1:43: found a third name in FROM: one list or set of the item can be unnested"},
      {"CREATE VIEW v AS SELECT a FROM s GROUP a;", "1:40: found \"a\": expected BY behind GROUP"},
      {"CREATE VIEW v AS SELECT a FROM s GROUP BY a, b, c;",
       "1:49: found a third expression in GROUP BY"},
      {"CREATE VIEW v AS SELECT a FROM s GROUP BY a WHERE b;",
       "1:45: found WHERE behind GROUP BY: it stands before it"},
      {"CREATE VIEW v AS SELECT a FROM s WHERE a b;",
       "1:42: found \"b\": expected an operator, the next clause, or ; at the end of the "
       "statement"},
  };
  for (const auto& [text, begin] : cases) {
    const std::string found = read_faults_of(text);
    EXPECT_EQ(found.substr(0, begin.size()), begin) << text;
  }
}

std::string repeated(const std::string& part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

TEST(Reader, BoundsTheLevelsOfAnExpression) {
  // Brackets, operators and what nests, each to its last level and one beyond.
  const int most = kExpressionLevelsMax - 1;
  const std::vector<std::pair<std::string, std::string>> nests{{"(", ")"},
                                                               {"NOT ", ""},
                                                               {"- ", ""},
                                                               {"upper(", ")"},
                                                               {"1 + (", ")"},
                                                               {"a IN (", ")"},
                                                               {"CASE WHEN ", " THEN 1 END"}};
  for (const auto& [open, close] : nests) {
    const int deep = open == "1 + (" ? most / 2 : most;
    EXPECT_EQ(read_faults_of(view_with(repeated(open, deep) + 'a' + repeated(close, deep))), "")
        << open;
    EXPECT_NE(read_faults_of(view_with(repeated(open, deep + 1) + 'a' + repeated(close, deep + 1)))
                  .find("more than 32 levels"),
              std::string::npos)
        << open;
  }
  EXPECT_EQ(read_faults_of(view_with("a" + repeated(" || a", most))), "");
  EXPECT_NE(
      read_faults_of(view_with("a" + repeated(" || a", most + 1))).find("put groups in brackets"),
      std::string::npos);
  EXPECT_EQ(
      read_faults_of(view_with("[" + repeated("[", most - 1) + repeated("]", most - 1) + "]")), "");
}

TEST(Reader, BoundsListsItemsAndPaths) {
  const int operands = static_cast<int>(kOperandsMax);
  const int items = static_cast<int>(kItemsMax);
  const int steps = static_cast<int>(kPathStepsMax);
  EXPECT_EQ(read_faults_of(view_with("a IN (1" + repeated(", 1", operands - 1) + ")")), "");
  EXPECT_NE(
      read_faults_of(view_with("a IN (1" + repeated(", 1", operands) + ")")).find("more than 100"),
      std::string::npos);
  EXPECT_EQ(read_faults_of(view_with("[1" + repeated(", 1", operands - 1) + "]")), "");
  EXPECT_NE(read_faults_of(view_with("[1" + repeated(", 1", operands) + "]")).find("more than 100"),
            std::string::npos);
  EXPECT_EQ(read_faults_of("CREATE VIEW v AS SELECT a" + repeated(", a", items - 1) + " FROM s;"),
            "");
  EXPECT_NE(read_faults_of("CREATE VIEW v AS SELECT a" + repeated(", a", items) + " FROM s;")
                .find("more than 1000 items"),
            std::string::npos);
  EXPECT_NE(
      read_faults_of("CREATE VIEW v AS SELECT * EXCLUDE (a" + repeated(", a", items) + ") FROM s;")
          .find("more than 1000 paths"),
      std::string::npos);
  EXPECT_EQ(read_faults_of(view_with("a" + repeated(".a", steps - 1))), "");
  EXPECT_NE(read_faults_of(view_with("a" + repeated(".a", steps))).find("more than 32 steps"),
            std::string::npos);
}

TEST(Reader, TellsSoManyFaultsAndNoMore) {
  const ReadScript read = read_script(repeated("x;\n", 2000));
  ASSERT_EQ(read.faults.size(), 1001U);
  EXPECT_EQ(read.faults.back().message, "there are more faults than are told: mend these");
}

}  // namespace
}  // namespace streamonce::handler::views
