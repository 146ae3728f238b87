#include "handler/commands/stream_parts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/settings.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using testing::environment_of;
using testing::kAwsVariables;

const std::string kStream(testing::kStreamArn);

class StreamParts : public ::testing::Test {
 protected:
  Settings sqlite_settings() const {
    Settings settings;
    settings.target = {.kind = TargetKind::kSqlite, .name = folder_.file("copy.db")};
    return settings;
  }
  OpenPositions positions(const Settings& settings, const std::string& checkpoint) {
    auto open = open_positions(settings, checkpoint, kStream, environment_of(kAwsVariables), clock_,
                               logger_);
    EXPECT_TRUE(open) << open.error().message;
    return open ? std::move(*open) : OpenPositions{};
  }
  /// Why the store is refused.
  std::string refused(const Settings& settings, const std::string& checkpoint) {
    const auto open = open_positions(settings, checkpoint, kStream, environment_of(kAwsVariables),
                                     clock_, logger_);
    EXPECT_FALSE(open);
    if (open) return "";
    EXPECT_EQ(open.error().code, ErrorCode::kInvalidArgument);
    return open.error().message;
  }
  void save(PositionStore& store) {
    const ShardPosition position{.shard = "s", .position = {.kind = Position::Kind::kEnd}};
    EXPECT_TRUE(store.save({&position, 1}, clock_.steady_now() + std::chrono::seconds(5)));
  }
  bool has_position(PositionStore& store) {
    const std::vector<std::string> shards = {"s"};
    return store.load(shards, clock_.steady_now() + std::chrono::seconds(5)).value()[0].has_value();
  }

  const testing::TempDir folder_;
  testing::FakeClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
};

TEST_F(StreamParts, PositionsLieInTheTargetsFileInAFileOfTheirOwnOrNowhere) {
  const Settings settings = sqlite_settings();
  const std::string file = folder_.file("positions.json");
  save(*positions(settings, "ledger").store);
  EXPECT_TRUE(has_position(*positions(settings, "ledger").store));
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_FALSE(has_position(*positions(settings, file).store));
  save(*positions(settings, file).store);
  EXPECT_TRUE(has_position(*positions(settings, file).store));
  save(*positions(settings, "none").store);
  EXPECT_FALSE(has_position(*positions(settings, "none").store));
}

TEST_F(StreamParts, AFileOfPositionsIsOfOneDatabaseWhateverItIsCalled) {
  Settings settings = sqlite_settings();
  const std::string file = folder_.file("positions.json");
  save(*positions(settings, file).store);
  settings.target.name = folder_.file("./copy.db");
  EXPECT_TRUE(has_position(*positions(settings, file).store));
  settings.target.name = folder_.file("other.db");
  const std::string why = refused(settings, file);
  EXPECT_NE(why.find("sqlite:" + folder_.file("copy.db")), std::string::npos) << why;
  EXPECT_NE(why.find("name another file"), std::string::npos) << why;
}

TEST_F(StreamParts, AFileOfPositionsIsRefusedWhereItsDatabaseWasRemovedSince) {
  const Settings settings = sqlite_settings();
  const std::string file = folder_.file("positions.json");
  save(*positions(settings, file).store);
  std::filesystem::remove(settings.target.name);
  const std::string why = refused(settings, file);
  EXPECT_NE(why.find("removed or replaced"), std::string::npos) << why;
  refused(settings, file);  // the first refusal has changed nothing of that
  std::filesystem::remove(file);
  EXPECT_FALSE(has_position(*positions(settings, file).store));
}

TEST_F(StreamParts, AFileOfPositionsIsOfOneTableAndLedgerInOneRegionAtOneEndpoint) {
  Settings settings;
  settings.target = {.kind = TargetKind::kDynamoDb, .name = "copy"};
  settings.ledger = "ledger";
  settings.region = "eu-west-1";
  const std::string file = folder_.file("positions.json");
  save(*positions(settings, file).store);
  EXPECT_TRUE(has_position(*positions(settings, file).store));
  Settings other = settings;
  other.target.name = "other";
  refused(other, file);
  other = settings;
  other.ledger = "other";
  refused(other, file);
  other = settings;
  other.region = "eu-west-2";
  refused(other, file);
  other = settings;
  other.account = "123456789012";
  refused(other, file);
  other = settings;
  other.aws.endpoint_url = "http://127.0.0.1:8000";
  refused(other, file);
}

TEST_F(StreamParts, PositionsAreOfThePipelineWhoseMarksAreBesideThem) {
  Settings settings = sqlite_settings();
  save(*positions(settings, "ledger").store);
  settings.name = "orders";  // that of the source table, which counts where there is no name
  EXPECT_TRUE(has_position(*positions(settings, "ledger").store));
  settings.name = "other";
  EXPECT_FALSE(has_position(*positions(settings, "ledger").store));
}

TEST_F(StreamParts, AStreamIsOpenedInItsOwnRegion) {
  const auto open =
      open_stream(sqlite_settings(), kStream, environment_of(kAwsVariables), clock_, logger_);
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_EQ(open->client->signer().service().target_prefix, "DynamoDBStreams_20120810");
}

TEST_F(StreamParts, AStreamNeedsAnArnAndCredentials) {
  const auto bad =
      open_stream(sqlite_settings(), "x", environment_of(kAwsVariables), clock_, logger_);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::kInvalidArgument);
  testing::Variables variables = kAwsVariables;
  variables["AWS_SECRET_ACCESS_KEY"] = "";
  const auto without =
      open_stream(sqlite_settings(), kStream, environment_of(variables), clock_, logger_);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, ErrorCode::kInvalidArgument) << without.error().message;
}

TEST_F(StreamParts, ATableIsDescribedForHalfAMinuteAtMostAndNoLongerThanIsWanted) {
  testing::Variables variables = kAwsVariables;
  variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";  // nobody listens there
  const auto time_of = [&](const std::function<bool()>& stopped) {
    const SteadyTime start = clock_.steady_now();
    const auto found = newest_stream(sqlite_settings(), "orders", environment_of(variables), clock_,
                                     logger_, stopped);
    EXPECT_FALSE(found);
    return clock_.steady_now() - start;
  };
  EXPECT_LT(time_of([] { return true; }), std::chrono::seconds(2));
  const auto whole = time_of([] { return false; });
  EXPECT_GT(whole, std::chrono::seconds(25));
  EXPECT_LT(whole, std::chrono::seconds(31));
}

TEST_F(StreamParts, ATableIsInARegion) {
  testing::Variables variables = kAwsVariables;
  variables.erase("AWS_REGION");
  const auto found = newest_stream(sqlite_settings(), "orders", environment_of(variables), clock_,
                                   logger_, [] { return false; });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(found.error().message.find("AWS_REGION"), std::string::npos);
}

}  // namespace
}  // namespace streamonce::handler
