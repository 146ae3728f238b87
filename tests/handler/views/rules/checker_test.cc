#include "handler/views/rules/checker.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/view_trees.h"

namespace streamonce::handler::views {
namespace {

using streamonce::testing::lines_of;

constexpr std::string_view kExample = R"(-- views.sql
CREATE SOURCE orders KEY (order_id);

-- each order under its customer; a change of customer moves the row
CREATE VIEW customer_orders KEY (pk, sk) AS
  SELECT 'CUST#' || customer_id AS pk, 'ORDER#' || order_id AS sk, order_id, status, total
  FROM orders;

-- open orders of a region, a sparse index: paid and closed ones leave it
CREATE VIEW open_orders KEY (region, placed) AS
  SELECT region, created_at || '#' || order_id AS placed, order_id,
    total - COALESCE(discount, 0) AS due
  FROM orders WHERE status IN ('NEW', 'PAID') AND NOT attribute_exists(closed_at);

-- one row for each line of an order
CREATE VIEW order_lines KEY (order_id, line) AS
  SELECT o.order_id, l.sku || '#' || i AS line, l.sku, l.quantity
  FROM orders AS o, o.lines AS l AT i;

-- revenue of a customer; a cancelled or deleted order is taken back
CREATE VIEW revenue KEY (customer_id) AS
  SELECT customer_id, COUNT(*) AS orders, SUM(total) AS spent
  FROM orders WHERE status <> 'CANCELLED' GROUP BY customer_id;

-- a copy without personal data
CREATE VIEW analytics AS
  SELECT * EXCLUDE (email, address.street), SHA256(email) AS person FROM orders;
)";

/// What is found of a source `s` with the key `id`, in a line, and `text` behind it.
CheckedViews check_with_source(const std::string& text) {
  return check_text("CREATE SOURCE s KEY (id);\n" + text);
}

std::string faults_of(const std::string& text) {
  return lines_of(check_with_source(text).faults);
}

/// The one view of `text`, which must be without a fault. It has no SELECT, which would be of a
/// script that is gone.
View view_of(const std::string& text) {
  const CheckedViews checked = check_with_source(text);
  EXPECT_EQ(lines_of(checked.faults), "") << text;
  View view = checked.views.views.empty() ? View{} : checked.views.views.front();
  view.select = {};
  return view;
}

/// The warnings of a view over `s` with this WHERE, which begins at 2:41.
std::string warnings_of_where(const std::string& condition) {
  const CheckedViews checked =
      check_with_source("CREATE VIEW v AS SELECT * FROM s WHERE " + condition + ";");
  EXPECT_EQ(lines_of(checked.faults), "") << condition;
  return lines_of(checked.warnings);
}

struct Case {
  std::string text;
  std::string begin;  ///< of the first fault
};

void expect_faults(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    const std::string found = faults_of(each.text);
    EXPECT_EQ(found.substr(0, each.begin.size()), each.begin) << each.text << '\n' << found;
    EXPECT_EQ(found.find('\n', each.begin.size()) + 1, found.size()) << each.text << '\n' << found;
  }
}

TEST(Checker, ClassifiesTheExamples) {
  const CheckedViews checked = check_text(kExample);
  EXPECT_EQ(lines_of(checked.faults), "");
  EXPECT_EQ(lines_of(checked.warnings), "");
  ASSERT_EQ(checked.views.sources.size(), 1U);
  EXPECT_EQ(checked.views.sources[0].name, "orders");
  ASSERT_EQ(checked.views.views.size(), 5U);
  const auto expect = [&](std::size_t at, std::string_view name, ViewClass view_class,
                          Separation separation) {
    const View& view = checked.views.views[at];
    EXPECT_EQ(view.name, name);
    EXPECT_EQ(view.source, 0U);
    EXPECT_EQ(view.view_class, view_class) << name;
    EXPECT_EQ(view.separation, separation) << name;
  };
  expect(0, "customer_orders", ViewClass::kRemembering, Separation::kKeyHolds);
  expect(1, "open_orders", ViewClass::kRemembering, Separation::kOwner);
  expect(2, "order_lines", ViewClass::kRemembering, Separation::kKeyHolds);
  expect(3, "revenue", ViewClass::kRemembering, Separation::kGroups);
  expect(4, "analytics", ViewClass::kDirect, Separation::kItemKey);
  EXPECT_EQ(checked.views.views[1].owner_attributes, std::vector<std::string>{"order_id"});
  EXPECT_FALSE(checked.views.views[4].has_key);
  EXPECT_EQ(checked.views.views[4].key, std::vector<std::string>{"order_id"});
}

TEST(Checker, CallsAViewDirectWhoseKeyNeverChanges) {
  const std::vector<std::pair<std::string, ViewClass>> cases{
      {"CREATE VIEW v AS SELECT a FROM s;", ViewClass::kDirect},
      {"CREATE VIEW v AS SELECT * FROM s WHERE a;", ViewClass::kDirect},
      {"CREATE VIEW v KEY (id) AS SELECT * FROM s;", ViewClass::kDirect},
      {"CREATE VIEW v KEY (pk) AS SELECT 'A#' || o.id AS pk, a FROM s AS o;", ViewClass::kDirect},
      {"CREATE VIEW v KEY (pk, id) AS SELECT UPPER(id) AS pk, id FROM s;", ViewClass::kDirect},
      {"CREATE VIEW v KEY (pk, id) AS SELECT 'all' AS pk, id FROM s;", ViewClass::kDirect},
      {"CREATE VIEW v KEY (id, a) AS SELECT * FROM s;", ViewClass::kRemembering},
      {"CREATE VIEW v KEY (id, a) AS SELECT id, CASE WHEN b THEN 1 ELSE 2 END AS a FROM s;",
       ViewClass::kRemembering},
      {"CREATE VIEW v KEY (id) AS SELECT s.id FROM s, l AS e;", ViewClass::kRemembering},
      {"CREATE VIEW v KEY (id) AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;",
       ViewClass::kRemembering},
      // An element's attribute of the name of the key is none of the key.
      {"CREATE VIEW v KEY (a, id) AS SELECT e.id AS a, s.id FROM s, l AS e;",
       ViewClass::kRemembering},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(view_of(text).view_class, wanted) << text;
}

TEST(Checker, KnowsHowTwoItemsAreKeptApart) {
  const std::vector<std::pair<std::string, Separation>> cases{
      {"CREATE VIEW v AS SELECT a FROM s;", Separation::kItemKey},
      {"CREATE VIEW v KEY (id) AS SELECT * FROM s;", Separation::kKeyHolds},
      {"CREATE VIEW v KEY (x, y) AS SELECT a AS x, id AS y FROM s;", Separation::kKeyHolds},
      {"CREATE VIEW v KEY (x) AS SELECT 'a' || id AS x FROM s;", Separation::kKeyHolds},
      {"CREATE VIEW v KEY (x) AS SELECT 'a' || (id || 1) AS x FROM s;", Separation::kKeyHolds},
      // More than literals around the key, or more than || over it.
      {"CREATE VIEW v KEY (x) AS SELECT a || id AS x, id FROM s;", Separation::kOwner},
      {"CREATE VIEW v KEY (x) AS SELECT id || id AS x, id FROM s;", Separation::kOwner},
      {"CREATE VIEW v KEY (x) AS SELECT UPPER(id) AS x, id FROM s;", Separation::kOwner},
      {"CREATE VIEW v KEY (x) AS SELECT id.a AS x, id FROM s;", Separation::kOwner},
      {"CREATE VIEW v KEY (a) AS SELECT * FROM s;", Separation::kOwner},
      {"CREATE VIEW v KEY (a) AS SELECT a, s.id FROM s;", Separation::kOwner},
      {"CREATE VIEW v KEY (a) AS SELECT e AS a, s.id FROM s, l AS e;", Separation::kOwner},
      {"CREATE VIEW v KEY (a) WITH (owner = 'o') AS SELECT a FROM s;", Separation::kOwner},
      {"CREATE VIEW v KEY (id) WITH (owner = 'o') AS SELECT id FROM s;", Separation::kKeyHolds},
      {"CREATE VIEW v KEY (a) AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;", Separation::kGroups},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(view_of(text).separation, wanted) << text;
}

TEST(Checker, TellsAWholeKeyFromAPartOfIt) {
  const auto check_two = [](const std::string& text) {
    return check_text("CREATE SOURCE s KEY (p, q);\n" + text);
  };
  const auto separation = [&](const std::string& text) {
    const CheckedViews checked = check_two(text);
    EXPECT_EQ(lines_of(checked.faults), "") << text;
    return checked.views.views.at(0).separation;
  };
  EXPECT_EQ(separation("CREATE VIEW v KEY (q, p) AS SELECT * FROM s;"), Separation::kKeyHolds);
  EXPECT_EQ(separation("CREATE VIEW v KEY (a, b) AS SELECT q AS a, p AS b FROM s;"),
            Separation::kKeyHolds);
  EXPECT_EQ(separation("CREATE VIEW v KEY (p) AS SELECT p, q FROM s;"), Separation::kOwner);
  EXPECT_EQ(separation("CREATE VIEW v KEY (a) AS SELECT p || '#' || q AS a, p, q FROM s;"),
            Separation::kOwner);
  EXPECT_EQ(
      lines_of(check_two("CREATE VIEW v KEY (p) AS SELECT p, a FROM s;").faults),
      "2:20: two items of \"s\" can have one key, \"p\", and the row does not tell whose it "
      "is: put \"p\" and \"q\" into KEY, or select them under their own names, or let the row "
      "have an attribute that tells: WITH (owner = 'owner') behind KEY (..)\n");
}

TEST(Checker, RefusesAViewWhereTwoItemsCouldShareARowUnseen) {
  const std::string refusal = "2:20: two items of \"s\" can have one key, ";
  expect_faults({
      {"CREATE VIEW v KEY (a) AS SELECT a FROM s;", refusal},
      {"CREATE VIEW v KEY (a) AS SELECT a, id AS b FROM s;", refusal},
      {"CREATE VIEW v KEY (a) AS SELECT a, UPPER(id) AS id FROM s;", refusal},
      {"CREATE VIEW v KEY (a) AS SELECT * EXCLUDE (id) FROM s;", refusal},
      {"CREATE VIEW v KEY (a) AS SELECT *, b AS id FROM s;", refusal},
      {"CREATE VIEW v KEY (a) AS SELECT a, e.id FROM s, l AS e;", refusal},
      {"CREATE VIEW v KEY (a) AS SELECT 'all' AS a FROM s;", refusal},
  });
}

TEST(Checker, TellsWhatIsWrongWithNames) {
  expect_faults({
      {"CREATE SOURCE s KEY (a); CREATE VIEW v AS SELECT a FROM s;",
       "2:15: found a source with the name \"s\", which a source has: expected another name"},
      {"CREATE VIEW s AS SELECT a FROM s;",
       "2:13: found a view with the name \"s\", which a source has: expected another name"},
      {"CREATE VIEW v AS SELECT a FROM s; CREATE VIEW v AS SELECT a FROM s;",
       "2:47: found a view with the name \"v\", which a view has: expected another name"},
      {"CREATE SOURCE t KEY (a, a); CREATE VIEW v AS SELECT a FROM s;",
       "2:25: found \"a\" twice in KEY"},
      {"CREATE VIEW v AS SELECT a FROM orders;",
       "2:32: found \"orders\", which is no source: expected a name that has a CREATE SOURCE "
       "orders "
       "KEY (..); of its own"},
      {"CREATE SOURCE orders KEY (a); CREATE VIEW v AS SELECT a FROM Ordrs;",
       "2:62: found \"Ordrs\", which is no source; did you mean \"orders\"?"},
      {"CREATE VIEW v AS SELECT a FROM s; CREATE VIEW w AS SELECT a FROM v;",
       "2:66: found \"v\", which is no source, but a view: a view is made from a source"},
      {"CREATE VIEW v KEY (a, a) AS SELECT a, id FROM s;", "2:23: found \"a\" twice in KEY"},
      {"CREATE VIEW v AS SELECT a, b AS a FROM s;",
       "2:33: found a second item with the name \"a\": a row has each attribute once"},
      {"CREATE VIEW v AS SELECT *, a, b.a FROM s;",
       "2:31: found a second item with the name \"a\""},
      {"CREATE VIEW v AS SELECT a || b FROM s;",
       "2:25: found \"a || b\" without a name: expected AS and the name of the attribute"},
      {"CREATE VIEW v AS SELECT a[0] FROM s;",
       "2:25: found \"a[0]\", which ends with the place of an element: expected AS and a name"},
      {"CREATE VIEW v AS SELECT *, * FROM s;", "2:28: found * for the second time"},
      {"CREATE VIEW v KEY (b) AS SELECT a, id FROM s;",
       "2:20: found the key attribute \"b\", which no item of SELECT gives: expected an item of "
       "this name, as in x AS b"},
      {"CREATE VIEW v KEY (region) AS SELECT regoin, id FROM s;",
       "2:20: found the key attribute \"region\", which no item of SELECT gives: expected an item "
       "of this name, as in x AS region; did you mean \"regoin\"?"},
      {"CREATE VIEW v KEY (a) AS SELECT * EXCLUDE (a) FROM s;",
       "2:20: found the key attribute \"a\", which no item of SELECT gives"},
      {"CREATE VIEW v KEY (\"" + std::string(256, 'a') + "\") AS SELECT * FROM s;",
       "2:20: found a key attribute whose name has more than 255 bytes"},
  });
}

TEST(Checker, LooksUpWhatAPathNames) {
  EXPECT_EQ(faults_of("CREATE VIEW v AS SELECT s.a, b.c, s.s AS d FROM s;"), "");
  EXPECT_EQ(faults_of("CREATE VIEW v AS SELECT o.a, s.c FROM s AS o;"), "");
  EXPECT_EQ(faults_of("CREATE VIEW v KEY (id, i) AS SELECT o.id, l, l.a, l[0].b, i "
                      "FROM s AS o, o.l AS l AT i;"),
            "");
  EXPECT_EQ(faults_of("CREATE VIEW v KEY (id, l) AS SELECT id, l FROM s, m.l AS l;"), "");
  expect_faults({
      {"CREATE VIEW v AS SELECT s FROM s;",
       "2:25: found \"s\", which is the whole item, and no value: write *, or one of its "
       "attributes, s.name; the attribute of this name is s.s"},
      {"CREATE VIEW v AS SELECT a FROM s WHERE attribute_exists(s);",
       "2:57: found \"s\", which is the whole item"},
      {"CREATE VIEW v AS SELECT * EXCLUDE (s) FROM s;",
       "2:36: found \"s\", which is no attribute of the item"},
      {"CREATE VIEW v KEY (id) AS SELECT * EXCLUDE (e.a) FROM s, l AS e;",
       "2:45: found \"e\", which is no attribute of the item"},
      {"CREATE VIEW v KEY (id, x) AS SELECT id, i.a AS x FROM s, l AS e AT i;",
       "2:41: found \"i.a\": i is the element's place, a number, and has no attributes"},
      {"CREATE VIEW v KEY (id) AS SELECT id FROM s, s.l AS s;",
       "2:52: found \"s\", which is the name of the source, too"},
      {"CREATE VIEW v KEY (id) AS SELECT id FROM s, s.l AS e AT e;",
       "2:57: found \"e\", which is the name of the element, too"},
      {"CREATE VIEW v KEY (id) AS SELECT id FROM s, s AS e;",
       "2:45: found the item itself: expected the path of a list or set of it, as in s.lines"},
      {"CREATE SOURCE t KEY (a); CREATE VIEW w AS SELECT a FROM t; CREATE VIEW v KEY (id) AS "
       "SELECT id FROM s, t AS e;",
       "2:104: found the source \"t\": no JOIN: "},
      {"CREATE VIEW v AS SELECT a FROM s, s.l AS e;",
       "2:13: a view that unnests has more than one row of an item: expected KEY (..)"},
  });
}

TEST(Checker, HoldsTheRulesOfTheItemsOwnKey) {
  EXPECT_EQ(faults_of("CREATE VIEW v AS SELECT *, id, s.id AS other FROM s;"), "");
  EXPECT_EQ(
      faults_of("CREATE VIEW v KEY (id) AS SELECT *, a AS id, s.id AS other FROM s;").substr(0, 17),
      "2:20: two items o");
  expect_faults({
      {"CREATE VIEW v AS SELECT *, a AS id FROM s;",
       "2:28: found another value for \"id\", a key attribute of the source"},
      {"CREATE VIEW v AS SELECT a, UPPER(id) AS id FROM s;",
       "2:28: found another value for \"id\", a key attribute of the source"},
      {"CREATE VIEW v AS SELECT a.id FROM s;", "2:25: found another value for \"id\""},
  });
  const CheckedViews checked =
      check_with_source("CREATE VIEW v AS SELECT * EXCLUDE (id, id.a, b) FROM s;");
  EXPECT_EQ(lines_of(checked.faults), "");
  EXPECT_EQ(lines_of(checked.warnings),
            "2:36: a view without KEY has the item's own key attributes, whether or not they are "
            "selected: EXCLUDE has no effect on \"id\"\n");
}

TEST(Checker, RefusesAKeyOfATypeThatNoKeyHas) {
  const std::string end = " AS a, id FROM s;";
  for (const auto& [item, found] :
       std::vector<std::pair<std::string, std::string>>{{"TRUE", "a condition"},
                                                        {"b > 1", "a condition"},
                                                        {"NULL", "NULL"},
                                                        {"MISSING", "MISSING"},
                                                        {"[1]", "a list"},
                                                        {"{}", "a map"},
                                                        {"<<1>>", "a set"}})
    expect_faults({{"CREATE VIEW v KEY (a) AS SELECT " + item + end,
                    "2:33: found " + found + " for the key attribute \"a\": a key is a text"}});
}

TEST(Checker, KnowsFunctionsAndTheirArguments) {
  EXPECT_EQ(
      faults_of("CREATE VIEW v AS SELECT COALESCE(a) AS a, NULLIF(a, b) AS b, UPPER(a) AS c, "
                "LOWER(a) AS d, TRIM(a) AS e, REPLACE(a, 'x', 'y') AS f, SUBSTRING(a, 1) AS g, "
                "SUBSTRING(a, 1, 2) AS h, LPAD(a, 3, '0') AS i, SPLIT_PART(a, '#', 1) AS j, "
                "CHAR_LENGTH(a) AS k, SHA256(a) AS l, TO_ISO8601(a) AS m, TO_EPOCH(a) AS n, "
                "size(a) AS o, CAST(a AS STRING) AS p FROM s WHERE attribute_exists(a.b) AND "
                "attribute_not_exists(a[0]) AND attribute_type(a, 'S') AND "
                "begins_with(a, b) AND contains(a, b);"),
      "");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"COALESCE()", "found COALESCE with 0 arguments: expected COALESCE(x, y)"},
      {"NULLIF(a)", "found NULLIF with 1 argument: expected NULLIF(x, y)"},
      {"substring(a)", "found SUBSTRING with 1 argument: expected SUBSTRING(s, start[, length])"},
      {"begins_with(a)", "found begins_with with 1 argument: expected begins_with(x, start)"},
      {"COALESE(a, b)", "found \"COALESE\", which is no function; did you mean \"coalesce\"?"},
      {"frobnicate(a)",
       "found \"FROBNICATE\", which is no function; there are attribute_exists, "
       "attribute_not_exists, attribute_type, begins_with, contains, size, COALESCE, NULLIF, "
       "UPPER, "
       "LOWER, TRIM, REPLACE, SUBSTRING, LPAD, SPLIT_PART, CHAR_LENGTH, SHA256, TO_ISO8601, "
       "TO_EPOCH, CAST, COUNT and SUM"},
      {"AVG(a)",
       "found \"AVG\", which is no function: write SUM(x) AS x_sum, COUNT(x) AS x_count, and "
       "divide "
       "when you read"},
      {"MIN(a)", "found \"MIN\", which is no function: when the least or greatest item goes"},
      {"max(a)", "found \"MAX\", which is no function: when the least or greatest item goes"},
      {"NOW()", "found \"NOW\", which is no function: a view is a function of the item alone"},
      {"RANDOM()",
       "found \"RANDOM\", which is no function: a view is a function of the item alone"},
      {"uuid()", "found \"UUID\", which is no function: a view is a function of the item alone"},
      {"CURRENT_TIMESTAMP()", "found \"CURRENT_TIMESTAMP\", which is no function: a view is a f"},
      {"CONCAT(a, b)", "found \"CONCAT\", which is no function: texts are joined with ||"},
      {"LENGTH(a)", "found \"LENGTH\", which is no function: CHAR_LENGTH(s) counts"},
      {"IFNULL(a, b)", "found \"IFNULL\", which is no function: COALESCE(x, y) is x"},
      {"IF(a, b, c)", "found \"IF\", which is no function: write CASE WHEN"},
  };
  for (const auto& [item, begin] : cases)
    expect_faults({{"CREATE VIEW v AS SELECT " + item + " AS x FROM s;", "2:25: " + begin}});
  expect_faults({
      {"CREATE VIEW v AS SELECT a FROM s WHERE attribute_exists('a');",
       "2:57: found \"'a'\": attribute_exists looks at an attribute: expected its path"},
      {"CREATE VIEW v AS SELECT a FROM s WHERE attribute_type(UPPER(a), 'S');",
       "2:55: found \"UPPER(a)\": attribute_type looks at an attribute"},
  });
}

TEST(Checker, TellsAllFaultsOfAText) {
  EXPECT_EQ(
      lines_of(check_text("CREATE VIEW v AS SELECT a == b AS x, AVG(c) AS y, d || e FROM t;\n"
                          "CREATE VIEW w KEY (k) AS SELECT a FROM s WHERE COUNT(*) > 1 LIMIT 5;\n"
                          "CREATE SOURCE s KEY (id);")
                   .faults),
      "1:27: found ==: one = compares\n"
      "1:38: found \"AVG\", which is no function: write SUM(x) AS x_sum, COUNT(x) AS x_count, "
      "and divide when you read\n"
      "1:51: found \"d || e\" without a name: expected AS and the name of the attribute that "
      "it is to be\n"
      "1:63: found \"t\", which is no source: expected a name that has a CREATE SOURCE t KEY "
      "(..); of its own\n"
      "2:20: found the key attribute \"k\", which no item of SELECT gives: expected an item of "
      "this name, as in x AS k\n"
      "2:48: found \"COUNT(*)\": an aggregate cannot stand in WHERE, which looks at one item "
      "alone\n"
      "2:61: no LIMIT: a view has a row for each item that WHERE takes; limit when you read "
      "it\n");
}

TEST(Checker, TellsNoSourceAsUnknownThatCouldNotBeRead) {
  EXPECT_EQ(
      lines_of(check_text("CREATE SOURCE s KEY id;\nCREATE VIEW v AS SELECT a FROM s;").faults),
      "1:21: found \"id\": expected the key attributes in brackets: KEY (pk) or KEY (pk, "
      "sk)\n");
}

TEST(Checker, WantsAView) {
  EXPECT_EQ(lines_of(check_text("").faults),
            "1:1: the text has no view: expected CREATE VIEW name AS SELECT * FROM source;\n");
  EXPECT_EQ(lines_of(check_text("CREATE SOURCE s KEY (a);").faults),
            "1:1: the text has no view: expected CREATE VIEW name AS SELECT * FROM source;\n");
  EXPECT_EQ(
      lines_of(
          check_with_source("CREATE SOURCE t KEY (a); CREATE VIEW v AS SELECT a FROM s;").warnings),
      "2:1: no view is made from the source \"t\"\n");
}

TEST(Checker, BoundsViewsAndSources) {
  std::string text;
  for (std::size_t i = 0; i < kViewsOfSourceMax; ++i)
    text += "CREATE VIEW v" + std::to_string(i) + " AS SELECT a FROM s; ";
  EXPECT_EQ(faults_of(text), "");
  EXPECT_NE(faults_of(text + "CREATE VIEW w AS SELECT a FROM s;")
                .find("more than 99 views of one source"),
            std::string::npos);
  text += "CREATE SOURCE t KEY (a); CREATE VIEW w AS SELECT a FROM t; ";
  EXPECT_EQ(check_with_source(text).views.views.size(), kViewsMax);
  EXPECT_EQ(faults_of(text), "");
  EXPECT_NE(faults_of(text + "CREATE VIEW x AS SELECT a FROM t;").find("more than 100 views"),
            std::string::npos);
  text.clear();
  for (std::size_t i = 0; i < kViewsMax; ++i)
    text += "CREATE SOURCE s" + std::to_string(i) + " KEY (a); ";
  EXPECT_NE(faults_of(text + "CREATE VIEW w AS SELECT a FROM s;").find("more than 100 sources"),
            std::string::npos);
}

TEST(Checker, HoldsTheRulesOfGroupBy) {
  EXPECT_EQ(faults_of("CREATE VIEW v KEY (k) AS SELECT 'all' AS k, COUNT(*) AS n, COUNT(a) AS m, "
                      "SUM(a * b) AS t FROM s GROUP BY 'all';"),
            "");
  EXPECT_EQ(faults_of("CREATE VIEW v KEY (x, y) AS SELECT o.a.b AS x, UPPER(c) AS y, COUNT(*) AS n "
                      "FROM s AS o GROUP BY UPPER(o.c), a.b;"),
            "");
  EXPECT_EQ(faults_of("CREATE VIEW v KEY (sku) AS SELECT e.sku, SUM(e.n) AS n FROM s, l AS e "
                      "GROUP BY e.sku;"),
            "");
  expect_faults({
      {"CREATE VIEW v AS SELECT COUNT(*) AS n FROM s;",
       "2:25: found \"COUNT(*)\": an aggregate needs GROUP BY: GROUP BY 'all' makes one row"},
      {"CREATE VIEW v AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;",
       "2:13: a view with GROUP BY has a row for each group: expected KEY (..)"},
      {"CREATE VIEW v KEY (a) AS SELECT a, b, COUNT(*) AS n FROM s GROUP BY a;",
       "2:36: found \"b\", which is neither an attribute of KEY nor an aggregate"},
      {"CREATE VIEW v KEY (a) AS SELECT a, SUM(b) + 1 AS n FROM s GROUP BY a;",
       "2:36: found \"SUM(b)\": an aggregate stands alone, as an item of its own"},
      {"CREATE VIEW v KEY (a) AS SELECT a, SUM(COUNT(b)) AS n FROM s GROUP BY a;",
       "2:40: found \"COUNT(b)\": an aggregate stands alone"},
      {"CREATE VIEW v KEY (a) AS SELECT a, COUNT(*) AS n FROM s WHERE SUM(b) > 1 GROUP BY a;",
       "2:63: found \"SUM(b)\": an aggregate cannot stand in WHERE"},
      {"CREATE VIEW v KEY (a) AS SELECT a, COUNT(*) AS n FROM s GROUP BY a, SUM(b);",
       "2:69: found \"SUM(b)\": an aggregate cannot stand in GROUP BY"},
      {"CREATE VIEW v KEY (a) AS SELECT a FROM s GROUP BY a;",
       "2:26: found GROUP BY and no aggregate"},
      {"CREATE VIEW v KEY (a) AS SELECT *, a, COUNT(*) AS n FROM s GROUP BY a;",
       "2:33: found * with GROUP BY: a group is many items"},
      {"CREATE VIEW v KEY (a, b) AS SELECT a, b, COUNT(*) AS n FROM s GROUP BY a;",
       "2:39: found \"b\" for the key attribute \"b\", which is not in GROUP BY"},
      {"CREATE VIEW v KEY (a) AS SELECT a, COUNT(*) AS n FROM s GROUP BY a, b;",
       "2:69: found \"b\" in GROUP BY, which no attribute of KEY is"},
      {"CREATE VIEW v KEY (day) AS SELECT SUBSTRING(placed, 1, 10) AS day, COUNT(*) AS n FROM s "
       "GROUP "
       "BY day;",
       "2:98: found \"day\" in GROUP BY, which no attribute of KEY is: expected an item of SELECT "
       "that is this expression, and its name in KEY; GROUP BY goes by expression, and not by an "
       "item's name: write GROUP BY SUBSTRING(placed, 1, 10)"},
      {"CREATE VIEW v KEY (a) AS SELECT a, s.b, COUNT(*) AS n FROM s GROUP BY a, b;",
       "2:36: found \"s.b\", which is neither an attribute of KEY nor an aggregate: with GROUP BY "
       "expected COUNT(*), COUNT(x) or SUM(x), or its name in KEY and its expression in GROUP BY\n"
       "2:74: found \"b\" in GROUP BY, which no attribute of KEY is: expected an item of SELECT "
       "that is this expression, and its name in KEY; put \"b\" into KEY"},
      {"CREATE VIEW v KEY (a) AS SELECT a, COUNT(*) AS n FROM s GROUP BY a, 1;",
       "2:69: found \"1\" in GROUP BY, which no attribute of KEY is: expected an item of SELECT "
       "that is this expression, and its name in KEY; GROUP BY goes by expression, and not by an "
       "item's number"},
      {"CREATE VIEW v KEY (a) AS SELECT a, COUNT(*) AS n FROM s GROUP BY a, s.a;",
       "2:69: found \"s.a\" twice in GROUP BY"},
      {"CREATE VIEW v KEY (a, n) AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;",
       "2:39: found an aggregate for the key attribute \"n\""},
  });
}

TEST(Checker, TakesOptions) {
  const View none = view_of("CREATE VIEW v AS SELECT a FROM s;");
  EXPECT_FALSE(none.keeps_expired || none.keeps_deleted || none.has_owner_option);
  EXPECT_TRUE(none.on_insert && none.on_modify && none.on_remove);
  EXPECT_EQ(none.spread, 0U);
  const View expiry = view_of("CREATE VIEW v WITH (expiry = 'keep') AS SELECT a FROM s;");
  EXPECT_TRUE(expiry.keeps_expired);
  EXPECT_FALSE(expiry.keeps_deleted);
  const View deletes = view_of("CREATE VIEW v WITH (deletes = 'keep') AS SELECT a FROM s;");
  EXPECT_TRUE(deletes.keeps_expired && deletes.keeps_deleted);
  const View events = view_of("CREATE VIEW v WITH (events = 'INSERT') AS SELECT a FROM s;");
  EXPECT_TRUE(events.on_insert && !events.on_modify && !events.on_remove);
  const View two = view_of("CREATE VIEW v WITH (events = 'REMOVE, MODIFY') AS SELECT a FROM s;");
  EXPECT_TRUE(!two.on_insert && two.on_modify && two.on_remove);
  const View owner = view_of("CREATE VIEW v KEY (a) WITH (owner = 'o') AS SELECT a, id FROM s;");
  EXPECT_TRUE(owner.has_owner_option);
  EXPECT_EQ(owner.owner_attributes, std::vector<std::string>{"o"});
  const View spread = view_of(
      "CREATE VIEW v KEY (a) WITH (spread = '8') AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;");
  EXPECT_EQ(spread.spread, 8U);
}

TEST(Checker, RefusesOptionsThatAreNotSo) {
  const std::string grouped = " AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;";
  const std::string end = " AS SELECT a, id FROM s;";
  expect_faults({
      {"CREATE VIEW v WITH (expiri = 'keep')" + end,
       "2:21: found \"expiri\", which is no option; did you mean \"expiry\"?"},
      {"CREATE VIEW v WITH (ttl = 'keep')" + end,
       "2:21: found \"ttl\", which is no option; there are expiry, deletes, events, owner and "
       "spread"},
      {"CREATE VIEW v WITH (EXPIRY = 'keep')" + end,
       "2:21: found \"EXPIRY\", which is no option; did you mean \"expiry\"?"},
      {"CREATE VIEW v WITH (expiry = 'drop')" + end,
       "2:30: found \"drop\" for the option expiry: expected 'keep', or leave the option out"},
      {"CREATE VIEW v WITH (deletes = '')" + end, "2:31: found \"\" for the option deletes"},
      {"CREATE VIEW v WITH (expiry = 'keep', expiry = 'keep')" + end,
       "2:38: found the option \"expiry\" for the second time"},
      {"CREATE VIEW v WITH (events = 'insert')" + end,
       "2:30: found \"insert\" for the option events: expected INSERT, MODIFY and REMOVE"},
      {"CREATE VIEW v WITH (events = 'INSERT,INSERT')" + end, "2:30: found \"INSERT,INSERT\""},
      {"CREATE VIEW v WITH (events = '')" + end, "2:30: found \"\" for the option events"},
      {"CREATE VIEW v WITH (events = 'INSERT,')" + end, "2:30: found \"INSERT,\""},
      {"CREATE VIEW v KEY (a) WITH (owner = '')" + end, "2:37: found \"\" for the option owner"},
      {"CREATE VIEW v KEY (a) WITH (owner = 'id')" + end,
       "2:29: found the option owner, which adds the attribute \"id\", and an item of this name"},
      {"CREATE VIEW v WITH (owner = 'o')" + end, "2:21: found owner without KEY"},
      {"CREATE VIEW v KEY (a) WITH (owner = 'o')" + grouped, "2:29: found owner with GROUP BY"},
      {"CREATE VIEW v KEY (a) WITH (spread = '1')" + grouped,
       "2:38: found \"1\" for the option spread: expected a number from '2' to '100'"},
      {"CREATE VIEW v KEY (a) WITH (spread = '8x')" + grouped, "2:38: found \"8x\" for the option"},
      {"CREATE VIEW v KEY (a) WITH (spread = '-8')" + grouped, "2:38: found \"-8\" for the option"},
      {"CREATE VIEW v KEY (a) WITH (spread = '99999999999')" + grouped,
       "2:38: found \"99999999999"},
      {"CREATE VIEW v KEY (a) WITH (spread = '8')" + end, "2:29: found spread without GROUP BY"},
      {"CREATE VIEW v KEY (a, b) WITH (spread = '8') AS SELECT a, b, COUNT(*) AS n FROM s GROUP BY "
       "a, b;",
       "2:32: found spread and a KEY of two attributes: expected one"},
      {"CREATE VIEW v KEY (a) WITH (spread = '8') AS SELECT a, COUNT(*) AS spread FROM s GROUP BY "
       "a;",
       "2:29: found the option spread, which adds the attribute \"spread\", and an item"},
  });
  EXPECT_EQ(lines_of(check_with_source("CREATE VIEW v WITH (events = 'REMOVE')" + end).warnings),
            "2:30: the view has no row, ever: rows come with INSERT and MODIFY\n");
}

TEST(Checker, WarnsOfChecksThatAreFalseForEveryItem) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a BETWEEN 5 AND 1", "2:40: false for every item: \"a BETWEEN 5 AND 1\": the lower bound"},
      {"a BETWEEN 'b' AND 'a'", "2:40: false for every item"},
      {"a BETWEEN -1 AND -2", "2:40: false for every item"},
      {"a BETWEEN 0.5 AND 0.25", "2:40: false for every item"},
      {"a BETWEEN 10 AND 9", "2:40: false for every item"},
      {"a BETWEEN 1 AND -1", "2:40: false for every item"},
      {"a NOT BETWEEN 5 AND 1", "2:40: true for every item"},
      {"a BETWEEN 1 AND 'b'", "2:40: false for every item"},
      {"a BETWEEN NULL AND 1", "2:40: false for every item"},
      {"a = NULL",
       "2:40: a comparison with NULL is hardly meant: write x IS NULL, and x IS MISSING"},
      {"a <> NULL",
       "2:40: a comparison with NULL is hardly meant: write x IS NOT NULL, and x IS "
       "NOT MISSING"},
      {"a = MISSING",
       "2:40: false for every item, since nothing is equal to MISSING: write x IS "
       "MISSING"},
      {"a <> MISSING", "2:40: true for every item"},
      {"a IN (1, NULL)", "2:49: a comparison with NULL is hardly meant"},
      {"a IN (1, MISSING)", "2:49: no value is equal to MISSING"},
      {"size(a) IN ('1')", "2:52: a number is never equal to a text"},
      {"attribute_type(a, 'X')", "2:40: false for every item: \"attribute_type(a, 'X')\""},
      {"attribute_type(a, 1)", "2:40: false for every item"},
      {"begins_with(a, 5)", "2:40: false for every item: \"begins_with(a, 5)\": expected a text"},
      {"1 = 'a'", "2:40: false for every item: a number is never equal to a text"},
      {"size(a) <> 'a'", "2:40: true for every item: a number is never equal to a text"},
      {"1 < 'a'", "2:40: false for every item: \"1 < 'a'\": a text and a number have no order"},
      {"a < TRUE", "2:40: false for every item: \"a < TRUE\": a condition has no order"},
      {"a >= [1]", "2:40: false for every item: \"a >= [1]\": a list has no order"},
      {"'x'", "2:40: false for every item: \"'x'\" is a text, and no condition"},
      {"a = 'x' OR 'y'",
       "2:51: false for every item: \"'y'\" is a text, and no condition; to "
       "compare one value with several, write x IN ('a', 'b')"},
      {"NOT 1", "2:44: false for every item: \"1\" is a number, and no condition"},
      {"CASE WHEN 'x' THEN TRUE END", "2:50: false for every item: \"'x'\" is a text"},
      {"a = \"NEW\"",
       "2:44: double quotes make a name: this is the attribute NEW, not a text; if "
       "the text is meant, write 'NEW', and else leave the quotes out"},
      {"begins_with(a, \"NEW\")", "2:55: double quotes make a name"},
      {"a IN (\"x\")", "2:46: double quotes make a name"},
      {"UPPER(5) = a", "2:46: fails for every item: found a number where UPPER takes a text"},
      {"'a' + 1 = b",
       "2:40: fails for every item: expected a number, and found a text; texts are "
       "joined with ||"},
      {"-'a' = b", "2:41: fails for every item: expected a number, and found a text; CAST"},
      {"a * NULL = b", "2:44: MISSING for every item: expected a number, and found NULL"},
      {"(a = 1) || 'x' = b",
       "2:41: fails for every item: || joins texts and numbers, and found a "
       "condition; conditions are joined with OR"},
      {"a || MISSING = b", "2:45: MISSING for every item: || joins texts and numbers"},
  };
  for (const auto& [condition, begin] : cases) {
    const std::string found = warnings_of_where(condition);
    EXPECT_EQ(found.substr(0, begin.size()), begin) << condition;
    EXPECT_EQ(found.find('\n') + 1, found.size()) << condition << '\n' << found;
  }
}

TEST(Checker, WarnsOfNothingThatCanBeMeant) {
  for (const std::string condition : {"a",
                                      "a = a",
                                      "a BETWEEN 1 AND 1",
                                      "a BETWEEN 9 AND 10",
                                      "a BETWEEN -2 AND -1",
                                      "a BETWEEN 0.25 AND 0.5",
                                      "a BETWEEN b AND 1",
                                      "attribute_type(a, 'NULL')",
                                      "a IN (1, 'x', TRUE)",
                                      "a = TRUE",
                                      "(a > 1) = TRUE",
                                      "a = [1]",
                                      "\"odd name\" = \"a-b\"",
                                      "a = \"select\"",
                                      "a = (\"b\")",
                                      "\"a\" = 'x'",
                                      "CASE a WHEN 'x' THEN b END",
                                      "COALESCE(a, FALSE)",
                                      "size(a) > 1",
                                      "UPPER(a) = 'X'",
                                      "a IS NULL OR NOT b",
                                      "LPAD(a, 3, '0') = '001'",
                                      "TO_EPOCH(a) + 1 > b",
                                      "a || 1 = '11'",
                                      "s.a = 1"})
    EXPECT_EQ(warnings_of_where(condition), "") << condition;
}

TEST(Checker, WarnsOfTheSourcesNameBesideItsAlias) {
  EXPECT_EQ(lines_of(check_with_source("CREATE VIEW v AS SELECT s.a FROM s AS o;").warnings),
            "2:25: the source is called o here, so that this is its attribute s; write o.name for "
            "the item's own\n");
}

TEST(Checker, DescribesFaultsByFileAndPlace) {
  EXPECT_EQ(describe("my.sql", {{{3, 14}, "one"}, {{4, 1}, "two\nand more"}}),
            "my.sql:3:14: one\nmy.sql:4:1: two?and more\n");
  EXPECT_EQ(describe("my.sql", {}), "");
}

}  // namespace
}  // namespace streamonce::handler::views
