// Replay as it is shipped, behind, among and beside what the live function does: whenever, in
// whatever order and however often dead letters are put back, the target ends as the source.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/dead_letters.h"
#include "tests/support/fake_runtime_api.h"
#include "tests/support/replay_shell.h"
#include "tests/support/source_table.h"
#include "tests/support/target_under_test.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kBatch = 20;
constexpr unsigned kFirstSeed = 20261121;

/// Batches of the stream: those that came to the function, and those that Lambda gave up.
struct Delivery {
  std::vector<std::vector<std::string>> live;
  std::vector<std::vector<std::string>> dead;
};

/// Every second batch of `records` was given up, the first too.
Delivery halve(const std::vector<std::string>& records) {
  Delivery delivery;
  for (std::size_t start = 0; start < records.size(); start += kBatch) {
    const auto first = records.begin() + static_cast<std::ptrdiff_t>(start);
    const auto size = static_cast<std::ptrdiff_t>(std::min(kBatch, records.size() - start));
    auto& batches = start / kBatch % 2 == 0 ? delivery.dead : delivery.live;
    batches.emplace_back(first, first + size);
  }
  return delivery;
}

/// The function as Lambda runs it.
class LiveFunction {
 public:
  explicit LiveFunction(std::vector<std::string> environment)
      : process_({.program = STREAMONCE_BOOTSTRAP,
                  .environment = with(std::move(environment), api_.address())}) {}

  /// Expects that all of it is done.
  void deliver(const std::vector<std::string>& records) {
    const auto outcome = api_.wait_for_outcome(api_.push_event(event_of(records)));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->body, R"({"batchItemFailures":[]})");
  }

 private:
  static std::vector<std::string> with(std::vector<std::string> environment,
                                       const std::string& address) {
    environment.push_back("AWS_LAMBDA_RUNTIME_API=" + address);
    return environment;
  }

  FakeRuntimeApi api_;
  ChildProcess process_;
};

class ReplayOfAHistory : public ::testing::TestWithParam<const char*> {
 protected:
  ReplayOfAHistory() { target_->create({{"id", "S"}}); }

  /// One letter for each batch, one file for each letter.
  std::vector<std::string> dump_each(const std::vector<std::vector<std::string>>& batches) {
    std::vector<std::string> paths;
    for (const auto& batch : batches)
      paths.push_back(shell_.dump("letter-" + std::to_string(++letters_), s3_letter(batch).dump()));
    return paths;
  }

  /// Expects that all of it is done. @return the counts
  Counts replay(std::vector<std::string> dumps) {
    dumps.insert(dumps.begin(), "--json");
    const Ended ended = shell_.replay(dumps);
    EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
    return ended.counts();
  }

  void expect_target_is(const SourceTable& source) {
    EXPECT_EQ(target_->items(), source.items());
    EXPECT_EQ(target_->marks(), source.items_ever());
  }

  const std::unique_ptr<TargetUnderTest> target_ = make_target_under_test(GetParam());
  ReplayShell shell_{target_->environment()};
  int letters_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, ReplayOfAHistory, ::testing::Values("sqlite", "dynamodb", "items"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(ReplayOfAHistory, BehindNewerWritesAndDeletesAndTwiceEndsAsTheSource) {
  SourceTable source(kFirstSeed);
  source.change_at_random(300, 40);
  const Delivery delivery = halve(source.records());
  LiveFunction live(target_->environment());
  for (const auto& batch : delivery.live) live.deliver(batch);
  const std::vector<std::string> dumps = dump_each(delivery.dead);
  const Counts first = replay(dumps);
  EXPECT_GT(first.at("applied"), 0U);
  EXPECT_GT(first.at("stale"), 0U);
  expect_target_is(source);

  Counts again = replay(dumps);
  EXPECT_EQ(again.count("applied"), 0U);
  EXPECT_EQ(again["records"], again["alreadyApplied"] + again["stale"] + again["superseded"]);
  expect_target_is(source);

  // And once everything is gone, nothing comes back.
  const std::size_t before = source.records().size();
  source.remove_all();
  live.deliver(
      {source.records().begin() + static_cast<std::ptrdiff_t>(before), source.records().end()});
  EXPECT_EQ(target_->items(), std::vector<json>());
  EXPECT_EQ(replay(dumps).count("applied"), 0U);
  EXPECT_EQ(target_->items(), std::vector<json>());
  EXPECT_EQ(target_->marks(), source.items_ever());
}

TEST_P(ReplayOfAHistory, InAnyOrderEndsAsTheSource) {
  SourceTable source(kFirstSeed + 1);
  source.change_at_random(400, 30);
  std::vector<std::string> records = source.records();
  std::shuffle(records.begin(), records.end(), std::mt19937(kFirstSeed));
  std::vector<std::vector<std::string>> batches;
  for (std::size_t start = 0; start < records.size(); start += kBatch)
    batches.emplace_back(records.begin() + static_cast<std::ptrdiff_t>(start),
                         records.begin() + static_cast<std::ptrdiff_t>(start + kBatch));
  std::vector<std::string> dumps = dump_each(batches);
  const Counts first = replay(dumps);
  EXPECT_EQ(first.at("records"), 400U);
  EXPECT_GT(first.at("applied"), source.items_ever());  // some twice and more
  EXPECT_GT(first.at("stale"), 0U);
  expect_target_is(source);
  std::reverse(dumps.begin(), dumps.end());
  EXPECT_EQ(replay(dumps).count("applied"), 0U);
  expect_target_is(source);
}

TEST_P(ReplayOfAHistory, BesideTheLiveFunctionOnTheSameItemsEndsAsTheSource) {
  SourceTable source(kFirstSeed + 2);
  source.change_at_random(800, 12);
  const Delivery delivery = halve(source.records());
  const std::vector<std::string> dumps = dump_each(delivery.dead);
  std::atomic<bool> live_is_done = false;
  std::thread live([&] {
    LiveFunction function(target_->environment());
    for (const auto& batch : delivery.live) function.deliver(batch);
    live_is_done = true;
  });
  int replays = 0;
  for (bool last = false; !last; ++replays) {
    last = live_is_done;
    replay(dumps);
  }
  live.join();
  expect_target_is(source);
  EXPECT_GT(replays, 1);
  std::cout << replays << " replays beside " << delivery.live.size() << " live batches\n";
}

TEST_P(ReplayOfAHistory, OfManyItemsIsTimed) {
  SourceTable source(kFirstSeed + 3);
  for (int i = 0; i < 3'000; ++i) source.put("k" + std::to_string(i));
  std::vector<std::vector<std::string>> batches;
  for (auto at = source.records().begin(); at != source.records().end(); at += 100)
    batches.emplace_back(at, at + 100);
  std::string dump;
  for (const auto& batch : batches) dump += s3_letter(batch).dump() + "\n";
  const std::string path = shell_.dump("many", dump);
  const auto start = Steady::now();
  EXPECT_EQ(replay({path}).at("applied"), 3'000U);
  const std::chrono::duration<double> took = Steady::now() - start;
  expect_target_is(source);
  std::cout << GetParam() << ": 3000 records of as many items in " << took.count() << " s, "
            << static_cast<int>(3'000 / took.count()) << " records/s\n";
}

}  // namespace
}  // namespace streamonce::testing
