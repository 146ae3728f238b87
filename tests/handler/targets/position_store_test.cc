#include "handler/targets/position_store.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "events/version.h"
#include "handler/targets/mark.h"

namespace streamonce::handler {
namespace {

TEST(Position, IsReadAsItWasWritten) {
  for (const Position& position :
       {Position{.kind = Position::Kind::kStart}, Position{.kind = Position::Kind::kEnd},
        Position{.kind = Position::Kind::kAfter, .number = "000000000000000000017"},
        Position{.kind = Position::Kind::kAfter, .number = std::string(64, '9')}})
    EXPECT_EQ(*parse_position(text_of(position)), position) << text_of(position);
}

TEST(Position, IsNothingElse) {
  for (const std::string& text : {std::string(), std::string("-1"), std::string("1 "),
                                  std::string("End"), std::string(65, '9'), std::string("1e3")}) {
    const auto position = parse_position(text);
    ASSERT_FALSE(position) << text;
    EXPECT_EQ(position.error().code, ErrorCode::kProtocol);
  }
}

constexpr const char* kStreamOfOrders =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";

TEST(PositionId, NamesPipelineStreamAndShard) {
  EXPECT_EQ(position_id("p", kStreamOfOrders, "shardId-1"),
            std::string("p|checkpoint|") + kStreamOfOrders + "|shardId-1");
  EXPECT_EQ(position_id("p", kStreamOfOrders, ""),
            std::string("p|checkpoint|") + kStreamOfOrders + "|");
}

TEST(PositionId, IsNoIdOfAMark) {
  // What stands between the first two bars: a mark's has slashes in front of any bar.
  const auto second_part = [](const std::string& id) {
    const std::size_t start = id.find('|') + 1;
    return id.substr(start, id.find('|', start) - start);
  };
  EXPECT_EQ(second_part(position_id("p", kStreamOfOrders, "s")), "checkpoint");
  EXPECT_EQ(second_part("p|checkpoint/eu-west-1/orders|2:idS1:a"), "checkpoint/eu-west-1/orders");
}

TEST(PositionId, IsOfAnEntryThatIsNoMark) {
  // Who reads the entry as a mark finds no version.
  EXPECT_FALSE(read_mark({.version = ""}, Reading::kVersions));
  EXPECT_FALSE(read_mark({.version = ""}, Reading::kWhole));
}

TEST(NoPositions, KeepNothing) {
  NoPositions store;
  const ShardPosition position{.shard = "s", .position = {.kind = Position::Kind::kEnd}};
  EXPECT_TRUE(store.save({&position, 1}, {}));
  const std::vector<std::string> shards = {"s", "t"};
  EXPECT_EQ(*store.load(shards, {}), (std::vector<std::optional<Position>>(2)));
  EXPECT_TRUE(store.forget(shards, {}));
}

}  // namespace
}  // namespace streamonce::handler
