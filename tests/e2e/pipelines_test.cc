// Six pipelines that people get wrong, with the binary as it is shipped: histories with edits,
// deletes, duplicates, late redeliveries and gaps, and the tables as somebody works them out with a
// pencil. Each is a folder of tests/fixtures/pipelines/, with its views, the events of its history
// in order, and the tables at the end. However a history is cut and repeated, they end the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/replay_shell.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"
#include "tests/support/trimmed_number.h"
#include "tests/support/view_tables.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using Records = std::vector<std::string>;

/// A view of a pipeline.
struct Kept {
  ViewTable table;
  std::vector<std::string> amounts = {};  ///< those that a view with GROUP BY adds up
};

struct Pipeline {
  const char* name;  ///< of its folder
  std::vector<Kept> views;
  /// Whether its views follow from the newest images alone, so that the order of events is nothing
  /// to them.
  bool takes_any_order = true;
};

void PrintTo(const Pipeline& pipeline, std::ostream* out) {  // NOLINT: GoogleTest's name for it
  *out << pipeline.name;
}

std::vector<Pipeline> pipelines() {
  return {
      {.name = "adjacency_list",
       .views = {{{"memberships", {{"person", "S"}, {"edge", "S"}}}},
                 {{"tagged", {{"tag", "S"}, {"project_id", "S"}}}}}},
      {.name = "customer_moves", .views = {{{"customer_orders", {{"pk", "S"}, {"sk", "S"}}}}}},
      {.name = "favourites_and_revenue",
       .views = {{{"favourite_counts", {{"product_id", "S"}}}, {"favourites"}},
                 {{"revenue", {{"customer_id", "S"}}}, {"orders", "spent"}},
                 {{"turnover", {{"scope", "S"}}}, {"orders", "spent"}}}},
      {.name = "kept_history",
       .views = {{{"visits", {{"user_id", "S"}}}, {"visits", "pages"}},
                 {{"archive", {{"session_id", "S"}}}},
                 {{"first_seen", {{"user_id", "S"}, {"session_id", "S"}}}}},
       .takes_any_order = false},
      {.name = "sparse_index", .views = {{{"open_orders", {{"region", "S"}, {"placed", "S"}}}}}},
      {.name = "unique_email",
       .views = {{{"emails", {{"email", "S"}}}}, {{"handles", {{"handle", "S"}}}}}},
  };
}

std::vector<ViewTable> tables_of(const Pipeline& pipeline) {
  std::vector<ViewTable> tables;
  for (const Kept& view : pipeline.views) tables.push_back(view.table);
  return tables;
}

/// Without groups that are empty, whose rows stay where there ever was anything in them, and whose
/// sums are 0 or absent.
std::vector<json> without_empty_groups(const std::vector<json>& rows, const Kept& view) {
  if (view.amounts.empty()) return rows;
  std::vector<json> kept;
  for (json row : rows) {
    for (const std::string& amount : view.amounts) {
      if (!row.contains(amount)) continue;
      trim_number(row[amount]);
      if (row[amount] == json{{"N", "0"}}) row.erase(amount);
    }
    if (row.size() > view.table.key.size()) kept.push_back(std::move(row));
  }
  return kept;
}

class PipelineHistory
    : public ::testing::TestWithParam<std::tuple<Pipeline, const char* /* kind of target */>> {
 protected:
  PipelineHistory() {
    for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/events"))
      events_.push_back(entry.path().string());
    std::sort(events_.begin(), events_.end());
  }

  static Records records_of(const std::string& path) {
    Records records;
    const json event = json::parse(read_whole(path));
    for (const json& record : event["Records"]) records.push_back(record.dump());
    return records;
  }
  Records all_records() const {
    Records all;
    for (const std::string& path : events_)
      for (std::string& record : records_of(path)) all.push_back(std::move(record));
    return all;
  }
  std::string dump(const std::string& name, const Records& records) {
    return shell_.dump(name, event_of(records));
  }

  /// Each file as an event of Lambda's, to one process.
  Ended invoke(const std::vector<std::string>& paths) {
    const TempDir outputs;
    ChildProcess child({.program = STREAMONCE_BOOTSTRAP,
                        .arguments = joined({"invoke"}, paths),
                        .environment = shell_.environment(),
                        .log_path = outputs.file("err"),
                        .output_path = outputs.file("out")});
    Ended ended{.status = child.wait(), .out = {}, .err = {}};
    ended.out = read_whole(outputs.file("out"));
    ended.err = read_whole(outputs.file("err"));
    return ended;
  }
  /// Replays what may fail for now, since a row is another item's.
  void replay_in_time(const std::string& path) {
    const Ended ended = shell_.replay({path});
    EXPECT_LE(ended.status, takes_rows_of_others() ? 1 : 0) << path << ended.out << ended.err;
  }
  /// Replays what earlier replays kept as failed, all of which must be done now.
  void replay_failed() {
    std::vector<std::string> failed;
    for (const std::string& name : shell_.files()) failed.push_back(shell_.path_of(name));
    if (!failed.empty()) replay_whole(failed);
  }
  /// @return the counts
  Counts replay_whole(std::vector<std::string> paths) {
    paths.insert(paths.begin(), "--json");
    const Ended ended = shell_.replay(paths);
    EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
    return ended.counts();
  }

  void expect_tables(const char* when) {
    const json expected = json::parse(read_whole(folder_ + "/tables.json"));
    ASSERT_EQ(expected.size(), pipeline_.views.size());
    for (const Kept& view : pipeline_.views) {
      std::vector<json> rows = expected.at(view.table.view);
      std::sort(rows.begin(), rows.end());
      EXPECT_EQ(json(without_empty_groups(tables_->rows(view.table.view), view)), json(rows))
          << view.table.view << " " << when;
    }
  }
  bool takes_rows_of_others() const { return std::string(pipeline_.name) == "unique_email"; }

  const Pipeline pipeline_ = std::get<0>(GetParam());
  const std::string folder_ = std::string(STREAMONCE_FIXTURES) + "/pipelines/" + pipeline_.name;
  const std::unique_ptr<ViewTables> tables_ =
      make_view_tables(std::get<1>(GetParam()), tables_of(pipeline_));
  ReplayShell shell_{
      joined(tables_->environment(), {"STREAMONCE_VIEWS=" + folder_ + "/views.sql"})};
  std::vector<std::string> events_;  // paths
};

INSTANTIATE_TEST_SUITE_P(, PipelineHistory,
                         ::testing::Combine(::testing::ValuesIn(pipelines()),
                                            ::testing::Values("sqlite", "dynamodb")),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) + "_" +
                                  std::get<1>(info.param);
                         });

TEST_P(PipelineHistory, EventByEvent) {
  for (const std::string& path : events_) replay_in_time(path);
  replay_failed();
  expect_tables("after each event");
}

TEST_P(PipelineHistory, AtOnceAndTwice) {
  EXPECT_GT(replay_whole({folder_ + "/events"}).at("applied"), 0U);
  expect_tables("at once");
  const Counts again = replay_whole({folder_ + "/events"});
  EXPECT_FALSE(again.contains("applied")) << json(again);
  expect_tables("twice");
}

TEST_P(PipelineHistory, RecordByRecord) {
  std::vector<std::string> paths;
  for (const std::string& record : all_records())
    paths.push_back(dump("record-" + std::to_string(paths.size()), {record}));
  const Ended ended = invoke(paths);
  EXPECT_LE(ended.status, takes_rows_of_others() ? 1 : 0) << ended.out << ended.err;
  if (!takes_rows_of_others()) expect_tables("after each record");
  replay_whole({folder_ + "/events"});
  expect_tables("with all of it again");
}

TEST_P(PipelineHistory, InTwoHalvesWithTheMiddleTwice) {
  const Records all = all_records();
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  const std::string first = dump("first", {all.begin(), middle + 3});
  const std::string second = dump("second", {middle - 3, all.end()});
  replay_in_time(first);
  replay_in_time(second);
  replay_failed();
  expect_tables("in halves");
  replay_whole({second, first});
  expect_tables("in halves once more");
}

TEST_P(PipelineHistory, TheNewestEventFirst) {
  if (!pipeline_.takes_any_order) return;
  for (auto path = events_.rbegin(); path != events_.rend(); ++path) replay_in_time(*path);
  replay_failed();
  expect_tables("backwards");
}

/// Whose row one is only writing shows.
TEST_P(PipelineHistory, ADryRunTellsBeforehandWhatEachEventDoes) {
  for (const std::string& path : events_) {
    const Counts told = replay_whole({"--dry-run", path});
    if (takes_rows_of_others()) {
      replay_in_time(path);
      continue;
    }
    EXPECT_EQ(json(told), json(replay_whole({path}))) << path;
  }
  replay_failed();
  expect_tables("after each dry run and event");
}

/// What happens in between.
class UniqueEmail : public PipelineHistory {
 protected:
  std::optional<std::string> account_of(const std::string& email) {
    for (const json& row : tables_->rows("emails"))
      if (row["email"]["S"] == email) return row["account_id"]["S"].get<std::string>();
    return std::nullopt;
  }
};

INSTANTIATE_TEST_SUITE_P(, UniqueEmail,
                         ::testing::Combine(::testing::Values(pipelines().back()),
                                            ::testing::Values("sqlite", "dynamodb")),
                         [](const auto& info) { return std::string(std::get<1>(info.param)); });

TEST_P(UniqueEmail, IsKeptByTheFirstAccountUntilItGivesItUp) {
  EXPECT_EQ(shell_.replay({events_[0]}).status, 0);
  const Ended taken = shell_.replay({events_[1]});
  EXPECT_EQ(taken.status, 1);
  EXPECT_TRUE(has(taken.err, "view emails")) << taken.err;
  EXPECT_TRUE(has(taken.err, "account_id")) << taken.err;
  EXPECT_FALSE(has(taken.err, "example.org")) << taken.err;
  EXPECT_EQ(account_of("ann@example.org"), "a-1");
  EXPECT_EQ(account_of("dan@example.org"), "a-4");
  EXPECT_EQ(tables_->rows("handles").size(), 3U) << "the account that failed has no handle";
  ASSERT_EQ(shell_.files().size(), 1U);
  const std::string kept = shell_.path_of(shell_.files()[0]);
  EXPECT_TRUE(has(read_whole(kept), R"("SequenceNumber":"1000")"));

  EXPECT_EQ(shell_.replay({kept}).status, 1) << "it is taken still";
  EXPECT_EQ(account_of("ann@example.org"), "a-1");
  EXPECT_EQ(shell_.replay({events_[2]}).status, 0);
  EXPECT_EQ(account_of("ann@example.org"), std::nullopt) << "an orphan";
  EXPECT_EQ(account_of("ann@new.example"), "a-1");
  EXPECT_EQ(shell_.replay({kept}).status, 0);
  EXPECT_EQ(account_of("ann@example.org"), "a-3");
  EXPECT_EQ(tables_->rows("handles").size(), 4U);

  const Ended exchanged = shell_.replay({events_[3]});
  EXPECT_EQ(exchanged.status, 0) << "two e-mails and three handles change hands: " << exchanged.err;
  EXPECT_EQ(account_of("bob@example.org"), "a-4");
  EXPECT_EQ(account_of("dan@example.org"), "a-2");
  EXPECT_EQ(shell_.replay({events_[4], events_[5]}).status, 0);
  expect_tables("in the end");
}

/// The function tells Lambda the record that a row of another item holds up, and no other.
TEST_P(UniqueEmail, IsNamedToLambdaWhileItIsTaken) {
  const Ended ended = invoke({events_[0], events_[1]});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.out,
            "{\"batchItemFailures\":[]}\n"
            "{\"batchItemFailures\":[{\"itemIdentifier\":\"1000\"}]}\n");
}

}  // namespace
}  // namespace streamonce::testing
