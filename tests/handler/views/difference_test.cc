#include "handler/views/difference.h"

#include <gtest/gtest.h>

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/remembered.h"
#include "tests/support/view_item.h"

namespace streamonce::handler::views {
namespace {

using testing::item_change;

constexpr std::string_view kItemKeys = R"({"id":{"S":"i1"}})";
constexpr std::size_t kContentBytesMax = 1000;

/// An item whose entry is there for one difference after the other.
class ItemRun {
 public:
  /// What changes where the views, of which each begins with its name, make of the item i1 with
  /// `attributes`, as `,"a":{..}`. `removed` as attributes removes it.
  std::string change(std::string_view views, std::string_view attributes,
                     Extent extent = Extent::kWhole, std::size_t bytes_max = kContentBytesMax) {
    Deriver deriver(testing::views_of("CREATE SOURCE s KEY (id); " + std::string(views)));
    const std::string image =
        attributes == "removed" ? "" : R"({"id":{"S":"i1"})" + std::string(attributes) + "}";
    const events::Change change = item_change(kItemKeys, image);
    std::pmr::monotonic_buffer_resource arena;
    std::vector<Made> made;
    for (const std::size_t view : deriver.views_of(0)) {
      if (!deriver.concerns(view, change)) continue;
      Result<Derived> derived = deriver.derive_all(view, change, arena);
      if (!derived) return "error: " + derived.error().message;
      made.push_back({.view = view, .derived = *derived});
    }
    const Result<Difference> found =
        make_difference({.views = deriver.views(),
                         .tables = testing::tables_named_as(deriver.views()),
                         .item = change.key,
                         .keys_json = change.keys_json,
                         .made = made,
                         .content = content,
                         .content_bytes_max = bytes_max,
                         .extent = extent},
                        arena);
    if (!found) return "error: " + found.error().message;
    std::string text = testing::text_of(deriver.views(), *found);
    content = found->content;
    const Result<Memory> again = read_memory(content);
    EXPECT_TRUE(again) << content;
    if (again) EXPECT_EQ(testing::written_anew(*again), content);
    return text;
  }

  std::string content;
};

constexpr std::string_view kMoving = "CREATE VIEW v KEY (c, id) AS SELECT c, id, n FROM s;";
constexpr std::string_view kOwned = "CREATE VIEW v KEY (c) AS SELECT c, id FROM s;";
constexpr std::string_view kLines = "CREATE VIEW v KEY (id, e) AS SELECT id, e FROM s, s.l AS e;";
constexpr std::string_view kSums =
    "CREATE VIEW v KEY (c) AS SELECT c, COUNT(*) AS n, SUM(t) AS sum FROM s GROUP BY c;";

TEST(Difference, PutsARowAndRemembersItsKey) {
  ItemRun item;
  EXPECT_EQ(item.change(kMoving, R"(,"c":{"S":"x"},"n":{"N":"1"})"),
            R"(put v {"c":{"S":"x"},"id":{"S":"i1"}} )"
            R"({"c":{"S":"x"},"id":{"S":"i1"},"n":{"N":"1"}})"
            "\n");
  EXPECT_EQ(item.content, "1;1:v20:w-2:1:c2:idS1:xS2:i1");
}

TEST(Difference, PutsARowThatStaysAnew) {
  ItemRun item;
  item.change(kMoving, R"(,"c":{"S":"x"})");
  const std::string content = item.content;
  EXPECT_EQ(item.change(kMoving, R"(,"c":{"S":"x"},"n":{"N":"2"})"),
            R"(put v {"c":{"S":"x"},"id":{"S":"i1"}} )"
            R"({"c":{"S":"x"},"id":{"S":"i1"},"n":{"N":"2"}})"
            "\n");
  EXPECT_EQ(item.content, content);
}

TEST(Difference, RemovesARowThatIsNoMore) {
  for (const std::string_view attributes : {"", R"(,"c":{"S":""})", "removed"}) {
    ItemRun item;
    item.change(kMoving, R"(,"c":{"N":"7.0"})");
    EXPECT_EQ(item.change(kMoving, attributes), R"(remove v {"c":{"N":"7"},"id":{"S":"i1"}})"
                                                "\n");
    EXPECT_EQ(item.content, "");
    EXPECT_EQ(item.change(kMoving, attributes), "");
  }
}

TEST(Difference, MovesARowWhoseKeyChanges) {
  ItemRun item;
  item.change(kMoving, R"(,"c":{"B":"AQI="})");
  EXPECT_EQ(item.change(kMoving, R"(,"c":{"S":"a\"b"})"),
            R"(remove v {"c":{"B":"AQI="},"id":{"S":"i1"}})"
            "\n"
            R"(put v {"c":{"S":"a\"b"},"id":{"S":"i1"}} {"c":{"S":"a\"b"},"id":{"S":"i1"}})"
            "\n");
  EXPECT_EQ(item.change(kMoving, "removed"), R"(remove v {"c":{"S":"a\"b"},"id":{"S":"i1"}})"
                                             "\n");
}

TEST(Difference, TakesANumberForTheSameHoweverItIsWritten) {
  ItemRun item;
  item.change(kMoving, R"(,"c":{"N":"1E1"})");
  EXPECT_EQ(item.change(kMoving, R"(,"c":{"N":"10.0"})"),
            R"(put v {"c":{"N":"10.0"},"id":{"S":"i1"}} {"c":{"N":"10.0"},"id":{"S":"i1"}})"
            "\n");
}

TEST(Difference, KeepsTheRowsOfElementsThatStay) {
  ItemRun item;
  item.change(kLines, R"(,"l":{"SS":["a","b","c"]})");
  EXPECT_EQ(item.content, "1;1:v38:w-2:1:e2:idS1:aS2:i1S1:bS2:i1S1:cS2:i1");
  EXPECT_EQ(item.change(kLines, R"(,"l":{"SS":["d","b"]})"),
            R"(remove v {"e":{"S":"a"},"id":{"S":"i1"}})"
            "\n"
            R"(remove v {"e":{"S":"c"},"id":{"S":"i1"}})"
            "\n"
            R"(put v {"id":{"S":"i1"},"e":{"S":"d"}} {"id":{"S":"i1"},"e":{"S":"d"}})"
            "\n"
            R"(put v {"id":{"S":"i1"},"e":{"S":"b"}} {"id":{"S":"i1"},"e":{"S":"b"}})"
            "\n");
}

TEST(Difference, AddsWhatChangesOfAGroup) {
  ItemRun item;
  EXPECT_EQ(item.change(kSums, R"(,"c":{"S":"x"},"t":{"N":"12.50"})"),
            R"(add v {"c":{"S":"x"}} n=1 sum=12.5)"
            "\n");
  EXPECT_EQ(item.content, "1;1:v29:c1:1:c2:1:n3:sumS1:x1:14:12.5");
  EXPECT_EQ(item.change(kSums, R"(,"c":{"S":"x"},"t":{"N":"2.5"})"),
            R"(add v {"c":{"S":"x"}} sum=-10)"
            "\n");
  EXPECT_EQ(item.change(kSums, R"(,"c":{"S":"x"},"t":{"N":"2.50"},"other":{"N":"1"})"), "");
  EXPECT_EQ(item.change(kSums, R"(,"c":{"S":"y"},"t":{"N":"2.5"})"),
            R"(add v {"c":{"S":"y"}} n=1 sum=2.5)"
            "\n"
            R"(add v {"c":{"S":"x"}} n=-1 sum=-2.5)"
            "\n");
  EXPECT_EQ(item.change(kSums, "removed"), R"(add v {"c":{"S":"y"}} n=-1 sum=-2.5)"
                                           "\n");
  EXPECT_EQ(item.content, "");
  EXPECT_EQ(item.change(kSums, "removed"), "");
}

TEST(Difference, HasNoGroupToWhichNothingIsAdded) {
  constexpr std::string_view kView =
      "CREATE VIEW v KEY (c) AS SELECT c, SUM(t) AS sum FROM s GROUP BY c;";
  ItemRun item;
  EXPECT_EQ(item.change(kView, R"(,"c":{"S":"x"})"), "");
  EXPECT_EQ(item.content, "");
  EXPECT_EQ(item.change(kView, R"(,"c":{"S":"x"},"t":{"N":"3"})"),
            "add v {\"c\":{\"S\":\"x\"}} sum=3\n");
  EXPECT_EQ(item.change(kView, R"(,"c":{"S":"x"},"t":{"N":"0"})"),
            "add v {\"c\":{\"S\":\"x\"}} sum=-3\n");
  EXPECT_EQ(item.content, "");
}

TEST(Difference, FailsWhereAChangeHasTooManyDigits) {
  ItemRun item;
  item.change(kSums, R"(,"c":{"S":"x"},"t":{"N":"1E100"})");
  const std::string content = item.content;
  EXPECT_EQ(item.change(kSums, R"(,"c":{"S":"x"},"t":{"N":"1"})"),
            "error: view v: the change of attribute sum: the result has more than 38 significant "
            "digits");
  EXPECT_EQ(item.content, content);
  EXPECT_EQ(item.change(kSums, R"(,"c":{"S":"y"},"t":{"N":"1"})"),
            "add v {\"c\":{\"S\":\"y\"}} n=1 sum=1\n"
            "add v {\"c\":{\"S\":\"x\"}} n=-1 sum=-1" +
                std::string(100, '0') + "\n");
}

TEST(Difference, LeavesWhatAChangeDoesNotConcern) {
  constexpr std::string_view kViews =
      "CREATE VIEW a KEY (c, id) WITH (deletes = 'keep') AS SELECT c, id FROM s;"
      "CREATE VIEW b KEY (c) WITH (deletes = 'keep') AS SELECT c, COUNT(*) AS n FROM s GROUP BY c;"
      "CREATE VIEW d KEY (c, id) AS SELECT c, id FROM s;";
  ItemRun item;
  item.change(kViews, R"(,"c":{"S":"x"})");
  EXPECT_EQ(item.change(kViews, "removed"), R"(remove d {"c":{"S":"x"},"id":{"S":"i1"}})"
                                            "\n");
  EXPECT_EQ(item.content, "1;1:a20:w-2:1:c2:idS1:xS2:i11:b18:c1:1:c1:1:nS1:x1:1");
  // An item that is there again is counted once.
  EXPECT_EQ(item.change(kViews, R"(,"c":{"S":"y"})"),
            R"(remove a {"c":{"S":"x"},"id":{"S":"i1"}})"
            "\n"
            R"(put a {"c":{"S":"y"},"id":{"S":"i1"}} {"c":{"S":"y"},"id":{"S":"i1"}})"
            "\n"
            R"(put d {"c":{"S":"y"},"id":{"S":"i1"}} {"c":{"S":"y"},"id":{"S":"i1"}})"
            "\n"
            R"(add b {"c":{"S":"y"}} n=1)"
            "\n"
            R"(add b {"c":{"S":"x"}} n=-1)"
            "\n");
}

TEST(Difference, KeepsWhatAViewHadThatIsNoMore) {
  const std::string both = std::string(kMoving) + "CREATE VIEW w AS SELECT * FROM s;";
  ItemRun item;
  item.change(kMoving, R"(,"c":{"S":"x"})");
  const std::string content = item.content;
  EXPECT_EQ(item.change("CREATE VIEW w AS SELECT * FROM s;", "removed"),
            R"(remove w {"id":{"S":"i1"}})"
            "\n");
  EXPECT_EQ(item.content, content);
  EXPECT_EQ(item.change(both, "removed"), R"(remove v {"c":{"S":"x"},"id":{"S":"i1"}})"
                                          "\n"
                                          R"(remove w {"id":{"S":"i1"}})"
                                          "\n");
  EXPECT_EQ(item.content, "");
}

TEST(Difference, TakesBackWhatAnotherTextHadMade) {
  ItemRun item;
  item.change("CREATE VIEW v KEY (k, id) AS SELECT 'a#' || c AS k, id FROM s;",
              R"(,"c":{"S":"x"})");
  EXPECT_EQ(item.change("CREATE VIEW v KEY (k, id) AS SELECT 'b#' || c AS k, id FROM s;",
                        R"(,"c":{"S":"x"})"),
            R"(remove v {"id":{"S":"i1"},"k":{"S":"a#x"}})"
            "\n"
            R"(put v {"k":{"S":"b#x"},"id":{"S":"i1"}} {"k":{"S":"b#x"},"id":{"S":"i1"}})"
            "\n");
  // It is direct from now on, and nothing is remembered.
  constexpr std::string_view kDirect = "CREATE VIEW v KEY (k, id) AS SELECT 'd' AS k, id FROM s;";
  EXPECT_EQ(item.change(kDirect, R"(,"c":{"S":"x"})"),
            R"(remove v {"id":{"S":"i1"},"k":{"S":"b#x"}})"
            "\n"
            R"(put v {"k":{"S":"d"},"id":{"S":"i1"}} {"k":{"S":"d"},"id":{"S":"i1"}})"
            "\n");
  EXPECT_EQ(item.content, "");
}

TEST(Difference, RemovesOnceWhatADirectViewRemembers) {
  ItemRun item;
  item.change(kMoving, R"(,"c":{"S":"d"})");
  constexpr std::string_view kDirect =
      "CREATE VIEW v KEY (c, id) AS SELECT 'd' AS c, id FROM s WHERE n > 0;";
  EXPECT_EQ(item.change(kDirect, ""), R"(remove v {"c":{"S":"d"},"id":{"S":"i1"}})"
                                      "\n");
}

TEST(Difference, TakesBackAmountsUnderTheNamesThatTheyHad) {
  ItemRun item;
  item.change(kSums, R"(,"c":{"S":"x"},"t":{"N":"5"})");
  EXPECT_EQ(item.change("CREATE VIEW v KEY (c) AS "
                        "SELECT c, COUNT(t) AS counted, SUM(t + 1) AS sum FROM s GROUP BY c;",
                        R"(,"c":{"S":"x"},"t":{"N":"5"})"),
            R"(add v {"c":{"S":"x"}} counted=1 n=-1 sum=1)"
            "\n");
  EXPECT_EQ(item.change("CREATE VIEW v KEY (c) AS SELECT c, SUM(t) AS a FROM s GROUP BY c;",
                        R"(,"c":{"S":"x"},"t":{"N":"5"})"),
            R"(add v {"c":{"S":"x"}} a=5 counted=-1 sum=-6)"
            "\n");
}

TEST(Difference, MovesAnItemBetweenThePartsOfAGroup) {
  const auto spread = [](std::string_view parts) {
    return "CREATE VIEW v KEY (c) WITH (spread = '" + std::string(parts) +
           "') AS SELECT c, COUNT(*) AS n FROM s GROUP BY c;";
  };
  ItemRun item;
  EXPECT_EQ(item.change(spread("8"), R"(,"c":{"S":"x"})"),
            R"(add v {"c":{"S":"x"},"spread":{"N":"0"}} n=1)"
            "\n");
  EXPECT_EQ(item.change(spread("7"), R"(,"c":{"S":"x"})"),
            R"(add v {"c":{"S":"x"},"spread":{"N":"5"}} n=1)"
            "\n"
            R"(add v {"c":{"S":"x"},"spread":{"N":"0"}} n=-1)"
            "\n");
}

TEST(Difference, RefusesAViewOfAnotherKind) {
  struct Case {
    std::string_view before, after, error;
  };
  for (const Case& c :
       {Case{kOwned, kSums,
             "error: view v: it had no GROUP BY when this item was written, and has one now: give "
             "it another table"},
        Case{kSums, kOwned,
             "error: view v: it had GROUP BY when this item was written, and has none now: give it "
             "another table"},
        Case{kMoving, kOwned,
             "error: view v: its key had other attributes when this item was written: give it "
             "another table"},
        Case{kSums,
             "CREATE VIEW v KEY (c) WITH (spread = '2') AS SELECT c, COUNT(*) AS n FROM s GROUP BY "
             "c;",
             "error: view v: its key had other attributes when this item was written: give it "
             "another table"}}) {
    ItemRun item;
    item.change(c.before, R"(,"c":{"S":"x"})");
    const std::string content = item.content;
    for (const std::string_view attributes : {R"(,"c":{"S":"x"})", "removed"})
      EXPECT_EQ(item.change(c.after, attributes), c.error);
    EXPECT_EQ(item.content, content);
    // An item that has nothing has nothing that could be in the way.
    item.change(c.before, "removed");
    EXPECT_FALSE(item.change(c.after, R"(,"c":{"S":"x"})").starts_with("error"));
  }
}

TEST(Difference, TellsWhoseTheRowsAre) {
  ItemRun item;
  EXPECT_EQ(item.change(kOwned, R"(,"c":{"S":"x"})"),
            R"(put v {"c":{"S":"x"}} {"c":{"S":"x"},"id":{"S":"i1"}} owner id={"S":"i1"})"
            "\n");
  EXPECT_EQ(item.change(kOwned, R"(,"c":{"S":"y"})"),
            R"(remove v {"c":{"S":"x"}} owner id={"S":"i1"})"
            "\n"
            R"(put v {"c":{"S":"y"}} {"c":{"S":"y"},"id":{"S":"i1"}} owner id={"S":"i1"})"
            "\n");
}

TEST(Difference, RemovesARowByTheOwnerThatItWasWrittenWith) {
  constexpr std::string_view kOption =
      "CREATE VIEW v KEY (c) WITH (owner = 'whose') AS SELECT c FROM s;";
  ItemRun item;
  item.change(kOwned, R"(,"c":{"S":"x"})");
  // The row that is there has no `whose` yet: it is known to be the item's.
  EXPECT_EQ(item.change(kOption, R"(,"c":{"S":"x"})"),
            R"(put v {"c":{"S":"x"}} {"c":{"S":"x"},"whose":{"S":"2:idS2:i1"}})"
            "\n");
  EXPECT_EQ(item.change(kOption, R"(,"c":{"S":"x"})"),
            R"(put v {"c":{"S":"x"}} {"c":{"S":"x"},"whose":{"S":"2:idS2:i1"}} )"
            R"(owner whose={"S":"2:idS2:i1"})"
            "\n");
  EXPECT_EQ(item.change(kOwned, "removed"),
            R"(remove v {"c":{"S":"x"}} owner whose={"S":"2:idS2:i1"})"
            "\n");
}

TEST(Difference, LeavesFirst) {
  const std::string views =
      "CREATE VIEW v KEY (e) AS SELECT s.id, e FROM s, s.l AS e;"
      "CREATE VIEW w KEY (c) AS SELECT c, COUNT(*) AS n FROM s GROUP BY c;"
      "CREATE VIEW x AS SELECT c FROM s WHERE c <> 'y';" +
      std::string("CREATE VIEW y KEY (id, e) AS SELECT s.id, e FROM s, s.l AS e;");
  ItemRun item;
  item.change(views, R"(,"c":{"S":"x"},"l":{"SS":["a","b"]})");
  constexpr std::string_view kNext = R"(,"c":{"S":"y"},"l":{"SS":["b","d"]})";
  EXPECT_EQ(item.change(views, kNext, Extent::kLeaving),
            R"(remove v {"e":{"S":"a"}} owner id={"S":"i1"})"
            "\n")
      << "no other item can have the rows of x and y";
  const std::string rows_of_y = "1:y29:w-2:1:e2:idS1:aS2:i1S1:bS2:i1";
  EXPECT_EQ(item.content, "1;1:v11:wk1:1:eS1:b1:w18:c1:1:c1:1:nS1:x1:1" + rows_of_y);
  EXPECT_EQ(item.change(views, kNext, Extent::kLeaving), "");
  const std::string rest = item.change(views, kNext);
  EXPECT_EQ(rest.find("remove v"), std::string::npos) << rest;
  EXPECT_NE(rest.find(R"(remove x {"id":{"S":"i1"}})"), std::string::npos) << rest;
  EXPECT_NE(rest.find(R"(remove y {"e":{"S":"a"},"id":{"S":"i1"}})"), std::string::npos) << rest;
  EXPECT_NE(rest.find(R"(add w {"c":{"S":"x"}} n=-1)"), std::string::npos) << rest;
}

TEST(Difference, LosesNothingWhereTheContentIsDamaged) {
  ItemRun item;
  item.content = "1;1:v20:w-2:1:c2:idS1:xS2:i";
  EXPECT_EQ(item.change(kMoving, R"(,"c":{"S":"x"})"),
            "error: what the ledger has of the views is damaged: expected 20 bytes at byte 8");
  EXPECT_EQ(item.content, "1;1:v20:w-2:1:c2:idS1:xS2:i");
}

TEST(Difference, FailsWhereThereIsTooMuchToRemember) {
  ItemRun item;
  constexpr std::string_view kContent = "1;1:v20:w-2:1:c2:idS1:xS2:i1";
  EXPECT_EQ(item.change(kMoving, R"(,"c":{"S":"x"})", Extent::kWhole, kContent.size() - 1),
            "error: what the ledger has to remember of this item has 28 bytes: an entry takes 27 "
            "at most");
  EXPECT_TRUE(item.change(kMoving, R"(,"c":{"S":"x"})", Extent::kWhole, kContent.size())
                  .starts_with("put"));
}

}  // namespace
}  // namespace streamonce::handler::views
