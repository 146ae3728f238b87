// Views that remember, with the binary as it is shipped: what does not fit, views whose text
// changes while there are rows, and items that exchange their rows.

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/replay_shell.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"
#include "tests/support/trimmed_number.h"
#include "tests/support/view_tables.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

constexpr const char* kSource = "CREATE SOURCE orders KEY (id);\n";
constexpr const char* kTotals =
    "CREATE VIEW totals KEY (scope) AS\n"
    "  SELECT 'all' AS scope, COUNT(*) AS orders, SUM(total) AS spent FROM orders GROUP BY "
    "'all';\n";
constexpr const char* kSeats =
    "CREATE VIEW seats KEY (seat) AS SELECT place AS seat, id FROM orders;\n";
constexpr const char* kPlaces =
    "CREATE VIEW places KEY (place, id) AS SELECT place, id FROM orders;\n";

/// A put. `attributes` are further members, as `,"a":{"S":"x"}`.
std::string order(std::string_view id, int number, std::string_view attributes) {
  std::string image = key_of(id);
  image.pop_back();
  return to_json({.event_name = "MODIFY",
                  .sequence_number = std::to_string(number),
                  .keys = key_of(id),
                  .new_image = image.append(attributes) + "}"});
}

std::string removal(std::string_view id, int number) {
  return remove(id, std::to_string(number));
}

std::string of_total(std::string_view total) {
  return R"(,"total":{"N":")" + std::string(total) + R"("})";
}
std::string of_place(std::string_view place) {
  return R"(,"place":{"S":")" + std::string(place) + R"("})";
}
/// A list of `count` texts, each of them another one or all the same.
std::string of_list(int count, bool is_repeated = false) {
  json list = json::array();
  for (int i = 0; i < count; ++i)
    list.push_back({{"S", "e" + std::to_string(is_repeated ? 0 : i)}});
  return R"(,"list":{"L":)" + list.dump() + "}";
}

class RememberingViews : public ::testing::TestWithParam<const char*> {
 protected:
  /// From now on the views of `text` are kept, which have these names.
  void keep(const std::vector<std::string>& names, const std::string& text) {
    std::ofstream(views_, std::ios::trunc) << kSource << text;
    std::string tables = "STREAMONCE_TABLES=";
    for (const std::string& name : names) tables += name + "=" + tables_->table(name) + ",";
    tables.pop_back();
    shell_.environment() = joined({tables, "STREAMONCE_VIEWS=" + views_}, tables_->environment());
  }
  Ended replay(const std::vector<std::string>& records) {
    return shell_.replay({"--json", shell_.dump("dump.json", event_of(records))});
  }
  void expect_done(const std::vector<std::string>& records) {
    const Ended ended = replay(records);
    EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  }
  /// Expects that one of `records` fails, and says `why`.
  void expect_failure(const std::vector<std::string>& records, std::string_view why) {
    const Ended ended = replay(records);
    EXPECT_EQ(ended.status, 1);
    EXPECT_EQ(ended.counts()["failed"], 1U) << ended.out;
    EXPECT_TRUE(has(ended.err, why)) << ended.err;
  }
  /// The values of each row of a view, by the names of its attributes.
  std::string rows(const std::string& view) {
    std::string text;
    for (json row : tables_->rows(view)) {
      for (auto& [name, value] : row.items()) {
        trim_number(value);
        text += value.begin().value().get<std::string>() + " ";
      }
      text.back() = ';';
    }
    return text;
  }

  const TempDir folder_;
  const std::string views_ = folder_.file("views.sql");
  const std::unique_ptr<ViewTables> tables_ =
      make_view_tables(GetParam(), {{.view = "totals", .key = {{"scope", "S"}}},
                                    {.view = "places", .key = {{"place", "S"}, {"id", "S"}}},
                                    {.view = "seats", .key = {{"seat", "S"}}},
                                    {.view = "sizes", .key = {{"size", "N"}, {"id", "S"}}},
                                    {.view = "counts", .key = {{"size", "N"}, {"place", "S"}}},
                                    {.view = "elements", .key = {{"element", "S"}, {"id", "S"}}},
                                    {.view = "more", .key = {{"element", "S"}, {"id", "S"}}},
                                    {.view = "most", .key = {{"element", "S"}, {"id", "S"}}}});
  ReplayShell shell_{{}};
};

INSTANTIATE_TEST_SUITE_P(, RememberingViews, ::testing::Values("sqlite", "dynamodb"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(RememberingViews, ASumThatANumberCannotHoldFailsItsRecordAlone) {
  keep({"totals"}, kTotals);
  expect_done({order("a", 100, of_total("10000000000000000000000000000000000000"))});
  expect_failure({order("b", 101, of_total("1")), order("c", 102, of_total("0.01")),
                  order("d", 103, of_total("2"))},
                 "totals");
  EXPECT_EQ(rows("totals"), "3 all 10000000000000000000000000000000000003;");
  expect_done({removal("a", 104)});
  expect_done({order("c", 102, of_total("0.01"))});
  EXPECT_EQ(rows("totals"), "3 all 3.01;");
}

/// What one transaction adds is summed before it is sent.
TEST_P(RememberingViews, ASumThatCannotBeHeldFailsItsRecordAloneWithinABatchToo) {
  keep({"totals"}, kTotals);
  std::vector<std::string> records = {
      order("a", 100, of_total("10000000000000000000000000000000000000")),
      order("b", 101, of_total("-10000000000000000000000000000000000000"))};
  for (int i = 0; i < 150; ++i)
    records.push_back(order("n" + std::to_string(i), 102 + i, of_total("1")));
  records.insert(records.begin() + 70, order("c", 300, of_total("0.01")));
  const Ended ended = replay(records);
  EXPECT_LE(ended.counts()["failed"], 2U)
      << "whoever comes when the sum is too long: " << ended.err;
  EXPECT_EQ(replay(records).status, 0) << "once both are there, anything can be added";
  EXPECT_EQ(rows("totals"), "153 all 150.01;");
}

TEST_P(RememberingViews, AnItemOfTooManyRowsFailsAloneAndKeepsThoseThatItHad) {
  std::string views;
  for (const std::string view : {"elements", "more", "most"})
    views += "CREATE VIEW " + view +
             " KEY (element, id) AS SELECT e AS element, o.id FROM orders AS o, o.list AS e;\n";
  keep({"elements", "more", "most"}, views);
  expect_done({order("a", 100, of_list(2)), order("b", 101, of_list(1))});
  expect_failure({order("a", 102, of_list(49)), order("b", 103, of_list(0))}, "48");
  EXPECT_EQ(rows("most"), "e0 a;e1 a;");
  expect_failure({order("a", 104, of_list(2, true)), order("b", 105, of_list(1))}, "key");
  EXPECT_EQ(rows("most"), "e0 a;e0 b;e1 a;") << "two rows of one key";
  // A target may take more actions at once than DynamoDB's transactions do.
  const Ended many = replay({order("a", 106, of_list(40)), order("b", 107, of_list(2))});
  if (std::string(GetParam()) == "sqlite") {
    EXPECT_EQ(many.status, 0) << many.err;
  } else {
    EXPECT_EQ(many.status, 1);
    EXPECT_TRUE(has(many.err, "100")) << many.err;
    EXPECT_EQ(rows("most"), "e0 a;e0 b;e1 a;e1 b;");
  }
  expect_done({removal("a", 108), removal("b", 109)});
  for (const std::string view : {"elements", "more", "most"}) EXPECT_EQ(rows(view), "") << view;
}

TEST_P(RememberingViews, AViewOfAnotherTextTakesItsOldRowsBack) {
  keep({"totals", "places"}, std::string(kTotals) + kPlaces);
  expect_done({order("a", 100, of_total("1") + of_place("x")),
               order("b", 101, of_total("2") + of_place("y"))});
  keep({"totals", "places"},
       "CREATE VIEW totals KEY (scope) AS SELECT 'sum' AS scope, SUM(total) AS spent FROM orders\n"
       "  GROUP BY 'sum';\n"
       "CREATE VIEW places KEY (place, id) AS SELECT 'at ' || place AS place, id FROM orders;\n");
  expect_done({order("a", 102, of_total("5") + of_place("x"))});
  EXPECT_EQ(rows("places"), "a at x;b y;");
  EXPECT_EQ(rows("totals"), "1 all 2;sum 5;");
  expect_done({removal("b", 103), removal("a", 104)});
  EXPECT_EQ(rows("places"), "");
  EXPECT_EQ(rows("totals"), "0 all 0;sum 0;");
}

/// Its rows stay, and are taken back once it is there again.
TEST_P(RememberingViews, AViewThatWasGoneForAWhileKnowsItsRowsStill) {
  keep({"totals", "places"}, std::string(kTotals) + kPlaces);
  expect_done({order("a", 100, of_total("1") + of_place("x")),
               order("b", 101, of_total("2") + of_place("y"))});
  keep({"places"}, kPlaces);
  expect_done({order("a", 102, of_total("5") + of_place("z")), removal("b", 103)});
  EXPECT_EQ(rows("places"), "a z;");
  EXPECT_EQ(rows("totals"), "2 all 3;");
  keep({"totals", "places"}, std::string(kTotals) + kPlaces);
  expect_done({order("a", 104, of_total("7") + of_place("z")),
               order("b", 105, of_total("20") + of_place("y"))});
  EXPECT_EQ(rows("places"), "a z;b y;");
  EXPECT_EQ(rows("totals"), "2 all 27;");
}

/// Numbers and texts have many spellings. DynamoDB refuses a transaction that has an item twice.
TEST_P(RememberingViews, SpellingsOfOneValueAreOneKey) {
  keep({"sizes", "counts"},
       "CREATE VIEW sizes KEY (size, id) AS SELECT total AS size, id, note FROM orders;\n"
       "CREATE VIEW counts KEY (size, place) AS SELECT total AS size, place, COUNT(*) AS n\n"
       "  FROM orders GROUP BY total, place;\n");
  const auto note = [](std::string_view text) {
    return R"(,"note":{"S":")" + std::string(text) + R"("})";
  };
  expect_done({order("a", 100, of_total("1.0") + of_place("\xC3\xA9/") + note("first")),
               order("b", 101, of_total("1E0") + of_place(R"(\u00e9\/)") + note("first")),
               order("c", 102, of_total("0.10e1") + of_place(R"(\u00E9/)") + note("first"))});
  const auto expect_rows = [&](const char* what) {
    std::vector<std::string> notes;
    for (json row : tables_->rows("sizes")) notes.push_back(row["note"]["S"]);
    EXPECT_EQ(notes, std::vector<std::string>(3, what));
    const std::vector<json> counts = tables_->rows("counts");
    ASSERT_EQ(counts.size(), 1U) << json(counts);
    EXPECT_EQ(counts[0]["place"]["S"], "\xC3\xA9/");
    EXPECT_EQ(counts[0]["n"]["N"], "3");
  };
  expect_rows("first");
  expect_done({order("a", 103, of_total("100e-2") + of_place(R"(\u00e9\/)") + note("then")),
               order("b", 104, of_total("1") + of_place("\xC3\xA9/") + note("then")),
               order("c", 105, of_total("+1.00") + of_place(R"(\u00E9/)") + note("then"))});
  expect_rows("then");
}

/// Items of which each takes the seat of the next one.
class Movers {
 public:
  static constexpr int kCount = 40;

  /// The records that move those items whose numbers leave `rest` when divided by `step`.
  std::vector<std::string> move(int by, int step = 1, int rest = 0) {
    std::vector<std::string> records;
    for (int i = rest; i < kCount; i += step)
      records.push_back(order("i" + two_digits(i), number_++, of_place(seat_of(i, by))));
    return records;
  }
  /// As RememberingViews::rows() has them.
  static std::string rows(int by) {
    std::vector<std::string> sorted(kCount);
    for (int i = 0; i < kCount; ++i) sorted[static_cast<std::size_t>(i)] = row_of(i, by);
    std::string text;
    for (const std::string& row : sorted) text += row;
    return text;
  }

 private:
  static std::string two_digits(int i) { return (i < 10 ? "0" : "") + std::to_string(i); }
  static std::string seat_of(int i, int by) { return "s" + two_digits((i + by) % kCount); }
  static std::string row_of(int i, int by) {
    return "i" + two_digits(i) + " " + seat_of(i, by) + ";";
  }

  int number_ = 100;
};

TEST_P(RememberingViews, ItemsInALargeRingExchangeTheirRows) {
  keep({"seats"}, kSeats);
  Movers movers;
  expect_done(movers.move(0));
  EXPECT_EQ(rows("seats"), Movers::rows(0));
  expect_done(movers.move(1));
  EXPECT_EQ(rows("seats"), Movers::rows(1));
  expect_done(movers.move(Movers::kCount - 1));
  EXPECT_EQ(rows("seats"), Movers::rows(Movers::kCount - 1));
}

/// Each has every second item, as two shards have.
TEST_P(RememberingViews, ItemsOfTwoProcessesAtOnceExchangeTheirRows) {
  keep({"seats"}, kSeats);
  Movers movers;
  expect_done(movers.move(0));
  std::vector<std::string> dumps;
  for (const int rest : {0, 1})
    dumps.push_back(
        shell_.dump("shard-" + std::to_string(rest), event_of(movers.move(1, 2, rest))));
  int deliveries = 0;
  for (bool is_done = false; !is_done; ++deliveries) {
    ASSERT_LT(deliveries, 10);
    std::vector<std::unique_ptr<RunningReplay>> running;
    for (const std::string& dump : dumps) running.push_back(shell_.start({.arguments = {dump}}));
    is_done = true;
    for (auto& each : running) is_done = each->wait().status == 0 && is_done;
  }
  std::cout << "exchanges between two processes on " << GetParam() << ": " << deliveries
            << " deliveries\n";
  EXPECT_EQ(rows("seats"), Movers::rows(1));
}

}  // namespace
}  // namespace streamonce::testing
