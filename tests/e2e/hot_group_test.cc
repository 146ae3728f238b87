// One row that all items are added to, and four processes at once that do so: in DynamoDB Local
// behind a proxy that refuses a transaction on a row that another one is at, as DynamoDB does.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/chaos_proxy.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/replay_shell.h"
#include "tests/support/stream_event.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"
#include "tests/support/trimmed_number.h"
#include "tests/support/view_tables.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kProcesses = 4;
constexpr int kOwnItems = 500;     // of each process
constexpr int kSharedItems = 100;  // that all of them are told of

/// Sums that no double holds: a grain is the last of 29 digits behind the point.
constexpr std::size_t kFractionDigits = 29;
constexpr std::uint64_t kWhole = 1'000;

constexpr std::string_view kViews =
    "CREATE SOURCE orders KEY (id);\n"
    "CREATE VIEW totals KEY (scope) AS\n"
    "  SELECT 'all' AS scope, COUNT(*) AS orders, SUM(total) AS spent FROM orders GROUP BY "
    "'all';\n";

std::string number_of(std::uint64_t whole, std::uint64_t grains) {
  std::string fraction = std::to_string(grains);
  fraction.insert(0, kFractionDigits - fraction.size(), '0');
  return std::to_string(whole) + "." + fraction;
}

class HotGroup : public ::testing::Test {
 protected:
  HotGroup() {
    std::ofstream(views_) << kViews;
    for (auto& shell : shells_)
      shell = std::make_unique<ReplayShell>(
          joined({"AWS_ENDPOINT_URL_DYNAMODB=" + proxy_.url(), "STREAMONCE_VIEWS=" + views_},
                 tables_->environment()));
  }

  void change(std::vector<std::string>& records, const std::string& id) {
    const std::uint64_t grains = 7'000'001 + 2 * static_cast<std::uint64_t>(number_);
    const bool is_removed = number_ > kFirstRound && number_ % 5 == 0;
    const std::string number = std::to_string(number_++);
    grains_.erase(id);
    if (is_removed) {
      records.push_back(remove(id, number));
      return;
    }
    grains_[id] = grains;
    records.push_back(to_json({.event_name = "MODIFY",
                               .sequence_number = number,
                               .keys = key_of(id),
                               .new_image = R"({"id":{"S":")" + id + R"("},"total":{"N":")" +
                                            number_of(kWhole, grains) + R"("}})"}));
  }

  /// One dump for each process. Every `step`th item changes.
  std::array<std::vector<std::string>, kProcesses> draw(int step) {
    std::array<std::vector<std::string>, kProcesses> dumps;
    std::vector<std::string> shared;
    for (int i = 0; i < kSharedItems; i += step) change(shared, "shared-" + std::to_string(i));
    for (std::size_t process = 0; process < kProcesses; ++process) {
      dumps[process] = shared;
      for (int i = 0; i < kOwnItems; i += step)
        change(dumps[process], std::to_string(process) + "-" + std::to_string(i));
    }
    return dumps;
  }

  /// Each process replays its dump, all at once.
  void replay(const std::array<std::vector<std::string>, kProcesses>& dumps, const char* what) {
    const ChaosCounts before = proxy_.counts();
    const auto start = Steady::now();
    std::array<std::unique_ptr<RunningReplay>, kProcesses> running;
    std::size_t records = 0;
    for (std::size_t i = 0; i < kProcesses; ++i) {
      records += dumps[i].size();
      running[i] = shells_[i]->start(
          {.arguments = {"--timeout", "900", shells_[i]->dump("dump.json", event_of(dumps[i]))}});
    }
    for (auto& each : running) {
      const Ended ended = each->wait();
      EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start);
    const ChaosCounts after = proxy_.counts();
    transactions_ = after.transactions - before.transactions;
    std::cout << "hot group, " << what << ": " << kProcesses << " processes, " << records
              << " records, " << after.requests - before.requests << " requests, " << transactions_
              << " transactions, " << after.conflicts - before.conflicts << " conflicts, "
              << took.count() << " ms\n";
  }

  void expect_exact_sums() {
    std::uint64_t sum = 0;
    for (const auto& [id, grains] : grains_) sum += grains;
    const std::string spent = trimmed_number(number_of(kWhole * grains_.size(), sum));
    std::vector<json> rows = tables_->rows("totals");
    ASSERT_EQ(rows.size(), 1U);
    trim_number(rows[0]["spent"]);
    EXPECT_EQ(rows[0], (json{{"scope", {{"S", "all"}}},
                             {"orders", {{"N", std::to_string(grains_.size())}}},
                             {"spent", {{"N", spent}}}}));
  }

  static constexpr int kFirstRound = 100 + kSharedItems + kOwnItems * static_cast<int>(kProcesses);

  const TempDir folder_;
  const std::string views_ = folder_.file("views.sql");
  const std::unique_ptr<ViewTables> tables_ =
      make_view_tables("dynamodb", {{.view = "totals", .key = {{"scope", "S"}}}});
  ChaosProxy proxy_{{.endpoint_url = shared_dynamodb_local().endpoint_url(), .conflicts = true}};
  std::array<std::unique_ptr<ReplayShell>, kProcesses> shells_;
  std::map<std::string, std::uint64_t> grains_;  // of each item that is there
  int number_ = 100;
  int transactions_ = 0;  // of the last replay
};

TEST_F(HotGroup, IsExactWhereFourProcessesAddToItAtOnce) {
  const auto inserts = draw(1);
  replay(inserts, "inserts");
  expect_exact_sums();
  // Each transaction takes 99 items' marks, and those that meet take more than one try.
  EXPECT_LE(transactions_, 60);

  const auto edits = draw(2);
  replay(edits, "edits and deletes");
  expect_exact_sums();

  replay(inserts, "inserts again");
  EXPECT_EQ(transactions_, 0) << "what is done is seen before anything is written";
  replay(edits, "edits and deletes again");
  EXPECT_EQ(transactions_, 0);
  expect_exact_sums();
}

}  // namespace
}  // namespace streamonce::testing
