// `bootstrap verify` as it is shipped: DynamoDB Local is the source, SQLite and DynamoDB Local are
// the targets, which are damaged from outside.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/dynamodb_client.h"
#include "tests/support/live_source.h"
#include "tests/support/replay_shell.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"
#include "tests/support/view_tables.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

/// Writes into a table of a target, as somebody else would.
class Vandal {
 public:
  /// @param environment  that of the target
  Vandal(std::vector<std::string> environment, std::string table)
      : environment_(std::move(environment)),
        table_(std::move(table)) {}

  void put(const json& row, const json& key) {
    if (!is_sqlite()) return client_.put(table_, row);
    remove(key);
    std::string columns;
    std::string values;
    for (const auto& [name, value] : key.items()) {
      columns += "\"" + name + "\", ";
      values += "'" + value.begin()->get<std::string>() + "', ";
    }
    run_sql(environment_, "INSERT INTO \"" + table_ + "\"(" + columns + "item) VALUES(" + values +
                              "'" + row.dump() + "')");
  }
  void remove(const json& key) {
    if (!is_sqlite()) return client_.remove(table_, key);
    std::string condition;
    for (const auto& [name, value] : key.items())
      condition += (condition.empty() ? "\"" : " AND \"") + name + "\" = '" +
                   value.begin()->get<std::string>() + "'";
    run_sql(environment_, "DELETE FROM \"" + table_ + "\" WHERE " + condition);
  }

 private:
  bool is_sqlite() const { return environment_.at(0).starts_with("STREAMONCE_TARGET=sqlite:"); }

  const std::vector<std::string> environment_;
  const std::string table_;
  DynamoDbClient client_{shared_dynamodb_local().endpoint_url()};
};

json item_of(const std::string& id, int n) {
  return {{"id", {{"S", id}}}, {"n", {{"N", std::to_string(n)}}}};
}

Ended verify(ReplayShell& shell, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--json", "--source", kTable});
  const bool has_settle =
      std::find(arguments.begin(), arguments.end(), "--settle") != arguments.end();
  if (!has_settle) arguments.insert(arguments.end(), {"--settle", "0"});
  return shell.run("verify", std::move(arguments));
}

/// Applies all that the source's stream has so far. @return whether all of it is done
bool apply_stream(Source& source, ReplayShell& shell) {
  const std::vector<json> records = source.client().stream_records(kTable);
  return shell.run("invoke", {shell.dump("event", lambda_event(records))}).status == 0;
}

/// The lines of a report, by class and row key.
std::map<std::pair<std::string, std::string>, json> report_of(const std::string& path) {
  std::map<std::pair<std::string, std::string>, json> report;
  for (const std::string& line : lines_of(read_whole(path))) {
    const json finding = json::parse(line);
    report[{finding["class"], finding.value("key", json()).dump()}] = finding;
  }
  return report;
}

class VerifyOn : public ::testing::TestWithParam<const char*> {
 protected:
  VerifyOn() { target_->create({{"id", "S"}}); }

  std::string table() const { return target_->table().empty() ? kTable : target_->table(); }
  ReplayShell& shell() { return follower_.shell(); }
  /// A source of 30 items, all in the target, of which one was changed and one removed.
  void fill() {
    for (int i = 0; i < 30; ++i) source_.put("k" + std::to_string(i), i);
    source_.put("k1", 100);
    source_.client().remove(kTable, id_of("k2"));
    ASSERT_TRUE(apply_stream(source_, shell()));
    ASSERT_EQ(target_->items(), source_.items());
  }

  Source source_;
  const std::unique_ptr<TargetUnderTest> target_ = make_target_under_test(GetParam());
  Follower follower_{target_->environment()};
  Vandal vandal_{target_->environment(), table()};
};

INSTANTIATE_TEST_SUITE_P(, VerifyOn, ::testing::Values("sqlite", "dynamodb", "items"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(VerifyOn, FindsNothingWrongWithACopy) {
  fill();
  const Ended ended = verify(shell(), {});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(), (Counts{{"equal", 29}}));
  EXPECT_EQ(shell().files(), std::vector<std::string>{}) << "no report without a finding";
}

TEST_P(VerifyOn, FindsAndMendsWhatOthersWrote) {
  fill();
  vandal_.remove(id_of("k3"));
  vandal_.put(item_of("k4", 4711), id_of("k4"));
  vandal_.put(item_of("foreign", 1), id_of("foreign"));
  vandal_.put(item_of("k2", 2), id_of("k2"));

  const Ended found = verify(shell(), {"--report", "first.ndjson"});
  EXPECT_EQ(found.status, 1);
  EXPECT_EQ(found.counts(),
            (Counts{{"equal", 27}, {"missing", 1}, {"extra", 2}, {"different", 1}}));
  const std::string path = shell().path_of("first.ndjson");
  struct stat about {};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  auto report = report_of(path);
  ASSERT_EQ(report.size(), 4U) << read_whole(path);
  const json missing = report[{"missing", id_of("k3").dump()}];
  if (GetParam() == std::string("items")) {
    EXPECT_EQ(missing["mark"], json());
    EXPECT_EQ(missing["cause"],
              "no change of the item was ever applied, or somebody else, or the table's TTL, "
              "removed the row with its mark");
  } else {
    EXPECT_EQ(missing["cause"],
              "the row was put, and somebody else, or the table's TTL, removed it");
    EXPECT_EQ(missing["mark"]["op"], "put");
  }
  EXPECT_EQ((report[{"extra", id_of("foreign").dump()}]["cause"]), "somebody else wrote the row");
  EXPECT_EQ((report[{"extra", id_of("foreign").dump()}]["mark"]), json());
  EXPECT_EQ((report[{"extra", id_of("k2").dump()}]["mark"]["op"]), "remove");
  EXPECT_EQ((report[{"different", id_of("k4").dump()}]["attributes"]), json::array({"n"}));
  EXPECT_FALSE(has(read_whole(path), "4711")) << "values only where they are wanted";
  EXPECT_FALSE(has(found.err, "k3") || has(found.err, "foreign")) << found.err;

  const Ended mended = verify(shell(), {"--repair"});
  EXPECT_EQ(mended.status, 0) << mended.err;
  EXPECT_EQ(
      mended.counts(),
      (Counts{{"equal", 27}, {"missing", 1}, {"extra", 2}, {"different", 1}, {"repaired", 4}}));
  EXPECT_EQ(target_->items(), source_.items());
  EXPECT_EQ(verify(shell(), {}).status, 0);
}

TEST_P(VerifyOn, MendsLostChangesAndLosesNoLaterOne) {
  fill();
  source_.change_at_random(40);
  source_.put("k5", 5000);
  source_.client().remove(kTable, id_of("k6"));
  const Ended found = verify(shell(), {"--values", "--report", "r.ndjson"});
  EXPECT_EQ(found.status, 1);
  auto report = report_of(shell().path_of("r.ndjson"));
  EXPECT_EQ((report[{"different", id_of("k5").dump()}]["cause"]),
            "a change was lost, or somebody else wrote the row");
  EXPECT_EQ((report[{"different", id_of("k5").dump()}]["expected"]), item_of("k5", 5000));
  EXPECT_EQ((report[{"extra", id_of("k6").dump()}]["cause"]),
            "the change that removed the row was lost, or somebody else wrote it");

  const Ended mended = verify(shell(), {"--repair"});
  EXPECT_EQ(mended.status, 0) << mended.err;
  EXPECT_EQ(target_->items(), source_.items());

  // What was repaired before its changes came is what they come to.
  source_.put("k5", 5001);
  EXPECT_TRUE(apply_stream(source_, shell()));
  EXPECT_EQ(target_->items(), source_.items());
  EXPECT_EQ(verify(shell(), {}).status, 0);
}

TEST_P(VerifyOn, MendsNoMoreThanItMay) {
  fill();
  for (const char* id : {"k3", "k4", "k5"}) vandal_.remove(id_of(id));
  const Ended ended = verify(shell(), {"--repair", "--max-repairs", "2"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(), (Counts{{"equal", 26}, {"missing", 3}, {"repaired", 2}}));
  EXPECT_TRUE(has(read_whole(shell().path_of("orders.verify.ndjson")), "--max-repairs is reached"));
  EXPECT_EQ(target_->items().size(), 28U);
}

TEST_P(VerifyOn, LooksOnlyAtTheKeysThatItIsGiven) {
  fill();
  vandal_.remove(id_of("k3"));
  vandal_.remove(id_of("k4"));
  const std::string keys = shell().dump(
      "keys", id_of("k3").dump() + "\n" + id_of("k9").dump() + "\r\n\n" + id_of("never").dump());
  const Ended ended = verify(shell(), {"--keys", keys, "--repair"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(), (Counts{{"equal", 1}, {"missing", 1}, {"repaired", 1}}));
  EXPECT_EQ(verify(shell(), {}).counts(), (Counts{{"equal", 28}, {"missing", 1}}));
  const std::string wrong = shell().dump("wrong", id_of("k3").dump() + "\nno key\n");
  const Ended refused = verify(shell(), {"--keys", wrong});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(has(refused.err, "wrong:2: is no key as DynamoDB JSON")) << refused.err;
}

TEST_P(VerifyOn, RefusesToMendUnderAnotherNameOrFromAnotherSource) {
  fill();
  vandal_.remove(id_of("k3"));
  shell().environment().push_back("STREAMONCE_CONFIG=" +
                                  shell().dump("p.json", R"({"name":"other"})"));
  const Ended other_name = verify(shell(), {"--repair"});
  EXPECT_EQ(other_name.status, 2) << other_name.err;
  const bool knows_names = has(other_name.err, "and none of \"other\"") ||
                           has(other_name.err, "where this is the pipeline \"other\"");
  EXPECT_TRUE(knows_names) << other_name.err;
  EXPECT_EQ(target_->items().size(), 28U);
}

TEST_P(VerifyOn, WaitsForWhatIsOnItsWay) {
  fill();
  const auto running = follower_.start({"--source", kTable});
  std::mt19937 random(20261127);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  ReplayShell other(follower_.shell().environment());
  const auto verifying = other.start(
      {.arguments = {"--json", "--source", kTable, "--settle", "60"}, .command = "verify"});
  while (std::chrono::steady_clock::now() < end) source_.change_at_random(5);
  const Ended ended = verifying->wait();
  const Counts counts = ended.counts();
  EXPECT_FALSE(counts.contains("missing") || counts.contains("extra") ||
               counts.contains("different"))
      << ended.out << ended.err;
  EXPECT_TRUE(comes_to([this] { return target_->items() == source_.items(); }));
  expect_to_end(*running, SIGTERM, may_be_late(GetParam()));
}

constexpr const char* kViews =
    "CREATE SOURCE orders KEY (id);\n"
    "CREATE VIEW copies AS SELECT * FROM orders;\n"
    "CREATE VIEW large AS SELECT id, n FROM orders WHERE n > 100;\n"
    "CREATE VIEW prefixed KEY (pk) AS SELECT 'ORDER#' || id AS pk, n FROM orders;\n"
    "CREATE VIEW by_shop KEY (shop, id) AS SELECT shop, id, n FROM orders;\n"
    "CREATE VIEW parts KEY (id, part) AS SELECT o.id, p AS part, o.n FROM orders AS o, o.parts AS "
    "p;\n"
    "CREATE VIEW sums KEY (shop) AS SELECT shop, COUNT(*) AS orders, SUM(n) AS total FROM orders"
    " GROUP BY shop;\n";

class VerifyOnViewsOn : public ::testing::TestWithParam<const char*> {
 protected:
  VerifyOnViewsOn() { std::ofstream(views_) << kViews; }

  ReplayShell& shell() { return follower_.shell(); }

  void put(const std::string& id, int n) {
    json parts = json::array();
    for (int i = 0; i < n % 3; ++i) parts.push_back("part" + std::to_string(i));
    json item = item_of(id, n);
    item["shop"] = {{"S", "shop" + std::to_string(n % 4)}};
    if (!parts.empty()) item["parts"] = {{"SS", parts}};
    source_.client().put(kTable, item);
  }
  void change_at_random(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "k" + std::to_string(random_() % 20);
      if (random_() % 4 == 0)
        source_.client().remove(kTable, id_of(id));
      else
        put(id, static_cast<int>(random_() % 300));
    }
  }
  /// What the sums are to be.
  std::map<std::string, std::pair<int, int>> sums_of_source() {
    std::map<std::string, std::pair<int, int>> sums;
    for (const json& item : source_.items()) {
      auto& [orders, total] = sums[item["shop"]["S"]];
      ++orders;
      total += std::stoi(item["n"]["N"].get<std::string>());
    }
    return sums;
  }
  std::map<std::string, std::pair<int, int>> sums() {
    std::map<std::string, std::pair<int, int>> sums;
    for (const json& row : tables_->rows("sums")) {
      const auto number = [&](const char* name) {
        return row.contains(name) ? std::stoi(row[name]["N"].get<std::string>()) : 0;
      };
      if (number("orders") != 0 || number("total") != 0)
        sums[row["shop"]["S"]] = {number("orders"), number("total")};
    }
    return sums;
  }
  void damage() {
    const auto vandal = [this](const char* view) {
      return Vandal(tables_->environment(), tables_->table(view));
    };
    const json id = id_of("k" + std::to_string(random_() % 20));
    const int n = static_cast<int>(random_() % 1000);
    switch (random_() % 6) {
      case 0:
        return vandal("copies").remove(id);
      case 1:
        return vandal("large").put({{"id", id["id"]}, {"n", {{"N", std::to_string(n)}}}}, id);
      case 2: {
        const json key = {{"pk", {{"S", "ORDER#" + id["id"]["S"].get<std::string>()}}}};
        return vandal("prefixed").put(key, key);
      }
      case 3: {
        const json key = {{"id", id["id"]}, {"shop", {{"S", "shop" + std::to_string(n % 5)}}}};
        return n % 2 == 0 ? vandal("by_shop").put(key, key) : vandal("by_shop").remove(key);
      }
      case 4: {
        const json key = {{"id", id["id"]}, {"part", {{"S", "part" + std::to_string(n % 3)}}}};
        return n % 2 == 0 ? vandal("parts").put(key, key) : vandal("parts").remove(key);
      }
      default: {
        const json key = {{"shop", {{"S", "shop" + std::to_string(n % 5)}}}};
        json row = key;
        row["total"] = {{"N", std::to_string(n)}};
        row["orders"] = {{"N", "3"}};
        return vandal("sums").put(row, key);
      }
    }
  }

  const TempDir folder_;
  const std::string views_ = folder_.file("views.sql");
  Source source_;
  std::mt19937 random_{20261127};
  const std::unique_ptr<ViewTables> tables_ =
      make_view_tables(GetParam(), {{.view = "copies", .key = {{"id", "S"}}},
                                    {.view = "large", .key = {{"id", "S"}}},
                                    {.view = "prefixed", .key = {{"pk", "S"}}},
                                    {.view = "by_shop", .key = {{"shop", "S"}, {"id", "S"}}},
                                    {.view = "parts", .key = {{"id", "S"}, {"part", "S"}}},
                                    {.view = "sums", .key = {{"shop", "S"}}}});
  Follower follower_{joined(tables_->environment(), {"STREAMONCE_VIEWS=" + views_})};
};

INSTANTIATE_TEST_SUITE_P(, VerifyOnViewsOn, ::testing::Values("sqlite", "dynamodb"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(VerifyOnViewsOn, FindsNothingWrong) {
  change_at_random(60);
  ASSERT_TRUE(apply_stream(source_, shell()));
  ASSERT_EQ(sums(), sums_of_source());
  const Ended ended = verify(shell(), {});
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err
                             << read_whole(shell().path_of("orders.verify.ndjson"));
}

TEST_P(VerifyOnViewsOn, MendsRowsAndGroups) {
  for (int round = 0; round < 3; ++round) {
    change_at_random(40);
    ASSERT_TRUE(apply_stream(source_, shell()));
    for (int i = 0; i < 8; ++i) damage();
    const Ended mended = verify(shell(), {"--repair"});
    EXPECT_EQ(mended.status, 0) << mended.out << mended.err
                                << read_whole(shell().path_of("orders.verify.ndjson"));
    EXPECT_EQ(tables_->rows("copies"), source_.items());
    EXPECT_EQ(sums(), sums_of_source());
    EXPECT_EQ(verify(shell(), {}).status, 0);
  }
}

TEST_P(VerifyOnViewsOn, MendsLostChanges) {
  change_at_random(60);
  ASSERT_TRUE(apply_stream(source_, shell()));
  change_at_random(60);
  const Ended mended = verify(shell(), {"--repair"});
  EXPECT_EQ(mended.status, 0) << mended.out << mended.err
                              << read_whole(shell().path_of("orders.verify.ndjson"));
  EXPECT_EQ(tables_->rows("copies"), source_.items());
  EXPECT_EQ(sums(), sums_of_source());
  ASSERT_TRUE(apply_stream(source_, shell()));
  EXPECT_EQ(sums(), sums_of_source());
  EXPECT_EQ(verify(shell(), {}).status, 0);
}

/// With a writer and a follower at work.
TEST_P(VerifyOnViewsOn, MendsWhileTheSourceChanges) {
  change_at_random(30);
  ASSERT_TRUE(apply_stream(source_, shell()));
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    random_.seed(seed);
    const auto running = follower_.start({"--source", kTable});
    ReplayShell other(follower_.shell().environment());
    std::unique_ptr<RunningReplay> mending;
    for (int i = 0; i < 60; ++i) {
      change_at_random(3);
      if (i % 8 == 0) damage();
      if (i == 20)
        mending =
            other.start({.arguments = {"--json", "--source", kTable, "--settle", "1", "--repair"},
                         .command = "verify"});
    }
    const Ended first = mending->wait();
    EXPECT_NE(first.status, 2) << first.err;
    const Ended second = verify(other, {"--settle", "1", "--repair"});
    EXPECT_EQ(second.status, 0) << second.out << second.err;
    EXPECT_TRUE(comes_to([this] { return tables_->rows("copies") == source_.items(); }));
    EXPECT_TRUE(comes_to([this] { return sums() == sums_of_source(); }));
    expect_to_end(*running, SIGTERM, may_be_late(GetParam()));
    EXPECT_EQ(verify(shell(), {}).status, 0);
  }
}

TEST(Verify, GoesOnWhereItWasEnded) {
  Source source;
  const auto target = make_sqlite_under_test();
  target->create({{"id", "S"}});
  Follower follower(target->environment());
  for (int i = 0; i < 40; ++i) source.put("k" + std::to_string(i), i);
  ASSERT_TRUE(apply_stream(source, follower.shell()));
  Vandal vandal(target->environment(), kTable);
  for (int i = 0; i < 10; ++i) vandal.remove(id_of("k" + std::to_string(i)));
  ReplayShell& shell = follower.shell();
  const std::vector<std::string> arguments = {"--state", "v.state",  "--segments",
                                              "4",       "--settle", "1"};
  // Ended at any time: what it had not counted is found again, and told once.
  for (const int after : {300, 900, 1'500}) {
    std::vector<std::string> all = arguments;
    all.insert(all.end(), {"--json", "--source", kTable});
    const auto running = shell.start({.arguments = all, .command = "verify"});
    std::this_thread::sleep_for(std::chrono::milliseconds(after));
    running->signal(SIGTERM);
    static_cast<void>(running->wait());
  }
  const Ended ended = verify(shell, arguments);
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(ended.counts(), (Counts{{"equal", 30}, {"missing", 10}}));
  const std::string report = read_whole(shell.path_of("orders.verify.ndjson"));
  EXPECT_EQ(lines_of(report).size(), 10U) << report;
  const Ended again = verify(shell, arguments);
  EXPECT_EQ(again.counts(), ended.counts());
  EXPECT_EQ(read_whole(shell.path_of("orders.verify.ndjson")), report);
  const Ended other = verify(shell, {"--state", "v.state", "--segments", "5"});
  EXPECT_EQ(other.status, 2);
  EXPECT_TRUE(has(other.err, "it is the state of another comparison")) << other.err;
}

}  // namespace
}  // namespace streamonce::testing
