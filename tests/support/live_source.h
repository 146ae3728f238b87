// tests/support/live_source.h: a table of DynamoDB Local that changes, and the binary at work on
// it.
//
// Threads: one thread at a time.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "handler/targets/sqlite/database.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/replay_shell.h"
#include "tests/support/target_under_test.h"

namespace streamonce::testing {

inline constexpr const char* kTable = "orders";

inline nlohmann::json id_of(const std::string& id) {
  return {{"id", {{"S", id}}}};
}

/// The source table, made anew, and changes of it.
class Source {
 public:
  explicit Source(const std::string& view_type = "NEW_AND_OLD_IMAGES") {
    static_cast<void>(client_.call("DeleteTable", {{"TableName", kTable}}));
    client_.create_table(kTable, {.key = {{"id", "S"}}, .stream_view_type = view_type});
  }

  void put(const std::string& id, int n) {
    client_.put(kTable, {{"id", {{"S", id}}}, {"n", {{"N", std::to_string(n)}}}});
  }
  void change_at_random(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "k" + std::to_string(random_() % 20);
      if (random_() % 4 == 0)
        client_.remove(kTable, id_of(id));
      else
        put(id, ++changes_);
    }
  }
  void enable_stream(bool enabled) {
    nlohmann::json stream = {{"StreamEnabled", enabled}};
    if (enabled) stream["StreamViewType"] = "NEW_AND_OLD_IMAGES";
    ASSERT_TRUE(
        client_.call("UpdateTable", {{"TableName", kTable}, {"StreamSpecification", stream}}));
  }
  std::vector<nlohmann::json> items() {
    std::vector<nlohmann::json> items = client_.scan(kTable);
    std::sort(items.begin(), items.end());
    return items;
  }
  std::string stream_arn() { return client_.stream_arn(kTable); }
  DynamoDbClient& client() { return client_; }

 private:
  DynamoDbClient client_{shared_dynamodb_local().endpoint_url()};
  std::mt19937 random_{20261127};
  int changes_ = 0;
};

/// What the binary needs to read the source.
inline std::vector<std::string> source_environment() {
  const std::string url = shared_dynamodb_local().endpoint_url();
  return {"AWS_ENDPOINT_URL_DYNAMODB=" + url, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS=" + url,
          "AWS_REGION=" + std::string(kLocalRegion),
          "AWS_ACCESS_KEY_ID=" + std::string(kLocalAccessKeyId),
          "AWS_SECRET_ACCESS_KEY=" + std::string(kLocalSecretAccessKey)};
}

class Follower {
 public:
  explicit Follower(const std::vector<std::string>& environment)
      : shell_(joined(environment, source_environment())) {}

  std::unique_ptr<RunningReplay> start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--json"});
    return shell_.start({.arguments = std::move(arguments), .command = "follow"});
  }
  Ended once(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--once", "--source", kTable});
    return start(std::move(arguments))->wait();
  }
  ReplayShell& shell() { return shell_; }

 private:
  ReplayShell shell_;
};

/// Whether `holds` comes to hold within a minute.
inline bool comes_to(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

/// Whether a follower that was started with --verbose comes to have asked for records: from then on
/// it has the iterators of its shards.
inline bool comes_to_read(const RunningReplay& follower) {
  return comes_to([&] { return has(follower.err_so_far(), "GetRecords"); });
}

/// Whether an answer of a target of this kind may come when a batch's time is up: SQLite is in the
/// process.
inline bool may_be_late(std::string_view kind) {
  return kind != "sqlite";
}

/// Ends a follower whose target is equal by now. @return its counts
/// @param may_be_late  whether the last answer may have come when a batch's time was up, so that
///                     the follower does not know that all is done, and the next run finds it so
inline Counts expect_to_end(RunningReplay& follower, int signal, bool may_be_late) {
  follower.signal(signal);
  const Ended ended = follower.wait();
  Counts counts = ended.counts();
  EXPECT_EQ(counts["gaps"], 0U) << ended.err;
  EXPECT_EQ(counts["records"], counts["applied"] + counts["superseded"] + counts["failed"] +
                                   counts["already_applied"] + counts["stale"]);
  if (may_be_late && counts["failed"] > 0) return counts;
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(counts["failed"], 0U);
  return counts;
}

/// Whether a run of `follower` finds nothing to do, or one of the next few where the positions may
/// be late, too: then those that one could not save in time are behind what it did.
inline bool comes_to_rest(Follower& follower, bool may_be_late) {
  for (int run = 0; run < (may_be_late ? 5 : 1); ++run)
    if (follower.once().counts() == Counts{{"shards", 1}}) return true;
  return false;
}

/// Runs a statement on a target's file, which `environment` names.
inline void run_sql(const std::vector<std::string>& environment, const std::string& sql) {
  const std::string path = environment.at(0).substr(environment.at(0).find(':') + 1);
  SystemClock clock;
  const auto database =
      handler::sqlite::Database::open(path, clock, clock.steady_now() + std::chrono::seconds(10));
  ASSERT_TRUE(database) << database.error().message;
  const Status done = (*database)->execute(sql);
  EXPECT_TRUE(done) << done.error().message;
}

}  // namespace streamonce::testing
