#include "handler/views/printer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "handler/views/reader.h"
#include "tests/support/view_trees.h"

namespace streamonce::handler::views {
namespace {

using streamonce::testing::lines_of;
using streamonce::testing::same_script;

/// `text`, which is an expression, read and printed.
std::string printed(const std::string& text) {
  const ReadScript read = read_script("CREATE VIEW v AS SELECT " + text + " AS x FROM s;");
  EXPECT_EQ(lines_of(read.faults), "") << text;
  if (read.script.statements.empty()) return {};
  const auto& view = std::get<ViewStatement>(read.script.statements.front());
  return print(view.select.items.front().expression);
}

TEST(Printer, PrintsExpressionsWithTheFewestBrackets) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"((a))", "a"},
      {"(a OR b) OR c", "a OR b OR c"},
      {"a OR (b OR c)", "a OR (b OR c)"},
      {"a AND (b OR c)", "a AND (b OR c)"},
      {"(a AND b) OR c", "a AND b OR c"},
      {"not (a = b)", "NOT a = b"},
      {"(NOT a) = b", "(NOT a) = b"},
      {"NOT (a AND b)", "NOT (a AND b)"},
      {"(a = b) = c", "(a = b) = c"},
      {"(a IS NULL) = TRUE", "(a IS NULL) = TRUE"},
      {"(a != b) in (true, c or d)", "(a <> b) IN (TRUE, c OR d)"},
      {"a NOT IN [1, 2]", "a NOT IN (1, 2)"},
      {"a between (1 + 2) and (b || 'c')", "a BETWEEN 1 + 2 AND b || 'c'"},
      {"a NOT BETWEEN (b = c) AND 3", "a NOT BETWEEN (b = c) AND 3"},
      {"a IS NOT NULL", "a IS NOT NULL"},
      {"a is not missing", "a IS NOT MISSING"},
      {"a - (b - c)", "a - (b - c)"},
      {"(a - b) - c", "a - b - c"},
      {"(a * b) + (c * d)", "a * b + c * d"},
      {"a * (b + c)", "a * (b + c)"},
      {"a || (b || c)", "a || (b || c)"},
      {"(a + b) || c", "a + b || c"},
      {"a + (b || c)", "a + (b || c)"},
      {"-(3)", "-(3)"},
      {"- 3", "-3"},
      {"-(-3)", "- -3"},
      {"-(-a)", "- -a"},
      {"-(a + b)", "-(a + b)"},
      {"(-a) * -b", "-a * -b"},
      {"-(a * b)", "-(a * b)"},
      {"a - -3", "a - -3"},
      {"'it''s'", "'it''s'"},
      {"\"a\"", "a"},
      {"\"select\".\"a b\"[0].\"x\"\"y\"", "\"select\".\"a b\"[0].\"x\"\"y\""},
      {"\"distinct\"", "\"distinct\""},
      {"\"current_date\"", "\"current_date\""},
      {"\"0\"", "\"0\""},
      {"1E+2", "100"},
      {"{'a': [1, <<'x'>>], 'b': {}}", "{'a': [1, <<'x'>>], 'b': {}}"},
      {"coalesce(a, b = c)", "COALESCE(a, b = c)"},
      {"BEGINS_WITH(a, 'x')", "begins_with(a, 'x')"},
      {"Unknown()", "unknown()"},
      {"cast((a) as number)", "CAST(a AS NUMBER)"},
      {"count(*)", "COUNT(*)"},
      {"count((a))", "COUNT(a)"},
      {"sum(a + 1)", "SUM(a + 1)"},
      {"case (a) when (b) then (c) else (d or e) end", "CASE a WHEN b THEN c ELSE d OR e END"},
      {"case when a then b when c then d end", "CASE WHEN a THEN b WHEN c THEN d END"},
  };
  for (const auto& [text, wanted] : cases) {
    EXPECT_EQ(printed(text), wanted) << text;
    EXPECT_EQ(printed(wanted), wanted) << text;
  }
}

TEST(Printer, PrintsAStatementInALine) {
  const std::string text =
      "CREATE SOURCE \"the orders\" KEY (pk, \"s k\");\n"
      "CREATE VIEW v KEY (a) WITH (expiry = 'keep', owner = 'o''s') AS SELECT * EXCLUDE (b.c, "
      "d[1]), "
      "x AS y, z.w FROM \"the orders\" AS o, o.lines AS l AT i WHERE l > 1 AND NOT m;\n"
      "CREATE VIEW w KEY (a, b) AS SELECT a, b, COUNT(*) AS n FROM o GROUP BY a, b;\n"
      "CREATE VIEW x AS SELECT * FROM o;\n";
  const ReadScript read = read_script(text);
  ASSERT_EQ(lines_of(read.faults), "");
  EXPECT_EQ(print(read.script), text);
  EXPECT_TRUE(same_script(read_script(print(read.script)).script, read.script));
}

}  // namespace
}  // namespace streamonce::handler::views
