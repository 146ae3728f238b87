// `bootstrap follow` as it is shipped: DynamoDB Local is the source, SQLite and DynamoDB Local are
// the targets. What that has none of, as shards that split, is in follower_test.cc.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "handler/targets/sqlite/database.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/live_source.h"
#include "tests/support/replay_shell.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"
#include "tests/support/view_tables.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class FollowTo : public ::testing::TestWithParam<const char*> {
 protected:
  FollowTo() { target_->create({{"id", "S"}}); }

  bool becomes_equal() {
    return comes_to([this] { return target_->items() == source_.items(); });
  }

  Source source_;
  const std::unique_ptr<TargetUnderTest> target_ = make_target_under_test(GetParam());
  Follower follower_{target_->environment()};
};

INSTANTIATE_TEST_SUITE_P(, FollowTo, ::testing::Values("sqlite", "dynamodb", "items"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(FollowTo, KeepsTheTargetEqualWhileTheSourceChanges) {
  source_.change_at_random(100);
  const auto running = follower_.start({"--source", kTable});
  EXPECT_TRUE(becomes_equal());
  source_.change_at_random(100);
  EXPECT_TRUE(becomes_equal());

  const bool is_exact = !may_be_late(GetParam());
  Counts counts = expect_to_end(*running, SIGTERM, !is_exact);
  EXPECT_EQ(counts["shards"], 1U);
  if (is_exact) EXPECT_EQ(counts["records"], counts["applied"] + counts["superseded"]);

  // The next run begins where this one ended.
  if (!is_exact) EXPECT_TRUE(comes_to_rest(follower_, /*may_be_late=*/true));
  source_.put("later", 1);
  const Ended next = follower_.once();
  EXPECT_EQ(next.status, 0) << next.err;
  EXPECT_EQ(next.counts()["records"], 1U);
  if (is_exact) EXPECT_EQ(next.counts(), (Counts{{"records", 1}, {"applied", 1}, {"shards", 1}}));
  EXPECT_EQ(target_->items(), source_.items());
}

TEST_P(FollowTo, EndsWithOnceWhenAllThatWasThereIsApplied) {
  source_.change_at_random(150);
  const Ended ended = follower_.once();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(target_->items(), source_.items());
  EXPECT_TRUE(comes_to_rest(follower_, may_be_late(GetParam())));
}

TEST_P(FollowTo, IsRightWhereverItIsKilled) {
  std::mt19937 random(1);
  for (int run = 0; run < 8; ++run) {
    const auto running = follower_.start({"--source", kTable});
    source_.change_at_random(30);
    std::this_thread::sleep_for(milliseconds(random() % 700));
    running->signal(SIGKILL);
    EXPECT_EQ(running->wait().status, 128 + SIGKILL);
  }
  const Ended ended = follower_.once();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(target_->items(), source_.items());
}

TEST_P(FollowTo, TwoAtOnceDoNoHarm) {
  const auto one = follower_.start({"--source", kTable, "--verbose"});
  const auto other = follower_.start({"--source", kTable, "--verbose"});
  EXPECT_TRUE(comes_to_read(*one) && comes_to_read(*other));
  source_.change_at_random(200);
  EXPECT_TRUE(becomes_equal());
  // The one may have waited for the other's lock for all of its batch's time.
  for (const auto& each : {one.get(), other.get()})
    expect_to_end(*each, SIGINT, /*may_be_late=*/true);
  EXPECT_EQ(target_->items(), source_.items());
}

TEST_P(FollowTo, FollowsAStreamThatWasDisabledToItsEndAndTheOneThatFollows) {
  source_.change_at_random(40);
  const std::string first = source_.stream_arn();
  source_.enable_stream(false);
  // It ends by itself: nothing more can come.
  const Ended ended = follower_.start({"--stream-arn", first})->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(target_->items(), source_.items());

  source_.enable_stream(true);
  source_.change_at_random(40);
  const Ended second = follower_.once();
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(second.counts()["stale"], 0U);
  EXPECT_NE(source_.stream_arn(), first);
  // The older stream again changes nothing.
  const auto items = target_->items();
  EXPECT_EQ(follower_.start({"--stream-arn", first, "--checkpoint", "none"})->wait().status, 0);
  EXPECT_EQ(target_->items(), items);
}

TEST_P(FollowTo, KeepsPositionsInAFileOrNotAtAll) {
  source_.change_at_random(30);
  const std::string path = follower_.shell().path_of("positions.json");
  EXPECT_EQ(follower_.once({"--checkpoint", path}).status, 0);
  struct stat about {};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  Counts counts = follower_.once({"--checkpoint", path}).counts();
  EXPECT_EQ(counts, (Counts{{"shards", 1}}));
  // Without positions all comes again, and changes nothing.
  const auto items = target_->items();
  counts = follower_.once({"--checkpoint", "none"}).counts();
  EXPECT_EQ(counts["records"], counts["already_applied"] + counts["superseded"] + counts["stale"]);
  EXPECT_GT(counts["records"], 0U);
  EXPECT_EQ(target_->items(), items);
  EXPECT_EQ(follower_.shell().files(), (std::vector<std::string>{"positions.json"}));
}

TEST_P(FollowTo, PassesOverWhatWasThereWhereItBeginsAtTheLatest) {
  source_.put("old", 1);
  const auto running = follower_.start({"--source", kTable, "--from", "latest", "--verbose"});
  EXPECT_TRUE(comes_to_read(*running));
  source_.put("new", 2);
  EXPECT_TRUE(comes_to([this] { return !target_->items().empty(); }));
  EXPECT_TRUE(has(running->err_so_far(), "from latest")) << running->err_so_far();
  expect_to_end(*running, SIGTERM, may_be_late(GetParam()));
  ASSERT_EQ(target_->items().size(), 1U);
  EXPECT_EQ(target_->items()[0]["id"]["S"], "new");
}

TEST_P(FollowTo, SaysWhatCannotBeFollowed) {
  const auto status = [&](std::vector<std::string> arguments, std::string_view words) {
    const Ended ended = follower_.start(std::move(arguments))->wait();
    EXPECT_TRUE(has(ended.err, words)) << ended.err;
    return ended.status;
  };
  EXPECT_EQ(status({"--once"}, "--source TABLE or --stream-arn ARN"), 2);
  EXPECT_EQ(status({"--stream-arn", "arn:aws:s3:::b"}, "--stream-arn"), 2);
  EXPECT_EQ(status({"--source", "nothing-there"}, "nothing-there"), 3);
  EXPECT_EQ(status({"--source", kTable, "--attempts", "0"}, "--attempts"), 2);
  EXPECT_EQ(status({"--source", kTable, "--from", "start"}, "trim-horizon or latest"), 2);
  const std::string gone =
      "arn:aws:dynamodb:eu-central-1:000000000000:table/gone/stream/2026-11-21T00:44:22.580";
  EXPECT_EQ(status({"--stream-arn", gone, "--once"}, "not found"), 3);
  source_.client().create_table("streamless" + std::string(GetParam()));
  EXPECT_EQ(status({"--source", "streamless" + std::string(GetParam())}, "never had a stream"), 2);
}

TEST(Follow, RefusesAStreamWithoutNewImages) {
  Source source("KEYS_ONLY");
  source.put("a", 1);
  const auto target = make_sqlite_under_test();
  const Ended ended = Follower(target->environment()).once();
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "NEW_IMAGE")) << ended.err;
}

TEST(Follow, LosesNothingOfAShardThatWasEmptyAtFirst) {
  Source source;
  const std::string other = "written-meanwhile";
  static_cast<void>(source.client().call("DeleteTable", {{"TableName", other}}));
  source.client().create_table(other, {.key = {{"id", "S"}}});
  const auto target = make_sqlite_under_test();
  Follower follower(target->environment());
  const auto running = follower.start({"--source", kTable, "--verbose"});
  EXPECT_TRUE(comes_to_read(*running));
  // DynamoDB Local numbers these with the source's records.
  for (const char* id : {"x", "y", "z"}) source.client().put(other, id_of(id));
  source.put("a", 1);
  EXPECT_TRUE(comes_to([&] { return target->items() == source.items(); }));
  EXPECT_TRUE(has(running->err_so_far(), "TrimmedDataAccessException")) << running->err_so_far();
  running->signal(SIGTERM);
  const Ended ended = running->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(), (Counts{{"records", 1}, {"applied", 1}, {"shards", 1}}));
}

TEST(Follow, KeepsARecordThatFailsForReplayAndGoesOn) {
  Source source;
  const auto target = make_sqlite_under_test();
  Follower follower(target->environment());
  source.put("a", 1);
  EXPECT_EQ(follower.once().status, 0);
  run_sql(target->environment(),
          "CREATE TRIGGER refuse BEFORE INSERT ON orders WHEN NEW.id = 'poison'"
          " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END");
  source.put("b", 2);
  source.put("poison", 3);
  source.put("c", 4);

  // Without a place for it, the shard is left where it stands, and the others are applied.
  const Ended left = follower.once({"--attempts", "2"});
  EXPECT_EQ(left.status, 1);
  EXPECT_TRUE(has(left.err, "refused by the test")) << left.err;
  EXPECT_EQ(target->items().size(), 3U);
  EXPECT_EQ(left.counts()["failed"], 1U);

  const std::string letters = follower.shell().path_of("letters.ndjson");
  const Ended kept = follower.once({"--attempts", "2", "--dead-letters", letters});
  EXPECT_EQ(kept.status, 1);
  EXPECT_EQ(kept.counts()["failed"], 1U) << kept.out;
  EXPECT_EQ(follower.once().counts(), (Counts{{"shards", 1}}));  // and the shard has gone on
  ASSERT_EQ(lines_of(read_whole(letters)).size(), 1U);
  const json letter = json::parse(lines_of(read_whole(letters))[0]);
  EXPECT_EQ(letter["eventSourceARN"], source.stream_arn());
  EXPECT_EQ(letter["dynamodb"]["NewImage"]["n"]["N"], "3");
  struct stat about {};
  ASSERT_EQ(::stat(letters.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  for (const Ended* each : {&left, &kept}) EXPECT_FALSE(has(each->err, "poison")) << each->err;

  run_sql(target->environment(), "DROP TRIGGER refuse");
  const Ended replayed = follower.shell().replay({"--json", letters});
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_EQ(target->items(), source.items());
}

TEST(Follow, AddsLettersToAFileThatIsThere) {
  Source source;
  const auto target = make_sqlite_under_test();
  Follower follower(target->environment());
  source.put("a", 1);
  EXPECT_EQ(follower.once().status, 0);
  run_sql(target->environment(),
          "CREATE TRIGGER refuse BEFORE INSERT ON orders WHEN NEW.id LIKE 'poison%'"
          " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END");
  const std::string letters = follower.shell().path_of("letters.ndjson");
  for (const char* id : {"poison1", "poison2"}) {
    source.put(id, 3);
    EXPECT_EQ(follower.once({"--attempts", "1", "--dead-letters", letters}).status, 1);
  }
  EXPECT_EQ(lines_of(read_whole(letters)).size(), 2U);
}

TEST(Follow, EndsSoonThoughTheTargetTakesNothing) {
  Source source;
  const auto target = make_sqlite_under_test();
  Follower follower(target->environment());
  source.put("a", 1);
  EXPECT_EQ(follower.once().status, 0);
  run_sql(target->environment(),
          "CREATE TRIGGER refuse BEFORE INSERT ON orders"
          " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END");
  source.put("b", 2);
  const auto running = follower.start({"--source", kTable});
  EXPECT_TRUE(comes_to([&] { return has(running->err_so_far(), "shard blocked"); }));
  const auto asked = steady_clock::now();
  running->signal(SIGTERM);
  const Ended ended = running->wait();
  EXPECT_LT(steady_clock::now() - asked, seconds(60));  // in 2 s, by its own clock
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts()["failed"], 1U);
}

constexpr const char* kViews =
    "CREATE SOURCE orders KEY (id);\n"
    "CREATE VIEW copies AS SELECT * FROM orders;\n"
    "CREATE VIEW large AS SELECT id, n FROM orders WHERE n > 100;\n";

class FollowToViewsOn : public ::testing::TestWithParam<const char*> {
 protected:
  FollowToViewsOn() { std::ofstream(views_) << kViews; }

  const TempDir folder_;
  const std::string views_ = folder_.file("views.sql");
  Source source_;
  const std::unique_ptr<ViewTables> tables_ = make_view_tables(
      GetParam(),
      {{.view = "copies", .key = {{"id", "S"}}}, {.view = "large", .key = {{"id", "S"}}}});
  Follower follower_{joined(tables_->environment(), {"STREAMONCE_VIEWS=" + views_})};
};

INSTANTIATE_TEST_SUITE_P(, FollowToViewsOn, ::testing::Values("sqlite", "dynamodb"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(FollowToViewsOn, KeepsEachViewItsSelect) {
  source_.change_at_random(200);
  EXPECT_EQ(follower_.once().status, 0);
  const auto running = follower_.start({"--source", kTable});
  source_.change_at_random(60);
  EXPECT_TRUE(comes_to([this] { return tables_->rows("copies") == source_.items(); }));
  expect_to_end(*running, SIGTERM, may_be_late(GetParam()));
  std::vector<json> large = source_.items();
  std::erase_if(
      large, [](const json& item) { return std::stoi(item["n"]["N"].get<std::string>()) <= 100; });
  EXPECT_EQ(tables_->rows("large"), large);
  EXPECT_FALSE(large.empty());
}

}  // namespace
}  // namespace streamonce::testing
