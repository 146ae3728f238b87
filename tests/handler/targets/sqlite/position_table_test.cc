#include "handler/targets/sqlite/position_table.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "handler/targets/sqlite/sqlite_target.h"
#include "tests/handler/targets/sqlite/sqlite_testing.h"
#include "tests/support/mark_places.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using std::chrono::seconds;
using Shards = std::vector<std::string>;

constexpr const char* kArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";

class PositionTableTest : public ::testing::Test {
 protected:
  std::unique_ptr<PositionStore> open(const std::string& pipeline = "p",
                                      const std::string& arn = kArn) {
    auto store =
        PositionTable::open({.path = path_, .pipeline = pipeline, .stream_arn = arn}, clock_);
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  SteadyTime soon() const { return clock_.steady_now() + seconds(5); }
  Position after(const char* number) const {
    return {.kind = Position::Kind::kAfter, .number = number};
  }
  void save(PositionStore& store, const std::vector<ShardPosition>& positions) {
    const Status saved = store.save(positions, soon());
    EXPECT_TRUE(saved) << saved.error().message;
  }
  std::vector<std::optional<Position>> load(PositionStore& store, const Shards& shards) {
    return store.load(shards, soon()).value();
  }
  void run_sql(const std::string& sql) {
    const auto database = Database::open(path_, clock_, soon());
    ASSERT_TRUE(database);
    const Status done = (*database)->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }

  const testing::TempDir folder_;
  const std::string path_ = folder_.file("copy.db");
  SystemClock clock_;
};

TEST_F(PositionTableTest, ReadsWithoutATraceWhereItIsTo) {
  const auto read = [this] {
    const auto store = PositionTable::open(
        {.path = path_, .pipeline = "p", .stream_arn = kArn, .access = Access::kReadOnly}, clock_);
    EXPECT_TRUE(store);
    return (*store)->load(Shards{"s"}, soon()).value()[0];
  };
  EXPECT_EQ(read(), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(path_));
  run_sql("CREATE TABLE other(x)");
  EXPECT_EQ(read(), std::nullopt);
  run_sql("CREATE TABLE _streamonce_positions(x)");  // it was not made by reading
  run_sql("DROP TABLE _streamonce_positions");
  save(*open(), {{"s", after("17")}});
  EXPECT_EQ(read(), after("17"));
}

TEST_F(PositionTableTest, KeepsPositionsFromOneRunToTheNext) {
  save(*open(), {{"s", after("17")}, {"t", {.kind = Position::Kind::kEnd}}, {"", {}}});
  const auto store = open();
  EXPECT_EQ(load(*store, {"t", "s", "u", ""}),
            (std::vector<std::optional<Position>>{Position{.kind = Position::Kind::kEnd},
                                                  after("17"), std::nullopt, Position{}}));
  save(*store, {{"s", after("18")}});
  EXPECT_EQ(load(*store, {"s"}), (std::vector<std::optional<Position>>{after("18")}));
}

TEST_F(PositionTableTest, KeepsEachPipelinesAndStreamsApart) {
  save(*open(), {{"s", after("1")}});
  EXPECT_EQ(load(*open("other"), {"s"}), (std::vector<std::optional<Position>>(1)));
  EXPECT_EQ(load(*open("p", "arn:other"), {"s"}), (std::vector<std::optional<Position>>(1)));
}

TEST_F(PositionTableTest, ForgetsShards) {
  const auto store = open();
  save(*store, {{"s", after("1")}, {"t", after("2")}});
  const Shards gone = {"s", "never"};
  EXPECT_TRUE(store->forget(gone, soon()));
  EXPECT_EQ(load(*store, {"s", "t"}),
            (std::vector<std::optional<Position>>{std::nullopt, after("2")}));
}

TEST_F(PositionTableTest, LiesBesideATargetThatIsOpen) {
  Logger logger({.level = LogLevel::kFatal, .sink = [](std::string_view) {}}, clock_);
  const auto target = SqliteTarget::create({.path = path_}, clock_, logger);
  ASSERT_TRUE(target);
  const auto store = open();
  save(*store, {{"s", after("1")}});
  const std::string_view id = "p|checkpoint|x";
  EXPECT_FALSE((*target)->read_marks(testing::place_of(id), Reading::kVersions, soon())[0].value());
  EXPECT_EQ(load(*store, {"s"})[0], after("1"));
}

TEST_F(PositionTableTest, RefusesATableOfSomebodyElse) {
  run_sql("CREATE TABLE _streamonce_positions(x TEXT)");
  const auto store =
      PositionTable::open({.path = path_, .pipeline = "p", .stream_arn = kArn}, clock_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kRejected);
  EXPECT_NE(store.error().message.find("_streamonce_positions"), std::string::npos);
}

TEST_F(PositionTableTest, SaysThatWhatIsKeptIsNoPosition) {
  const auto store = open();
  save(*store, {{"s", after("1")}});
  run_sql("UPDATE _streamonce_positions SET p = 'somewhere'");
  const Shards shards = {"s"};
  const auto loaded = store->load(shards, soon());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kProtocol);
  // The statement is free again.
  save(*store, {{"s", after("2")}});
  EXPECT_EQ(load(*store, {"s"})[0], after("2"));
}

TEST_F(PositionTableTest, GivesUpAtTheDeadlineWhereAnotherHoldsTheFile) {
  const auto store = open();
  const auto other = Database::open(path_, clock_, soon());
  ASSERT_TRUE(other);
  ASSERT_TRUE((*other)->execute("BEGIN IMMEDIATE"));
  const std::vector<ShardPosition> positions = {{"s", after("1")}};
  const Status saved = store->save(positions, clock_.steady_now() + std::chrono::milliseconds(50));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kTimeout);
  ASSERT_TRUE((*other)->execute("ROLLBACK"));
  save(*store, positions);
}

}  // namespace
}  // namespace streamonce::handler::sqlite
