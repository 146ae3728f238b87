// What views have of an item that are not direct: the sentences of the view language on keys,
// unnesting and GROUP BY, one by one.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/views/values/scratch_arena.h"
#include "tests/support/counted_memory.h"
#include "tests/support/secrecy.h"
#include "tests/support/view_item.h"

namespace streamonce::handler::views {
namespace {

using testing::item_change;
using testing::views_of;

constexpr std::string_view kKeysOfItem = R"({"id":{"S":"i1"}})";

/// What the view `CREATE VIEW v` + `view` has of the item `i1` with `attributes`, as `,"a":{..}`.
std::string derived_with(std::string_view view, std::string_view attributes) {
  Deriver deriver(views_of("CREATE SOURCE s KEY (id); CREATE VIEW v " + std::string(view) + ";"));
  if (deriver.views().views.empty()) return "no view";
  const std::string image = R"({"id":{"S":"i1"})" + std::string(attributes) + "}";
  return testing::all_derived(deriver, 0, item_change(kKeysOfItem, image));
}

/// `,"l":{"L":[...]}` with `count` elements {"N":"0"}, {"N":"1"} and so on.
std::string list_of_words(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i)
    list.append(i == 0 ? "" : ",").append(R"({"N":")").append(std::to_string(i)).append("\"}");
  return R"(,"l":{"L":[)" + list + "]}";
}

struct Remembering {
  std::string_view view, attributes, derived;
};

TEST(RememberingDerive, MakesAKeyOfAnyAttributes) {
  for (const Remembering& c :
       {Remembering{"KEY (k, id) AS SELECT 'c#' || c AS k, id, n FROM s",
                    R"(,"c":{"S":"7"},"n":{"N":"1.0"})",
                    R"(put {"k":{"S":"c#7"},"id":{"S":"i1"}} )"
                    R"({"k":{"S":"c#7"},"id":{"S":"i1"},"n":{"N":"1.0"}})"
                    "\n"},
        Remembering{"KEY (c, id) AS SELECT * FROM s", R"(,"c":{"N":"7.0"})",
                    R"(put {"c":{"N":"7.0"},"id":{"S":"i1"}} {"id":{"S":"i1"},"c":{"N":"7.0"}})"
                    "\n"},
        Remembering{
            "KEY (c) AS SELECT c, id FROM s WHERE n > 0", R"(,"c":{"B":"AQI="},"n":{"N":"1"})",
            R"(put {"c":{"B":"AQI="}} {"c":{"B":"AQI="},"id":{"S":"i1"}} owner id={"S":"i1"})"
            "\n"},
        Remembering{"KEY (c) WITH (owner = 'whose') AS SELECT c, n FROM s", R"(,"c":{"S":"x"})",
                    R"(put {"c":{"S":"x"}} {"c":{"S":"x"},"whose":{"S":"2:idS2:i1"}} )"
                    R"(owner whose={"S":"2:idS2:i1"})"
                    "\n"}})
    EXPECT_EQ(derived_with(c.view, c.attributes), c.derived) << c.view;
}

TEST(RememberingDerive, HasNoRowWhereWhereOrAPartOfTheKeyIsNotThere) {
  for (const std::string_view attributes :
       {"", R"(,"c":{"S":""})", R"(,"c":{"B":""})", R"(,"c":{"S":"x"},"closed":{"BOOL":true})"}) {
    EXPECT_EQ(derived_with("KEY (c, id) AS SELECT c, id FROM s WHERE NOT closed", attributes), "")
        << attributes;
    EXPECT_EQ(derived_with("KEY (c) AS SELECT c, COUNT(*) AS n FROM s WHERE NOT closed GROUP BY c",
                           attributes),
              "")
        << attributes;
  }
}

TEST(RememberingDerive, LooksAtNothingWhereWhereDoesNotHold) {
  EXPECT_EQ(derived_with("KEY (k, id) AS SELECT c + 1 AS k, id, c - 1 AS x FROM s WHERE FALSE",
                         R"(,"c":{"S":"x"})"),
            "");
}

TEST(RememberingDerive, FailsWhereNoKeyCanHaveAPart) {
  for (const auto& [value, kind] :
       {std::pair{R"({"NULL":true})", "NULL"}, std::pair{R"({"BOOL":true})", "BOOL"},
        std::pair{R"({"L":[]})", "L"}, std::pair{R"({"M":{}})", "M"},
        std::pair{R"({"SS":["a"]})", "SS"}}) {
    const std::string error =
        "error: view v: key attribute c: a key takes S, N and B, and found " + std::string(kind);
    EXPECT_EQ(derived_with("KEY (c, id) AS SELECT c, id FROM s", R"(,"c":)" + std::string(value)),
              error);
    EXPECT_EQ(derived_with("KEY (c) AS SELECT c, COUNT(*) AS n FROM s GROUP BY c",
                           R"(,"c":)" + std::string(value)),
              error);
  }
}

TEST(RememberingDerive, HasNothingOfAnItemThatIsRemoved) {
  Deriver deriver(
      views_of("CREATE SOURCE s KEY (id);"
               "CREATE VIEW a KEY (c, id) AS SELECT c, id FROM s;"
               "CREATE VIEW b KEY (c) AS SELECT c, COUNT(*) AS n FROM s GROUP BY c;"
               "CREATE VIEW d KEY (id, i) AS SELECT id, i FROM s, s.l AS e AT i;"
               "CREATE VIEW direct AS SELECT * FROM s;"));
  const events::Change removal = item_change(kKeysOfItem, "");
  for (const std::size_t view : {0U, 1U, 2U})
    EXPECT_EQ(testing::all_derived(deriver, view, removal), "");
  EXPECT_EQ(testing::all_derived(deriver, 3, removal), "remove {\"id\":{\"S\":\"i1\"}} \n");
}

TEST(RememberingDerive, GivesOfADirectViewWhatItAlwaysHas) {
  EXPECT_EQ(derived_with("AS SELECT a FROM s WHERE a = 'x'", R"(,"a":{"S":"x"})"),
            R"(put {"id":{"S":"i1"}} {"id":{"S":"i1"},"a":{"S":"x"}})"
            "\n");
  EXPECT_EQ(derived_with("KEY (k) AS SELECT SPLIT_PART(id, '#', 2) AS k, id FROM s", ""), "");
}

TEST(RememberingDerive, HasARowForEachElement) {
  constexpr std::string_view kOrderLines =
      R"(,"l":{"L":[{"M":{"sku":{"S":"a"},"q":{"N":"2"}}},{"M":{"sku":{"S":"b"}}}]})";
  for (const Remembering& c :
       {Remembering{
            "KEY (id, line) AS SELECT o.id, l.sku || '#' || i AS line, l.q "
            "FROM s AS o, o.l AS l AT i",
            kOrderLines,
            R"(put {"id":{"S":"i1"},"line":{"S":"a#0"}} )"
            R"({"id":{"S":"i1"},"line":{"S":"a#0"},"q":{"N":"2"}})"
            "\n"
            R"(put {"id":{"S":"i1"},"line":{"S":"b#1"}} {"id":{"S":"i1"},"line":{"S":"b#1"}})"
            "\n"},
        Remembering{"KEY (id, i) AS SELECT id, i, e FROM s, s.l AS e AT i WHERE e.q = 2",
                    kOrderLines,
                    R"(put {"id":{"S":"i1"},"i":{"N":"0"}} {"id":{"S":"i1"},"i":{"N":"0"},)"
                    R"("e":{"M":{"sku":{"S":"a"},"q":{"N":"2"}}}})"
                    "\n"},
        // A name that is no alias is an attribute of the item.
        Remembering{"KEY (id, e) AS SELECT id, e, sku FROM s, s.l AS e",
                    R"(,"sku":{"S":"own"},"l":{"L":[{"S":"x"},{"N":"1E1"}]})",
                    R"(put {"id":{"S":"i1"},"e":{"S":"x"}} )"
                    R"({"id":{"S":"i1"},"e":{"S":"x"},"sku":{"S":"own"}})"
                    "\n"
                    R"(put {"id":{"S":"i1"},"e":{"N":"1E1"}} )"
                    R"({"id":{"S":"i1"},"e":{"N":"1E1"},"sku":{"S":"own"}})"
                    "\n"},
        Remembering{"KEY (id, e) AS SELECT id, e FROM s, s.m.l[1] AS e",
                    R"(,"m":{"M":{"l":{"L":[{"S":"x"},{"L":[{"S":"y"}]}]}}})",
                    R"(put {"id":{"S":"i1"},"e":{"S":"y"}} {"id":{"S":"i1"},"e":{"S":"y"}})"
                    "\n"},
        Remembering{"KEY (e) AS SELECT *, e FROM s, s.l AS e", R"(,"l":{"SS":["x"]})",
                    R"(put {"e":{"S":"x"}} {"e":{"S":"x"},"id":{"S":"i1"},"l":{"SS":["x"]}} )"
                    R"(owner id={"S":"i1"})"
                    "\n"}})
    EXPECT_EQ(derived_with(c.view, c.attributes), c.derived) << c.view;
}

TEST(RememberingDerive, TakesTheElementsOfSetsWithoutPlaces) {
  constexpr std::string_view kView = "KEY (id, e) AS SELECT id, e FROM s, s.l AS e";
  for (const Remembering& c :
       {Remembering{kView, R"(,"l":{"SS":["x","\u0079"]})",
                    R"(put {"id":{"S":"i1"},"e":{"S":"x"}} {"id":{"S":"i1"},"e":{"S":"x"}})"
                    "\n"
                    R"(put {"id":{"S":"i1"},"e":{"S":"y"}} {"id":{"S":"i1"},"e":{"S":"y"}})"
                    "\n"},
        Remembering{kView, R"(,"l":{"NS":["1.0"]})",
                    R"(put {"id":{"S":"i1"},"e":{"N":"1"}} {"id":{"S":"i1"},"e":{"N":"1"}})"
                    "\n"},
        Remembering{kView, R"(,"l":{"BS":["AQI="]})",
                    R"(put {"id":{"S":"i1"},"e":{"B":"AQI="}} {"id":{"S":"i1"},"e":{"B":"AQI="}})"
                    "\n"}})
    EXPECT_EQ(derived_with(c.view, c.attributes), c.derived) << c.attributes;
  EXPECT_EQ(
      derived_with("KEY (id, i) AS SELECT id, i FROM s, s.l AS e AT i", R"(,"l":{"NS":["1"]})"),
      "error: view v: FROM: AT takes a list (L), whose elements have places, and found NS");
}

TEST(RememberingDerive, HasNoRowWhereThereIsNothingToUnnest) {
  for (const std::string_view attributes : {"", R"(,"l":{"NULL":true})", R"(,"l":{"L":[]})"})
    for (const std::string_view at : {"", " AT i"})
      EXPECT_EQ(derived_with("KEY (id, e) AS SELECT id, e FROM s, s.l AS e" + std::string(at),
                             attributes),
                "");
}

TEST(RememberingDerive, FailsWhereWhatIsToBeUnnestedHasNoElements) {
  for (const auto& [value, kind] :
       {std::pair{R"({"S":"x"})", "S"}, std::pair{R"({"N":"1"})", "N"},
        std::pair{R"({"B":"AQI="})", "B"}, std::pair{R"({"BOOL":false})", "BOOL"},
        std::pair{R"({"M":{}})", "M"}})
    EXPECT_EQ(derived_with("KEY (id, e) AS SELECT id, e FROM s, s.l AS e",
                           R"(,"l":)" + std::string(value)),
              "error: view v: FROM: lists and sets (L, SS, NS, BS) have elements, and found " +
                  std::string(kind));
}

TEST(RememberingDerive, FailsWhereTwoRowsHaveOneKey) {
  constexpr std::string_view kView = "KEY (id, e) AS SELECT id, e FROM s, s.l AS e";
  constexpr std::string_view kError = "error: view v: two rows of this item have one key";
  EXPECT_EQ(derived_with(kView, R"(,"l":{"L":[{"S":"x"},{"S":"y"},{"S":"x"}]})"), kError);
  EXPECT_EQ(derived_with(kView, R"(,"l":{"L":[{"N":"1"},{"N":"1.0"}]})"), kError);
  EXPECT_EQ(derived_with(kView, R"(,"l":{"L":[{"S":"x"},{"S":"\u0078"}]})"), kError);
}

TEST(RememberingDerive, FailsWhereAnItemHasTooManyRowsOrGroups) {
  constexpr std::string_view kRows = "KEY (id, e) AS SELECT id, e FROM s, s.l AS e WHERE e < 900";
  constexpr std::string_view kGroups =
      "KEY (e) AS SELECT e, COUNT(*) AS n FROM s, s.l AS e GROUP BY e";
  for (const std::string_view view : {kRows, kGroups}) {
    const std::string most = derived_with(view, list_of_words(48));
    EXPECT_EQ(std::count(most.begin(), most.end(), '\n'), 48);
  }
  EXPECT_EQ(derived_with(kRows, list_of_words(49)),
            "error: view v: this item has 49 rows: an item has 48 at most in one view");
  EXPECT_EQ(derived_with(kRows, list_of_words(1000)),
            "error: view v: this item has 900 rows: an item has 48 at most in one view");
  EXPECT_EQ(derived_with(kGroups, list_of_words(1000)),
            "error: view v: this item has 1000 groups: an item has 48 at most in one view");
}

TEST(RememberingDerive, RefusesARowThatNoItemCanBe) {
  const std::string half = R"(LPAD(id, 204780, '0') AS )";
  EXPECT_TRUE(
      derived_with("KEY (id, e) AS SELECT id, e, " + half + "a FROM s, s.l AS e", list_of_words(2))
          .starts_with("put"));
  EXPECT_EQ(derived_with("KEY (id, e) AS SELECT id, e, " + half + "a, " + half + "b, " + half +
                             "c FROM s, s.l AS e WHERE e = 1",
                         list_of_words(2)),
            "error: view v: row: its first 614349 bytes are more than the 409600 that an item can "
            "have");
}

TEST(RememberingDerive, KeepsNothingOfWhatIsMadeOnTheWay) {
  constexpr std::string_view kPadded = "SUBSTRING(LPAD(CAST(e AS STRING), 5000, 'x'), 3001, 2000)";
  const testing::CountedMemory memory;
  const std::string padded(kPadded);
  Deriver deriver(
      views_of("CREATE SOURCE s KEY (id);"
               "CREATE VIEW rows KEY (k, id) AS SELECT " +
               padded +
               " AS k, id FROM s, s.l AS e;"
               "CREATE VIEW sums KEY (k) AS SELECT SUBSTRING(" +
               padded +
               ", 1, 1000) AS k,"
               "  SUM(CHAR_LENGTH(" +
               padded +
               ")) AS n FROM s, s.l AS e"
               "  WHERE LPAD(id, 5000, '0') <> 'x' GROUP BY SUBSTRING(" +
               padded + ", 1, 1000);"));
  ASSERT_EQ(deriver.views().views.size(), 2U);
  const std::string image = R"({"id":{"S":"i1"})" + list_of_words(900) + "}";
  const events::Change change = item_change(kKeysOfItem, image);
  std::pmr::monotonic_buffer_resource arena;
  const Result<Derived> rows = deriver.derive_all(0, change, arena);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().message,
            "view rows: this item has 900 rows: an item has 48 at most in one view");
  const std::uint64_t before = deriver.bytes_made();
  const Result<Derived> sums = deriver.derive_all(1, change, arena);
  ASSERT_TRUE(sums) << sums.error().message;
  ASSERT_EQ(sums->groups.size(), 1U);
  const Group& group = sums->groups.front();
  EXPECT_EQ(group.key->attributes().front().value, std::string(1000, 'x'));
  EXPECT_EQ(group.amounts.front(), events::decimal_of(900 * 2000));
  EXPECT_EQ(deriver.bytes_made() - before, group.keys_json.size());
  EXPECT_LT(memory.bytes_most(), 1'000'000U);
}

TEST(RememberingDerive, TakesElementsWithoutARowHoweverManyThereAre) {
  // All of them together would take more than one expression may.
  constexpr std::string_view kView =
      "KEY (k, id) AS SELECT CASE WHEN LPAD(id, 390000, '0') = 'x' THEN id END AS k, id "
      "FROM s, s.l AS e";
  static_assert(100 * 390'000 > kScratchBytesMax);
  EXPECT_EQ(derived_with(kView, list_of_words(100)), "");
}

TEST(RememberingDerive, AddsUpWhatAnItemHasInItsGroup) {
  constexpr std::string_view kView =
      "KEY (c) AS SELECT c, COUNT(*) AS n, SUM(t) AS spent, COUNT(t) AS paid FROM s GROUP BY c";
  for (const Remembering& c :
       {Remembering{kView, R"(,"c":{"S":"x"},"t":{"N":"-12.50"})",
                    R"(add {"c":{"S":"x"}} n=1 paid=1 spent=-12.5)"
                    "\n"},
        Remembering{kView, R"(,"c":{"N":"1.0"})",
                    R"(add {"c":{"N":"1.0"}} n=1 paid=0 spent=0)"
                    "\n"},
        Remembering{kView, R"(,"c":{"S":"x"},"t":{"NULL":true})",
                    R"(add {"c":{"S":"x"}} n=1 paid=0 spent=0)"
                    "\n"},
        Remembering{"KEY (a, b) AS SELECT 'all' AS a, t + 1 AS b, SUM(t * 2) AS sum FROM s "
                    "GROUP BY t + 1, 'all'",
                    R"(,"t":{"N":"2"})",
                    R"(add {"a":{"S":"all"},"b":{"N":"3"}} sum=4)"
                    "\n"},
        Remembering{"KEY (a) AS SELECT 'all' AS a, COUNT(t) AS n FROM s GROUP BY 'all'",
                    R"(,"t":{"S":"2"})",
                    R"(add {"a":{"S":"all"}} n=1)"
                    "\n"}})
    EXPECT_EQ(derived_with(c.view, c.attributes), c.derived) << c.view << c.attributes;
}

TEST(RememberingDerive, CountsEachElement) {
  constexpr std::string_view kView =
      "KEY (sku) AS SELECT l.sku, COUNT(*) AS n, SUM(l.q) AS q, SUM(i) AS places "
      "FROM s, s.l AS l AT i WHERE l.q <> 9 GROUP BY l.sku";
  EXPECT_EQ(
      derived_with(kView, R"(,"l":{"L":[{"M":{"sku":{"S":"a"},"q":{"N":"0.1"}}},)"
                          R"({"M":{"sku":{"S":"b"}}},{"M":{"sku":{"S":"a"},"q":{"N":"0.2"}}},)"
                          R"({"M":{"sku":{"S":"a"},"q":{"N":"9"}}},{"S":"no map"}]})"),
      R"(add {"sku":{"S":"a"}} n=2 places=2 q=0.3)"
      "\n"
      R"(add {"sku":{"S":"b"}} n=1 places=1 q=0)"
      "\n");
}

TEST(RememberingDerive, SumsExactly) {
  constexpr std::string_view kView =
      "KEY (c) AS SELECT 'x' AS c, SUM(e) AS sum FROM s, s.l AS e GROUP BY 'x'";
  constexpr std::string_view kError =
      "error: view v: attribute sum: SUM: the result has more than 38 significant digits";
  for (const Remembering& c :
       {Remembering{kView,
                    R"(,"l":{"L":[{"N":"99999999999999999999999999999999999998"},{"N":"1"}]})",
                    R"(add {"c":{"S":"x"}} sum=99999999999999999999999999999999999999)"
                    "\n"},
        Remembering{kView, R"(,"l":{"NS":["0.1","0.2","-0.3"]})",
                    R"(add {"c":{"S":"x"}} sum=0)"
                    "\n"},
        Remembering{kView, R"(,"l":{"NS":["99999999999999999999999999999999999999","0.1"]})",
                    kError},
        Remembering{kView, R"(,"l":{"NS":["1E125","1"]})", kError},
        Remembering{kView, R"(,"l":{"L":[{"N":"1"},{"S":"2"}]})",
                    "error: view v: attribute sum: SUM takes a number (N), and found S"}})
    EXPECT_EQ(derived_with(c.view, c.attributes), c.derived) << c.attributes;
}

TEST(RememberingDerive, SpreadsAGroupByTheItemsKey) {
  Deriver deriver(
      views_of("CREATE SOURCE s KEY (id); CREATE VIEW v KEY (c) WITH (spread = '8') AS "
               "SELECT c, COUNT(*) AS n FROM s GROUP BY c;"));
  std::vector<std::size_t> counts(8);
  for (int i = 0; i < 800; ++i) {
    const std::string keys = R"({"id":{"N":")" + std::to_string(i) + R"("}})";
    const std::string image = R"({"c":{"S":"x"},)" + keys.substr(1);
    std::pmr::monotonic_buffer_resource arena;
    const Result<Derived> made = deriver.derive_all(0, item_change(keys, image), arena);
    ASSERT_TRUE(made);
    ASSERT_EQ(made->groups.size(), 1U);
    const events::KeyAttribute& spread = made->groups[0].key->attributes()[1];
    EXPECT_EQ(spread.name, "spread");
    EXPECT_EQ(spread.type, events::KeyType::kNumber);
    ASSERT_EQ(spread.value.size(), 1U);
    ++counts.at(static_cast<std::size_t>(spread.value[0] - '0'));
  }
  for (const std::size_t count : counts) EXPECT_GT(count, 60U);

  // The part stays for ever: the SHA-256 of `2:idS2:i1` begins with 67181ca491aced88.
  EXPECT_EQ(testing::all_derived(deriver, 0,
                                 item_change(kKeysOfItem, R"({"id":{"S":"i1"},"c":{"S":"x"}})")),
            "add {\"c\":{\"S\":\"x\"},\"spread\":{\"N\":\"0\"}} n=1\n");
  // One item has one part, however its key was written.
  const auto of_number = [&](std::string_view number) {
    const std::string keys = R"({"id":{"N":")" + std::string(number) + R"("}})";
    return testing::all_derived(deriver, 0,
                                item_change(keys, R"({"c":{"S":"x"},)" + keys.substr(1)));
  };
  EXPECT_EQ(of_number("70"), of_number("7E1"));
}

TEST(RememberingDerive, LooksAtTheImageAnewBehindAnUnnesting) {
  Deriver deriver(
      views_of("CREATE SOURCE s KEY (id);"
               "CREATE VIEW a KEY (id, i) AS SELECT id, i, e FROM s, s.l AS e AT i;"
               "CREATE VIEW b AS SELECT l[0] AS e FROM s;"
               "CREATE VIEW c KEY (id, e) AS SELECT id, e FROM s, s.l AS e;"));
  const std::string image = R"({"id":{"S":"i1"},"l":{"L":[{"S":"x"},{"S":"y"}]}})";
  const events::Change change = item_change(kKeysOfItem, image);
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(testing::all_derived(deriver, 0, change),
              R"(put {"id":{"S":"i1"},"i":{"N":"0"}} )"
              R"({"id":{"S":"i1"},"i":{"N":"0"},"e":{"S":"x"}})"
              "\n"
              R"(put {"id":{"S":"i1"},"i":{"N":"1"}} )"
              R"({"id":{"S":"i1"},"i":{"N":"1"},"e":{"S":"y"}})"
              "\n");
    EXPECT_EQ(testing::all_derived(deriver, 1, change),
              R"(put {"id":{"S":"i1"}} {"id":{"S":"i1"},"e":{"S":"x"}})"
              "\n");
    EXPECT_EQ(testing::all_derived(deriver, 2, change),
              R"(put {"id":{"S":"i1"},"e":{"S":"x"}} {"id":{"S":"i1"},"e":{"S":"x"}})"
              "\n"
              R"(put {"id":{"S":"i1"},"e":{"S":"y"}} {"id":{"S":"i1"},"e":{"S":"y"}})"
              "\n");
  }
}

TEST(RememberingDerive, TellsNoValueInAnError) {
  const std::string attributes = testing::with_secrets(
      R"(,"t":{"S":"MARKt"},"m":{"M":{"MARKname":{"S":"MARKm"}}},"n":{"N":"7139024685713"},)"
      R"("l":{"L":[{"S":"MARKl"},{"S":"MARKl"}]},"ss":{"SS":["MARKss"]})");
  for (const std::string_view view :
       {"KEY (m, id) AS SELECT m, id FROM s", "KEY (e, id) AS SELECT e, id FROM s, s.t AS e",
        "KEY (e, id) AS SELECT e, id FROM s, s.ss AS e AT i",
        "KEY (e, id) AS SELECT e, id FROM s, s.l AS e",
        "KEY (t) AS SELECT t, SUM(t) AS x FROM s GROUP BY t",
        "KEY (t) AS SELECT t, SUM(n * 1E125) AS x FROM s GROUP BY t",
        "KEY (t, id) AS SELECT t, id, t + n AS x FROM s WHERE t + n = 1"}) {
    const std::string text = derived_with(view, attributes);
    EXPECT_TRUE(text.starts_with("error: view v: ")) << view;
    EXPECT_EQ(testing::told_secret(text), "") << view;
  }
}

}  // namespace
}  // namespace streamonce::handler::views
