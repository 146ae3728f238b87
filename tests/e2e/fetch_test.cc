// Streams of keys only, with the binary as it is shipped: DynamoDB Local is the source, from which
// images are fetched, and SQLite and DynamoDB Local are the targets.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/fake_runtime_api.h"
#include "tests/support/live_source.h"
#include "tests/support/replay_shell.h"
#include "tests/support/stream_event.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"
#include "tests/support/trimmed_number.h"
#include "tests/support/view_tables.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kOrders = "orders";
constexpr std::string_view kAllDone = R"({"batchItemFailures":[]})";

/// The source, made anew, with a stream that leaves out new images.
class KeysOnlySource {
 public:
  explicit KeysOnlySource(const std::string& view_type = "KEYS_ONLY") {
    static_cast<void>(client_.call("DeleteTable", {{"TableName", kOrders}}));
    client_.create_table(kOrders, {.key = {{"id", "S"}}, .stream_view_type = view_type});
  }

  void put(const std::string& id, int n) {
    client_.put(kOrders, {{"id", {{"S", id}}},
                          {"n", {{"N", std::to_string(n)}}},
                          {"g", {{"S", "g" + std::to_string(n % 3)}}}});
  }
  void remove(const std::string& id) { client_.remove(kOrders, {{"id", {{"S", id}}}}); }
  void change_at_random(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "k" + std::to_string(random_() % 20);
      if (random_() % 4 == 0)
        remove(id);
      else
        put(id, ++changes_);
    }
  }
  std::vector<json> items() {
    std::vector<json> items = client_.scan(kOrders);
    std::sort(items.begin(), items.end());
    return items;
  }
  /// All records so far, as Lambda hands them over.
  std::vector<json> records() { return client_.stream_records(kOrders); }

 private:
  DynamoDbClient client_{shared_dynamodb_local().endpoint_url()};
  std::mt19937 random_{20261128};
  int changes_ = 0;
};

std::vector<std::string> local_environment() {
  const std::string url = shared_dynamodb_local().endpoint_url();
  return {"AWS_ENDPOINT_URL_DYNAMODB=" + url, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS=" + url,
          "AWS_REGION=" + std::string(kLocalRegion),
          "AWS_ACCESS_KEY_ID=" + std::string(kLocalAccessKeyId),
          "AWS_SECRET_ACCESS_KEY=" + std::string(kLocalSecretAccessKey)};
}

/// A pipeline file that wants images to be fetched.
class FetchingFile {
 public:
  FetchingFile() { std::ofstream(path_) << R"({"images":"fetch"})"; }
  std::string variable() const { return "STREAMONCE_CONFIG=" + path_; }

 private:
  const TempDir folder_;
  const std::string path_ = folder_.file("pipeline.json");
};

/// The binary as a Lambda function.
class Function {
 public:
  explicit Function(std::vector<std::string> environment)
      : process_({.program = STREAMONCE_BOOTSTRAP,
                  .environment = joined({"AWS_LAMBDA_RUNTIME_API=" + api_.address()}, environment),
                  .log_path = outputs_.file("log")}) {}

  /// The answer to an event of `records`.
  std::string handle(std::span<const json> records) {
    const auto outcome = api_.wait_for_outcome(api_.push_event(lambda_event(records)));
    return outcome ? outcome->body : "no outcome: " + log();
  }
  std::string log() const { return read_whole(outputs_.file("log")); }

 private:
  const TempDir outputs_;
  FakeRuntimeApi api_;
  ChildProcess process_;
};

class FetchTo : public ::testing::TestWithParam<const char*> {
 protected:
  FetchTo() { target_->create({{"id", "S"}}); }

  std::vector<std::string> environment() const {
    return joined(joined({file_.variable()}, target_->environment()), local_environment());
  }

  const FetchingFile file_;
  KeysOnlySource source_;
  const std::unique_ptr<TargetUnderTest> target_ = make_target_under_test(GetParam());
};

INSTANTIATE_TEST_SUITE_P(, FetchTo, ::testing::Values("sqlite", "dynamodb", "items"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(FetchTo, AFollowerKeepsTheTargetEqualWhileTheSourceChanges) {
  ReplayShell shell(environment());
  source_.change_at_random(150);
  const auto running =
      shell.start({.arguments = {"--json", "--source", kOrders}, .command = "follow"});
  source_.change_at_random(150);
  const auto end = steady_clock::now() + seconds(60);
  while (target_->items() != source_.items() && steady_clock::now() < end)
    std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(target_->items(), source_.items());
  expect_to_end(*running, SIGTERM, may_be_late(GetParam()));
}

TEST_P(FetchTo, AFunctionBringsNothingBackByARecordThatComesLate) {
  Function function(environment());
  source_.put("a", 1);
  source_.put("b", 1);
  source_.put("gone", 1);
  source_.put("a", 2);
  source_.remove("b");
  const std::vector<json> first = source_.records();
  ASSERT_EQ(first.size(), 5U);
  source_.remove("gone");  // before its record is applied, and its own record is still to come
  EXPECT_EQ(function.handle(first), kAllDone);
  EXPECT_EQ(target_->items(), source_.items());
  source_.put("a", 3);
  source_.put("b", 3);
  const std::vector<json> all = source_.records();
  EXPECT_EQ(function.handle(std::span(all).subspan(first.size())), kAllDone);
  EXPECT_EQ(target_->items(), source_.items());

  // Records that come late read a newer item, and are refused by the mark: the target does not
  // move, in whatever order they come.
  const std::vector<json> before = target_->items();
  source_.put("a", 4);
  source_.remove("b");
  source_.put("gone", 4);
  for (std::size_t i = first.size(); i-- > 0;)
    EXPECT_EQ(function.handle(std::span(all).subspan(i, 1)), kAllDone) << function.log();
  EXPECT_EQ(target_->items(), before);
  const std::vector<json> newest = source_.records();
  EXPECT_EQ(function.handle(std::span(newest).subspan(all.size())), kAllDone);
  EXPECT_EQ(target_->items(), source_.items());
}

TEST_P(FetchTo, DeadLettersAreAppliedAlike) {
  source_.change_at_random(120);
  ReplayShell shell(environment());
  const std::string dump = shell.dump("letter.json", lambda_event(source_.records()));
  const Ended ended = shell.replay({"--json", dump});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(target_->items(), source_.items());
  EXPECT_EQ(shell.run("invoke", {dump}).status, 0);
  EXPECT_EQ(target_->items(), source_.items());
}

TEST(Fetch, AStreamOfOldImagesIsTakenToo) {
  KeysOnlySource source("OLD_IMAGE");
  const auto target = make_sqlite_under_test();
  target->create({{"id", "S"}});
  const FetchingFile file;
  ReplayShell shell(joined(joined({file.variable()}, target->environment()), local_environment()));
  source.change_at_random(100);
  EXPECT_EQ(shell.run("follow", {"--once", "--source", kOrders}).status, 0);
  EXPECT_EQ(target->items(), source.items());
}

TEST(Fetch, AnItemThatCannotBeReadFailsAlone) {
  const auto target = make_sqlite_under_test();
  target->create({{"id", "S"}});
  const FetchingFile file;
  ReplayShell shell(joined(joined({file.variable()}, target->environment()),
                           {"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1", "AWS_REGION=eu-west-1",
                            "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=MARKsecret"}));
  const std::string event = shell.dump(
      "event.json",
      event_of(
          {put("a", "1", "own"),
           to_json({.sequence_number = "2", .keys = key_of("MARKkey"), .view_type = "KEYS_ONLY"}),
           put("c", "3", "own")}));
  // The read takes half of the time. What is left may be too short for the others once.
  for (int run = 0; run < 5 && target->items().size() < 2; ++run) {
    const Ended ended = shell.run("invoke", {"--timeout", "3", event});
    EXPECT_TRUE(has(ended.out, R"({"itemIdentifier":"2"})")) << ended.out << ended.err;
    EXPECT_TRUE(has(ended.err, "the image could not be read from the source's table")) << ended.err;
    EXPECT_FALSE(has(ended.err, "MARK")) << ended.err;
  }
  EXPECT_EQ(target->items().size(), 2U);
}

constexpr const char* kFetchedViews =
    "CREATE SOURCE orders KEY (id);\n"
    "CREATE VIEW large AS SELECT id, n FROM orders WHERE n > 20;\n"
    "CREATE VIEW moving KEY (g, id) AS SELECT g, id, n FROM orders;\n"
    "CREATE VIEW sums KEY (g) AS SELECT g, COUNT(*) AS c, SUM(n) AS s FROM orders GROUP BY g;\n";

/// What the views have of `items`, with sums of groups that have some.
std::vector<std::vector<json>> expected_of(const std::vector<json>& items) {
  std::vector<std::vector<json>> rows(3);
  std::map<std::string, std::pair<int, int>> sums;
  for (const json& item : items) {
    const int n = std::stoi(item["n"]["N"].get<std::string>());
    if (n > 20) rows[0].push_back({{"id", item["id"]}, {"n", item["n"]}});
    rows[1].push_back(item);
    ++sums[item["g"]["S"]].first;
    sums[item["g"]["S"]].second += n;
  }
  for (const auto& [group, sum] : sums)
    rows[2].push_back({{"g", {{"S", group}}},
                       {"c", {{"N", std::to_string(sum.first)}}},
                       {"s", {{"N", std::to_string(sum.second)}}}});
  for (std::vector<json>& each : rows) std::sort(each.begin(), each.end());
  return rows;
}

class FetchToViews : public ::testing::TestWithParam<const char*> {
 protected:
  FetchToViews() { std::ofstream(views_) << kFetchedViews; }

  const TempDir folder_;
  const std::string views_ = folder_.file("views.sql");
  const FetchingFile file_;
  KeysOnlySource source_;
  const std::unique_ptr<ViewTables> tables_ =
      make_view_tables(GetParam(), {{.view = "large", .key = {{"id", "S"}}},
                                    {.view = "moving", .key = {{"g", "S"}, {"id", "S"}}},
                                    {.view = "sums", .key = {{"g", "S"}}}});
};

INSTANTIATE_TEST_SUITE_P(, FetchToViews, ::testing::Values("sqlite", "dynamodb"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(FetchToViews, AFunctionAndAFollowerKeepThemTogether) {
  const std::vector<std::string> environment =
      joined(joined({file_.variable(), "STREAMONCE_VIEWS=" + views_}, tables_->environment()),
             local_environment());
  Function function(environment);
  source_.change_at_random(60);
  const std::vector<json> first = source_.records();
  source_.change_at_random(60);
  // Batches of a function that is behind, in order, and one of them twice.
  for (std::size_t i = 0; i < first.size(); i += 10) {
    const auto batch = std::span(first).subspan(i, std::min<std::size_t>(10, first.size() - i));
    EXPECT_EQ(function.handle(batch), kAllDone) << function.log();
    if (i == 20) EXPECT_EQ(function.handle(batch), kAllDone) << function.log();
  }
  ReplayShell shell(environment);
  const Ended ended = shell.run("follow", {"--once", "--source", kOrders});
  EXPECT_EQ(ended.status, 0) << ended.err;
  const std::vector<std::vector<json>> expected = expected_of(source_.items());
  EXPECT_EQ(tables_->rows("large"), expected[0]);
  EXPECT_EQ(tables_->rows("moving"), expected[1]);
  std::vector<json> sums = tables_->rows("sums");
  for (json& row : sums)
    for (auto& [name, value] : row.items()) trim_number(value);
  EXPECT_EQ(sums, expected[2]) << "with twenty items each group has some in the end";
}

}  // namespace
}  // namespace streamonce::testing
