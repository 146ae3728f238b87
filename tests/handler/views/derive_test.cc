#include "handler/views/derive.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/counted_memory.h"
#include "tests/support/secrecy.h"
#include "tests/support/view_item.h"

namespace streamonce::handler::views {
namespace {

using testing::item_change;
using testing::views_of;

constexpr std::string_view kKeys = R"({"id":{"S":"i1"}})";
constexpr std::string_view kItem =
    R"({"id":{"S":"i1"},"status":{"S":"NEW"},"total":{"N":"12.50"},"discount":{"N":"2"},)"
    R"("email":{"S":"e@x"},"address":{"M":{"street":{"S":"s"},"city":{"S":"c"}}},)"
    R"("lines":{"L":[{"S":"a"},{"S":"b"},{"S":"c"}]},"nil":{"NULL":true}})";

/// What the view `select` over a source with the key `id` has of an item. `view` is what stands
/// between the view's name and its SELECT.
std::string derived(std::string_view view, std::string_view image = kItem,
                    std::string_view keys = kKeys) {
  Deriver deriver(views_of("CREATE SOURCE s KEY (id); CREATE VIEW v " + std::string(view) + ";"));
  if (deriver.views().views.empty()) return "no view";
  return testing::derived(deriver, 0, item_change(keys, image));
}

/// The same of a source with the key (pk, sk).
std::string derived_of_two(std::string_view view, std::string_view image, std::string_view keys) {
  Deriver deriver(
      views_of("CREATE SOURCE s KEY (pk, sk); CREATE VIEW v " + std::string(view) + ";"));
  if (deriver.views().views.empty()) return "no view";
  return testing::derived(deriver, 0, item_change(keys, image));
}

std::string put(std::string_view row, std::string_view keys = kKeys) {
  return "put " + std::string(keys) + ' ' + std::string(row);
}

TEST(Derive, HandsOnTheVeryImageForAllOfIt) {
  for (const std::string_view view :
       {"AS SELECT * FROM s", "AS SELECT * FROM s WHERE status = 'NEW'",
        "KEY (id) AS SELECT * FROM s"}) {
    Deriver deriver(views_of("CREATE SOURCE s KEY (id); CREATE VIEW v " + std::string(view) + ";"));
    std::pmr::monotonic_buffer_resource arena;
    const events::Change change = item_change(kKeys, kItem);
    const Result<Row> row = deriver.derive(0, change, arena);
    ASSERT_TRUE(row) << view;
    EXPECT_EQ(row->effect, Row::Effect::kPut);
    EXPECT_EQ(row->image_json.data(), kItem.data()) << view;
    EXPECT_EQ(row->image_json, kItem);
  }
}

TEST(Derive, PutsTheKeyAndThenWhatIsSelected) {
  struct Case {
    std::string_view view, row;
  };
  for (const Case& c :
       {Case{"AS SELECT status FROM s", R"({"id":{"S":"i1"},"status":{"S":"NEW"}})"},
        Case{"AS SELECT total, id, status FROM s",
             R"({"id":{"S":"i1"},"total":{"N":"12.50"},"status":{"S":"NEW"}})"},
        Case{"AS SELECT total - COALESCE(discount, 0) AS due FROM s",
             R"({"id":{"S":"i1"},"due":{"N":"10.5"}})"},
        Case{"AS SELECT address.city, lines[1] AS second FROM s",
             R"({"id":{"S":"i1"},"city":{"S":"c"},"second":{"S":"b"}})"},
        Case{"AS SELECT none, nil FROM s", R"({"id":{"S":"i1"},"nil":{"NULL":true}})"},
        Case{"AS SELECT none FROM s", R"({"id":{"S":"i1"}})"},
        Case{"AS SELECT total > 5 AS big FROM s", R"({"id":{"S":"i1"},"big":{"BOOL":true}})"},
        Case{R"(AS SELECT status AS "a""b" FROM s)", R"({"id":{"S":"i1"},"a\"b":{"S":"NEW"}})"},
        Case{"AS SELECT address FROM s",
             R"({"id":{"S":"i1"},"address":{"M":{"street":{"S":"s"},"city":{"S":"c"}}}})"}})
    EXPECT_EQ(derived(c.view), put(c.row)) << c.view;
}

TEST(Derive, TakesTheItemsOwnKeyAsTheChangeHasIt) {
  EXPECT_EQ(derived("AS SELECT * EXCLUDE (a) FROM s", R"({"a":{"S":"x"},"id":{"S":"\u0061"}})",
                    R"( { "id" : {"S":"a"} } )"),
            R"(put  { "id" : {"S":"a"} }  {"id":{"S":"a"}})");
}

TEST(Derive, LeavesOutWhatIsExcluded) {
  struct Case {
    std::string_view exclude, image, row;
  };
  for (const Case& c : {
           Case{"a", R"({"id":{"S":"i1"},"a":{"S":"x"},"b":{"S":"y"}})",
                R"({"id":{"S":"i1"},"b":{"S":"y"}})"},
           Case{"none", R"({"id":{"S":"i1"},"b":{"S":"y"}})", R"({"id":{"S":"i1"},"b":{"S":"y"}})"},
           Case{"a.x", R"({"id":{"S":"i1"},"a":{"M":{"x":{"S":"1"},"y":{"S":"2"}}}})",
                R"({"id":{"S":"i1"},"a":{"M":{"y":{"S":"2"}}}})"},
           Case{"a.x", R"({"id":{"S":"i1"},"a":{"M":{"x":{"S":"1"}}}})",
                R"({"id":{"S":"i1"},"a":{"M":{}}})"},
           Case{"a.x, a.y.z",
                R"({"id":{"S":"i1"},"a":{"M":{"x":{"S":"1"},"y":{"M":{"z":{"N":"1"},)"
                R"("w":{"N":"2"}}},"v":{"L":[]}}}})",
                R"({"id":{"S":"i1"},"a":{"M":{"y":{"M":{"w":{"N":"2"}}},"v":{"L":[]}}}})"},
           Case{"a[0], a[2]", R"({"id":{"S":"i1"},"a":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]}})",
                R"({"id":{"S":"i1"},"a":{"L":[{"N":"1"}]}})"},
           Case{"a[0]", R"({"id":{"S":"i1"},"a":{"L":[{"N":"0"}]}})",
                R"({"id":{"S":"i1"},"a":{"L":[]}})"},
           Case{"a[1].x",
                R"({"id":{"S":"i1"},"a":{"L":[{"M":{"x":{"N":"0"}}},)"
                R"({"M":{"x":{"N":"1"},"y":{"N":"2"}}}]}})",
                R"({"id":{"S":"i1"},"a":{"L":[{"M":{"x":{"N":"0"}}},{"M":{"y":{"N":"2"}}}]}})"},
           Case{"a.x", R"({"id":{"S":"i1"},"a":{"S":"x"}})", R"({"id":{"S":"i1"},"a":{"S":"x"}})"},
           Case{"a[0]", R"({"id":{"S":"i1"},"a":{"M":{"x":{"N":"1"}}}})",
                R"({"id":{"S":"i1"},"a":{"M":{"x":{"N":"1"}}}})"},
           Case{"a.x", R"({"id":{"S":"i1"},"a":{"L":[{"S":"x"}]}})",
                R"({"id":{"S":"i1"},"a":{"L":[{"S":"x"}]}})"},
           Case{"a.x[7]", R"({"id":{"S":"i1"},"a":{"M":{"x":{"S":"1"}}}})",
                R"({"id":{"S":"i1"},"a":{"M":{"x":{"S":"1"}}}})"},
           Case{"id", R"({"id":{"S":"i1"},"a":{"S":"x"}})", R"({"id":{"S":"i1"},"a":{"S":"x"}})"},
           Case{"\"\xC3\xA4\"", R"({"id":{"S":"i1"},"\u00e4":{"S":"x"},"\u00e5":{"S":"y"}})",
                R"({"id":{"S":"i1"},"\u00e5":{"S":"y"}})"},
       })
    EXPECT_EQ(derived("AS SELECT * EXCLUDE (" + std::string(c.exclude) + ") FROM s", c.image),
              put(c.row))
        << c.exclude;
}

TEST(Derive, ReplacesAttributesOfAllWhereverTheItemStands) {
  constexpr std::string_view kImage =
      R"({"id":{"S":"i1"},"a":{"S":"x"},"b":{"S":"y"},"c":{"S":"z"}})";
  struct Case {
    std::string_view items, row;
  };
  for (const Case& c :
       {Case{"*, UPPER(a) AS a", R"({"id":{"S":"i1"},"b":{"S":"y"},"c":{"S":"z"},"a":{"S":"X"}})"},
        Case{"UPPER(a) AS a, *", R"({"id":{"S":"i1"},"a":{"S":"X"},"b":{"S":"y"},"c":{"S":"z"}})"},
        Case{"1 AS n, * EXCLUDE (c), b AS a",
             R"({"id":{"S":"i1"},"n":{"N":"1"},"b":{"S":"y"},"a":{"S":"y"}})"},
        Case{"*, MISSING AS a", R"({"id":{"S":"i1"},"b":{"S":"y"},"c":{"S":"z"}})"},
        Case{"none AS b, *", R"({"id":{"S":"i1"},"a":{"S":"x"},"c":{"S":"z"}})"},
        Case{"*, id", R"({"id":{"S":"i1"},"a":{"S":"x"},"b":{"S":"y"},"c":{"S":"z"}})"}})
    EXPECT_EQ(derived("AS SELECT " + std::string(c.items) + " FROM s", kImage), put(c.row))
        << c.items;
}

TEST(Derive, RemovesTheRowWhereWhereDoesNotHold) {
  EXPECT_EQ(derived("AS SELECT status FROM s WHERE status IN ('NEW', 'PAID')"),
            put(R"({"id":{"S":"i1"},"status":{"S":"NEW"}})"));
  for (const std::string_view where : {"status = 'PAID'", "none = 1", "status", "total > 20"})
    EXPECT_EQ(derived("AS SELECT status FROM s WHERE " + std::string(where)),
              R"(remove {"id":{"S":"i1"}})")
        << where;
}

TEST(Derive, EvaluatesNoItemWhereWhereDoesNotHold) {
  EXPECT_EQ(derived("AS SELECT total + status AS x FROM s WHERE FALSE"),
            R"(remove {"id":{"S":"i1"}})");
}

TEST(Derive, RemovesTheRowOfAnItemThatIsRemoved) {
  EXPECT_EQ(derived("AS SELECT total + status AS x FROM s WHERE total + status = 1", ""),
            R"(remove {"id":{"S":"i1"}})");
  EXPECT_EQ(derived("KEY (k) AS SELECT 'k#' || id AS k, status FROM s", ""),
            R"(remove {"k":{"S":"k#i1"}})");
  EXPECT_EQ(derived("KEY (id) AS SELECT * FROM s", ""), R"(remove {"id":{"S":"i1"}})");
}

TEST(Derive, MakesTheKeyOfTheItemsKey) {
  struct Case {
    std::string_view view, keys, row;
  };
  constexpr std::string_view kTwo = R"({"pk":{"S":"p"},"sk":{"N":"7.0"},"a":{"S":"x"}})";
  constexpr std::string_view kTwoKeys = R"({"pk":{"S":"p"},"sk":{"N":"7.0"}})";
  for (const Case& c :
       {Case{"KEY (a, b) AS SELECT sk AS a, pk AS b FROM s", R"({"a":{"N":"7.0"},"b":{"S":"p"}})",
             R"({"a":{"N":"7.0"},"b":{"S":"p"}})"},
        Case{"KEY (sk, pk) AS SELECT * FROM s", R"({"sk":{"N":"7.0"},"pk":{"S":"p"}})", kTwo},
        Case{"KEY (sk, pk) AS SELECT *, 1 AS n FROM s", R"({"sk":{"N":"7.0"},"pk":{"S":"p"}})",
             R"({"sk":{"N":"7.0"},"pk":{"S":"p"},"a":{"S":"x"},"n":{"N":"1"}})"},
        Case{"KEY (a, pk) AS SELECT *, sk AS a FROM s", R"({"a":{"N":"7.0"},"pk":{"S":"p"}})",
             R"({"a":{"N":"7.0"},"pk":{"S":"p"},"sk":{"N":"7.0"}})"},
        Case{"KEY (pk, k) AS SELECT pk, sk, sk + 1 AS k FROM s",
             R"({"pk":{"S":"p"},"k":{"N":"8"}})",
             R"({"pk":{"S":"p"},"k":{"N":"8"},"sk":{"N":"7.0"}} owner pk={"S":"p"})"
             R"( owner sk={"N":"7.0"})"}})
    EXPECT_EQ(derived_of_two(c.view, kTwo, kTwoKeys), put(c.row, c.keys)) << c.view;
}

TEST(Derive, GivesAKeyAsTheLedgerNamesIt) {
  struct Case {
    std::string_view view, keys, image, canonical;
  };
  for (const Case& c : {Case{"KEY (k) AS SELECT id AS k FROM s", R"({"id":{"N":"7.0"}})",
                             R"({"id":{"N":"7.0"}})", "1:kN1:7"},
                        Case{"KEY (k) AS SELECT id AS k FROM s", R"({"id":{"B":"AQI="}})",
                             R"({"id":{"B":"AQI="}})", "1:kB4:AQI="},
                        Case{"KEY (k) AS SELECT id AS k FROM s", R"({"id":{"S":"a\"\u00e4"}})",
                             R"({"id":{"S":"a\"\u00e4"}})", "1:kS4:a\"\xC3\xA4"},
                        Case{"KEY (k) AS SELECT 'c#' || id AS k FROM s", R"({"id":{"N":"1E+2"}})",
                             R"({"id":{"N":"1E+2"}})", "1:kS5:c#100"},
                        Case{"KEY (k, a) AS SELECT 'c' AS k, id AS a FROM s", R"({"id":{"S":"x"}})",
                             R"({"id":{"S":"x"}})", "1:aS1:x1:kS1:c"}}) {
    Deriver deriver(
        views_of("CREATE SOURCE s KEY (id); CREATE VIEW v " + std::string(c.view) + ";"));
    for (const std::string_view image : {c.image, std::string_view()}) {
      std::pmr::monotonic_buffer_resource arena;
      const events::Change change = item_change(c.keys, image);
      const Result<Row> row = deriver.derive(0, change, arena);
      ASSERT_TRUE(row) << c.view;
      ASSERT_NE(row->key, nullptr);
      std::string canonical;
      events::append_canonical(canonical, *row->key);
      EXPECT_EQ(canonical, c.canonical) << c.view;
    }
  }
}

TEST(Derive, HasNoRowWhereAPartOfItsKeyIsMissingOrEmpty) {
  for (const std::string_view image : {kItem, std::string_view()}) {
    EXPECT_EQ(derived("KEY (k) AS SELECT SPLIT_PART(id, '#', 2) AS k, id FROM s", image),
              "nothing");
    EXPECT_EQ(derived("KEY (k) AS SELECT SUBSTRING(id, 9) AS k, id FROM s", image), "nothing");
    EXPECT_EQ(derived("KEY (id, k) AS SELECT id, CASE id WHEN 'x' THEN 'y' END AS k FROM s", image),
              "nothing");
    EXPECT_EQ(derived("KEY (id, k) AS SELECT id, '' AS k FROM s WHERE none + 1 = 2", image),
              "nothing");
  }
}

TEST(Derive, FailsWhereNoKeyCanHaveAPart) {
  struct Case {
    std::string_view value, found;
  };
  for (const Case& c : {Case{"NULL", "NULL"}, Case{"TRUE", "BOOL"}, Case{"[1]", "L"},
                        Case{"{'a': 1}", "M"}, Case{"<<'a'>>", "SS"}, Case{"<<1>>", "NS"},
                        Case{"id = 'i1'", "BOOL"}, Case{"NULLIF(id, id)", "NULL"}})
    EXPECT_EQ(
        derived("KEY (id, k) AS SELECT id, CASE WHEN id <> 'i1' THEN id ELSE " +
                std::string(c.value) + " END AS k FROM s"),
        "error: view v: key attribute k: a key takes S, N and B, and found " + std::string(c.found))
        << c.value;
}

TEST(Derive, AKeyThatCannotBeMadeMattersOnlyToARowThatIsWanted) {
  constexpr std::string_view kCart = R"({"id":{"S":"CART#1"}})";
  const std::string image = R"({"id":{"S":"CART#1"},"a":{"S":"x"}})";
  const std::string view =
      "KEY (number) AS SELECT CAST(SPLIT_PART(id, '#', 2) || 'x' AS NUMBER)"
      " AS number, id FROM s ";
  const std::string failure =
      "error: view v: key attribute number: CAST of a text (S): is not a number";
  EXPECT_EQ(derived(view, image, kCart), failure);
  EXPECT_EQ(derived(view + "WHERE a = 'x'", image, kCart), failure);
  EXPECT_EQ(derived(view + "WHERE begins_with(id, 'USER#')", image, kCart), "nothing");
  EXPECT_EQ(derived(view, "", kCart), "nothing") << "a removal";
}

TEST(Derive, FailsWhereAPartOfTheKeyIsTooLong) {
  const auto of_length = [](std::string_view view, std::size_t first, std::size_t second) {
    return derived("KEY (k, l) AS SELECT LPAD(id, " + std::to_string(first) + ", 'x') AS k, " +
                   "LPAD(id, " + std::to_string(second) + ", 'x') AS l, id " + std::string(view));
  };
  EXPECT_TRUE(of_length("FROM s", 2048, 1024).starts_with("put "));
  EXPECT_EQ(of_length("FROM s", 2049, 1024),
            "error: view v: key attribute k: a partition key takes at most 2048 bytes, and found "
            "more");
  EXPECT_EQ(of_length("FROM s", 2048, 1025),
            "error: view v: key attribute l: a sort key takes at most 1024 bytes, and found more");
  // Of a binary, the bytes count that its base64 stands for.
  const std::string longest(1024 / 3 * 4, 'A');
  const auto keys = [&](std::string_view end) {
    return R"({"id":{"B":")" + longest + std::string(end) + R"("}})";
  };
  constexpr std::string_view kView = "KEY (k, id) AS SELECT 'x' AS k, id FROM s";
  EXPECT_TRUE(derived(kView, keys("AA=="), keys("AA==")).starts_with("put "));
  EXPECT_EQ(derived(kView, keys("AAA="), keys("AAA=")),
            "error: view v: key attribute id: a sort key takes at most 1024 bytes, and found more");
}

TEST(Derive, TellsWhoseARowIs) {
  constexpr std::string_view kImage = R"({"pk":{"S":"p"},"sk":{"N":"7.0"},"a":{"S":"x"}})";
  constexpr std::string_view kTwoKeys = R"({"pk":{"S":"p"},"sk":{"N":"7.0"}})";
  EXPECT_EQ(derived_of_two("KEY (k) AS SELECT 'k#' || pk AS k, * FROM s", kImage, kTwoKeys),
            R"(put {"k":{"S":"k#p"}} {"k":{"S":"k#p"},"pk":{"S":"p"},"sk":{"N":"7.0"},)"
            R"("a":{"S":"x"}} owner pk={"S":"p"} owner sk={"N":"7.0"})");
  EXPECT_EQ(derived_of_two("KEY (k) AS SELECT 'k#' || pk AS k, * FROM s", "", kTwoKeys),
            R"(remove {"k":{"S":"k#p"}} owner pk={"S":"p"} owner sk={"N":"7.0"})");
  constexpr std::string_view kOwned =
      "KEY (k) WITH (owner = 'whose') AS SELECT 'k#' || pk AS k, a FROM s";
  EXPECT_EQ(derived_of_two(kOwned, kImage, kTwoKeys),
            R"(put {"k":{"S":"k#p"}} {"k":{"S":"k#p"},"a":{"S":"x"},)"
            R"("whose":{"S":"2:pkS1:p2:skN1:7"}} owner whose={"S":"2:pkS1:p2:skN1:7"})");
  EXPECT_EQ(derived_of_two(kOwned, "", kTwoKeys),
            R"(remove {"k":{"S":"k#p"}} owner whose={"S":"2:pkS1:p2:skN1:7"})");
  EXPECT_EQ(derived_of_two("KEY (k) WITH (owner = 'a') AS SELECT 'k#' || pk AS k, * FROM s", kImage,
                           kTwoKeys),
            R"(put {"k":{"S":"k#p"}} {"k":{"S":"k#p"},"pk":{"S":"p"},"sk":{"N":"7.0"},)"
            R"("a":{"S":"2:pkS1:p2:skN1:7"}} owner a={"S":"2:pkS1:p2:skN1:7"})");
}

TEST(Derive, SaysInARowWhoseItIsWhereNoOtherItemCanHaveIt) {
  constexpr std::string_view kView = "KEY (k) WITH (owner = 'whose') AS SELECT id AS k FROM s";
  EXPECT_EQ(derived(kView),
            put(R"({"k":{"S":"i1"},"whose":{"S":"2:idS2:i1"}})", R"({"k":{"S":"i1"}})"));
  EXPECT_EQ(derived(kView, ""), R"(remove {"k":{"S":"i1"}})");
}

TEST(Derive, LooksAtTheChangesThatTheOptionsLeave) {
  using events::EventName;
  events::Change insert = item_change(kKeys, kItem);
  events::Change modify = insert;
  modify.event_name = EventName::kModify;
  events::Change removal = item_change(kKeys, "");
  events::Change expiry = removal;
  expiry.expired_by_ttl = true;
  struct Case {
    std::string_view options;
    std::vector<bool> concerns;  ///< INSERT, MODIFY, REMOVE, an expiry
  };
  for (const Case& c :
       {Case{"", {true, true, true, true}},
        Case{"WITH (expiry = 'keep')", {true, true, true, false}},
        Case{"WITH (deletes = 'keep')", {true, true, false, false}},
        Case{"WITH (events = 'INSERT')", {true, false, false, false}},
        Case{"WITH (events = 'MODIFY, REMOVE')", {false, true, true, true}},
        Case{"WITH (events = 'REMOVE', expiry = 'keep')", {false, false, true, false}}}) {
    const Deriver deriver(views_of("CREATE SOURCE s KEY (id); CREATE VIEW v " +
                                   std::string(c.options) + " AS SELECT * FROM s;"));
    EXPECT_EQ((std::vector<bool>{deriver.concerns(0, insert), deriver.concerns(0, modify),
                                 deriver.concerns(0, removal), deriver.concerns(0, expiry)}),
              c.concerns)
        << c.options;
  }
}

TEST(Derive, NamesViewAndAttributeInErrors) {
  EXPECT_EQ(derived("AS SELECT total + status AS due FROM s"),
            "error: view v: attribute due: + takes a number (N), and found S");
  EXPECT_EQ(derived("AS SELECT id FROM s WHERE total + status > 1"),
            "error: view v: WHERE: + takes a number (N), and found S");
  EXPECT_EQ(derived("KEY (k) AS SELECT id + 1 AS k, id FROM s"),
            "error: view v: key attribute k: + takes a number (N), and found S");
}

TEST(Derive, LooksAtEachImageAnew) {
  // The images lie at one place and have one length, as where a buffer is used again.
  Deriver deriver(
      views_of("CREATE SOURCE s KEY (id); CREATE SOURCE t KEY (id);"
               "CREATE VIEW v AS SELECT a FROM s; CREATE VIEW w AS SELECT b FROM s;"
               "CREATE VIEW x AS SELECT b, a FROM t;"));
  EXPECT_EQ(std::vector<std::size_t>(deriver.views_of(0).begin(), deriver.views_of(0).end()),
            (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(std::vector<std::size_t>(deriver.views_of(1).begin(), deriver.views_of(1).end()),
            (std::vector<std::size_t>{2}));
  std::string image = R"({"id":{"S":"i1"},"a":{"S":"1"},"b":{"S":"2"}})";
  const events::Change change = item_change(kKeys, image);
  EXPECT_EQ(testing::derived(deriver, 0, change), put(R"({"id":{"S":"i1"},"a":{"S":"1"}})"));
  EXPECT_EQ(testing::derived(deriver, 1, change), put(R"({"id":{"S":"i1"},"b":{"S":"2"}})"));
  EXPECT_EQ(testing::derived(deriver, 2, change),
            put(R"({"id":{"S":"i1"},"b":{"S":"2"},"a":{"S":"1"}})"));
  image[image.find('2')] = '3';
  EXPECT_EQ(testing::derived(deriver, 2, change),
            put(R"({"id":{"S":"i1"},"b":{"S":"3"},"a":{"S":"1"}})"));
  EXPECT_EQ(testing::derived(deriver, 1, change), put(R"({"id":{"S":"i1"},"b":{"S":"3"}})"));
  image[image.find('3')] = '4';
  EXPECT_EQ(testing::derived(deriver, 1, change), put(R"({"id":{"S":"i1"},"b":{"S":"4"}})"));
  EXPECT_EQ(testing::derived(deriver, 0, change), put(R"({"id":{"S":"i1"},"a":{"S":"1"}})"));
}

TEST(Derive, TellsNoValueInAnError) {
  const std::string image = testing::with_secrets(
      R"({"id":{"S":"MARKid"},"t":{"S":"MARKt"},"n":{"N":"7139024685713"},"l":{"L":[{"S":"MARKl"}]},)"
      R"("m":{"M":{"MARKname":{"S":"MARKm"}}},"ss":{"SS":["MARKss"]},"b":{"B":"MARK"},)"
      R"("yes":{"BOOL":true},"nil":{"NULL":true}})");
  const std::string keys = testing::with_secrets(R"({"id":{"S":"MARKid"}})");
  std::vector<std::string> expressions;
  for (const std::string value : {"t", "n", "l", "m", "ss", "b", "yes"})
    for (const std::string expression : {"? + ?",
                                         "? - 1",
                                         "? * t",
                                         "-?",
                                         "? || yes",
                                         "l || ?",
                                         "CAST(? AS NUMBER)",
                                         "CAST(? AS STRING)",
                                         "UPPER(?)",
                                         "LOWER(?)",
                                         "TRIM(?)",
                                         "REPLACE(?, t, ?)",
                                         "SUBSTRING(?, ?)",
                                         "SUBSTRING(t, ?)",
                                         "SUBSTRING(t, 1, -n)",
                                         "LPAD(?, n, t)",
                                         "LPAD(t, ?, t)",
                                         "SPLIT_PART(?, t, ?)",
                                         "SPLIT_PART(t, ?, -n)",
                                         "SPLIT_PART(t, '', 1)",
                                         "CHAR_LENGTH(?)",
                                         "SHA256(?)",
                                         "TO_ISO8601(?)",
                                         "TO_EPOCH(?)",
                                         "? * n * n * n * n",
                                         "CAST(t || n AS NUMBER)",
                                         "LPAD(t, n * n, t)",
                                         "n * 1E125",
                                         "n + 1E-30"}) {
      std::string made = expression;
      for (auto at = made.find('?'); at != std::string::npos; at = made.find('?'))
        made.replace(at, 1, value);
      expressions.push_back(std::move(made));
    }
  std::size_t errors = 0;
  for (const std::string& expression : expressions) {
    for (const std::string& view : {"AS SELECT " + expression + " AS x FROM s",
                                    "AS SELECT id FROM s WHERE (" + expression + ") = 1"}) {
      const std::string told = derived(view, image, keys);
      if (!told.starts_with("error: ")) continue;
      ++errors;
      EXPECT_EQ(testing::told_secret(told), "") << view << ": " << told;
      EXPECT_EQ(told.find("7139"), std::string::npos) << view << ": " << told;
    }
  }
  EXPECT_GT(errors, 200U);
  for (const std::string_view key :
       {"id + 1", "-id", "LPAD(id, 3000, id)", "TO_EPOCH(id)", "CAST(id AS NUMBER)",
        "LPAD(id, 500000, id)", "CASE WHEN id <> 'x' THEN [1] ELSE id END",
        "CASE WHEN id <> 'x' THEN NULL ELSE id END"}) {
    const std::string told =
        derived("KEY (k) AS SELECT " + std::string(key) + " AS k, id FROM s", image, keys);
    EXPECT_TRUE(told.starts_with("error: view v: key attribute k: ")) << key << ": " << told;
    EXPECT_EQ(testing::told_secret(told), "") << key << ": " << told;
  }
}

TEST(Derive, KeepsNothingOfWhatIsMadeOnTheWay) {
  const testing::CountedMemory memory;
  Deriver deriver(
      views_of("CREATE SOURCE s KEY (id);"
               "CREATE VIEW v KEY (k) AS SELECT SUBSTRING(LPAD(id, 390000, '0'), 389999, 2) AS k,"
               "  id, CHAR_LENGTH(LPAD(id, 390000, '0')) AS n FROM s"
               "  WHERE LPAD(id, 390000, '0') <> 'x';"));
  std::pmr::monotonic_buffer_resource arena;
  const events::Change change = item_change(kKeys, kItem);
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i) {
    const Result<Row> row = deriver.derive(0, change, arena);
    ASSERT_TRUE(row) << row.error().message;
    rows.push_back(*row);
  }
  for (const Row& row : rows) {
    EXPECT_EQ(row.keys_json, R"({"k":{"S":"i1"}})");
    EXPECT_EQ(row.key->attributes().front().value, "i1");
    EXPECT_EQ(row.image_json, R"({"k":{"S":"i1"},"id":{"S":"i1"},"n":{"N":"390000"}})");
  }
  EXPECT_EQ(deriver.bytes_made(), 20 * (rows[0].keys_json.size() + rows[0].image_json.size()));
  EXPECT_LT(memory.bytes_most(), 1'000'000U);
}

TEST(Derive, CountsNoBytesForAnImageThatIsHandedOn) {
  Deriver deriver(views_of("CREATE SOURCE s KEY (id); CREATE VIEW v AS SELECT * FROM s;"));
  EXPECT_TRUE(testing::derived(deriver, 0, item_change(kKeys, kItem)).starts_with("put"));
  EXPECT_EQ(deriver.bytes_made(), 0U);
}

TEST(Derive, RefusesARowThatNoItemCanBe) {
  const std::string half = R"(LPAD(id, 204780, '0') AS )";
  // Their names, the key and both texts: 1 + 1 + 2 + 2 + 2 * 204,780 bytes and more.
  EXPECT_TRUE(derived("AS SELECT " + half + "a, " + half + "b FROM s").starts_with("put"));
  EXPECT_EQ(derived("AS SELECT " + half + "a, " + half + "b, email FROM s",
                    R"({"id":{"S":"i1"},"email":{"S":")" + std::string(40, 'e') + R"("}})"),
            "error: view v: row: its first 409611 bytes are more than the 409600 that an item can "
            "have");
  std::string many = "AS SELECT ";
  for (int i = 0; i < 900; ++i) many += half + "a" + std::to_string(i) + ", ";
  EXPECT_EQ(derived(many + "id FROM s"),
            "error: view v: row: its first 1023914 bytes are more than the 409600 that an item can "
            "have");
}

TEST(Derive, LeavesOutAttributesThatAreMissingHoweverManyThereAre) {
  // All of them together would take more than one expression may.
  std::string many = "AS SELECT ";
  for (int i = 0; i < 100; ++i)
    many += "CASE WHEN LPAD(id, 390000, '0') = 'x' THEN id END AS a" + std::to_string(i) + ", ";
  EXPECT_EQ(derived(many + "status FROM s"),
            R"(put {"id":{"S":"i1"}} {"id":{"S":"i1"},"status":{"S":"NEW"}})");
}

TEST(Derive, TakesARowWhoseJsonHasMoreBytesThanAnItem) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += R"(\u0001)";
  EXPECT_TRUE(
      derived("AS SELECT a, id AS b FROM s", R"({"id":{"S":"i1"},"a":{"S":")" + text + R"("}})")
          .starts_with("put"));
}

/// A view of a thousand attributes, as no other view of the text has them.
std::string view_of_thousand(int view, std::string_view star) {
  std::string text = "CREATE VIEW v" + std::to_string(view) + " AS SELECT " + std::string(star);
  for (int i = 0; i < 1000 - (star.empty() ? 0 : 1); ++i)
    text.append(i == 0 && star.empty() ? "" : ",")
        .append("q" + std::to_string(100000 + view * 1000 + i));
  return text + " FROM s;";
}

TEST(Derive, TakesNinetyNineViewsOfAThousandNames) {
  std::string text = "CREATE SOURCE s KEY (id);";
  for (int view = 0; view < 99; ++view) text += view_of_thousand(view, view % 2 == 0 ? "" : "*");
  Deriver deriver(views_of(text));
  const events::Change change = item_change(
      kKeys, R"({"id":{"S":"i1"},"q100000":{"N":"1"},"q150007":{"N":"2"},"q151007":{"N":"3"}})");
  EXPECT_EQ(testing::derived(deriver, 50, change), put(R"({"id":{"S":"i1"},"q150007":{"N":"2"}})"));
  EXPECT_EQ(
      testing::derived(deriver, 51, change),
      put(R"({"id":{"S":"i1"},"q100000":{"N":"1"},"q150007":{"N":"2"},"q151007":{"N":"3"}})"));
}

TEST(Derive, LeavesAThousandMembersOfOneMapOut) {
  std::string exclude;
  std::string map = R"("\u006d999":{"N":"9"},"kept":{"N":"1"},"":{"N":"2"})";
  for (int i = 999; i >= 0; --i) {
    const std::string name = "m" + std::to_string(i);
    exclude.append(exclude.empty() ? "" : ",").append("a." + name);
    map.append(",\"").append(name).append(R"(":{"N":"1"})");
  }
  EXPECT_EQ(derived("AS SELECT * EXCLUDE (" + exclude + ") FROM s",
                    R"({"id":{"S":"i1"},"a":{"M":{)" + map + "}}}"),
            put(R"({"id":{"S":"i1"},"a":{"M":{"kept":{"N":"1"},"":{"N":"2"}}}})"));
}

}  // namespace
}  // namespace streamonce::handler::views
