#include "handler/sources/lambda/metrics_line.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/support/emf.h"
#include "tests/support/fake_clock.h"

namespace streamonce::handler {
namespace {

using nlohmann::json;

constexpr std::int64_t kNowSeconds = 1'795'221'862;  // the clock's, which has 580 ms more

class MetricsLine : public ::testing::Test {
 protected:
  std::string text() const {
    return metrics_line({.pipeline = "prod-orders",
                         .level = "INFO",
                         .time = testing::FakeClock().now(),
                         .event = event_,
                         .target = target_});
  }
  json line() const {
    EXPECT_EQ(testing::emf_faults(text(), testing::FakeClock().now()), "") << text();
    return json::parse(text());
  }

  EventFigures event_;
  TargetFigures target_;
};

TEST_F(MetricsLine, TellsEachFigureUnderItsName) {
  event_.counts.add(Fate::kApplied, 1);
  event_.counts.add(Fate::kAlreadyApplied, 2);
  event_.counts.add(Fate::kStale, 3);
  event_.counts.add(Fate::kSuperseded, 4);
  event_.counts.add(Fate::kFiltered, 5);
  event_.counts.add(Fate::kFailed, 6);
  event_.counts.add(Fate::kExpired, 7);
  event_.dead_letters = 8;
  event_.oldest_applied = kNowSeconds - 2;
  target_ = {.transactions = 9,
             .conflicts = 10,
             .throttles = 11,
             .retries = 12,
             .write_unit_tenths = 135,
             .has_committed = true,
             .time = std::chrono::microseconds(14'600)};
  json expected = {{"Pipeline", "prod-orders"},
                   {"RecordsReceived", 28},
                   {"Applied", 1},
                   {"AlreadyApplied", 2},
                   {"Stale", 3},
                   {"Superseded", 4},
                   {"Filtered", 5},
                   {"RecordsFailed", 13},
                   {"DeadLettersTaken", 8},
                   {"Transactions", 9},
                   {"Conflicts", 10},
                   {"Throttles", 11},
                   {"Retries", 12},
                   {"WriteUnits", 13.5},
                   {"ReplicationLag", 2'580},
                   {"CommitTime", 15}};
  json told = line();
  for (const char* other : {"_aws", "level", "timestamp"}) told.erase(other);
  EXPECT_EQ(told, expected);
}

TEST_F(MetricsLine, HasTheUnitsThatAlarmsAreMadeWith) {
  event_.oldest_applied = 0;
  target_.has_committed = true;
  const json directive = line()["_aws"]["CloudWatchMetrics"][0];
  EXPECT_EQ(directive["Namespace"], "streamonce");
  EXPECT_EQ(directive["Dimensions"], json::array({{"Pipeline"}}));
  EXPECT_EQ(directive["Metrics"].size(), 15U);
  for (const json& metric : directive["Metrics"]) {
    const bool is_time = metric["Name"] == "ReplicationLag" || metric["Name"] == "CommitTime";
    EXPECT_EQ(metric["Unit"], is_time ? "Milliseconds" : "Count") << metric;
  }
}

/// A false lag of 0 would hide a true one in every average.
TEST_F(MetricsLine, TellsZeroesWhereNothingHappenedButNoTimeOfIt) {
  const json told = line();
  for (const char* name : {"RecordsReceived", "Applied", "RecordsFailed", "WriteUnits", "Retries"})
    EXPECT_EQ(told[name], 0) << name;
  EXPECT_FALSE(told.contains("ReplicationLag"));
  EXPECT_FALSE(told.contains("CommitTime"));
  EXPECT_EQ(told["_aws"]["CloudWatchMetrics"][0]["Metrics"].size(), 13U);
}

TEST_F(MetricsLine, NeverTellsALagBelowZero) {
  event_.oldest_applied = kNowSeconds + 60;  // the service's clock is ahead of ours
  EXPECT_EQ(line()["ReplicationLag"], 0);
}

TEST_F(MetricsLine, IsShort) {
  event_.counts.add(Fate::kApplied, 10'000);
  event_.oldest_applied = kNowSeconds - 86'400;
  target_ = {.transactions = 200,
             .conflicts = 10,
             .throttles = 10,
             .retries = 20,
             .write_unit_tenths = 400'005,
             .has_committed = true,
             .time = std::chrono::seconds(12)};
  EXPECT_LE(text().size(), 1'100U) << text();
  RecordProperty("bytes", static_cast<int>(text().size()));
}

}  // namespace
}  // namespace streamonce::handler
