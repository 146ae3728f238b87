#include "handler/targets/dynamodb/ledger_positions.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_stream.h"
#include "tests/support/fake_transport.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using runtime::HttpMethod;
using runtime::HttpResponse;
using std::chrono::seconds;

constexpr const char* kArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";

HttpResponse answer(std::string body) {
  return {.status = 200, .headers = {}, .body = std::move(body)};
}

class LedgerPositionsTest : public ::testing::Test {
 protected:
  LedgerPositionsTest() { open(/*lasts=*/false); }

  void open(bool lasts) {
    auto store = LedgerPositions::create({.ledger_table = "marks",
                                          .region = "eu-west-1",
                                          .endpoint_url = "",
                                          .credentials = testing::credentials("x", "y"),
                                          .pipeline = "p",
                                          .stream_arn = kArn,
                                          .random_seed = 1,
                                          .lasts = lasts},
                                         transport_, clock_, logger_);
    EXPECT_TRUE(store);
    store_ = std::move(*store);
  }

  void expect(Result<HttpResponse> result) {
    transport_.expect(HttpMethod::kPost, "https://dynamodb.eu-west-1.", std::move(result));
  }
  json sent(std::size_t request) const { return json::parse(transport_.requests()[request].body); }
  std::string operation(std::size_t request) const {
    return std::string(testing::header_of(transport_.requests()[request], "X-Amz-Target"));
  }
  SteadyTime soon() const { return clock_.steady_now() + seconds(5); }
  static std::string id(const std::string& shard) {
    return std::string("p|checkpoint|") + kArn + "|" + shard;
  }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  Logger logger_{{.level = LogLevel::kFatal, .sink = [](std::string_view) {}}, clock_};
  std::unique_ptr<PositionStore> store_;
};

TEST_F(LedgerPositionsTest, KeepsForGoodWhatIsToLast) {
  open(/*lasts=*/true);
  expect(answer("{}"));
  const std::vector<ShardPosition> positions = {
      {"load|x", {.kind = Position::Kind::kAfter, .number = "17"}}};
  EXPECT_TRUE(store_->save(positions, soon()));
  EXPECT_EQ(sent(0)["Item"]["p"]["S"], "17");
  EXPECT_FALSE(sent(0)["Item"].contains("ttl"));
}

TEST_F(LedgerPositionsTest, ReadsEachEntryConsistently) {
  expect(answer(R"({"Item":{"p":{"S":"17"},"id":{"S":"x"},"at":{"N":"1"}}})"));
  expect(answer("{}"));
  expect(answer(R"({"Item":{"p":{"S":"end"}}})"));
  const std::vector<std::string> shards = {"s", "t", "u"};
  const auto loaded = store_->load(shards, soon());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ((*loaded)[0], (Position{.kind = Position::Kind::kAfter, .number = "17"}));
  EXPECT_FALSE((*loaded)[1]);
  EXPECT_EQ((*loaded)[2], (Position{.kind = Position::Kind::kEnd}));
  EXPECT_EQ(operation(0), "DynamoDB_20120810.GetItem");
  EXPECT_EQ(sent(0), (json{{"TableName", "marks"},
                           {"Key", {{"id", {{"S", id("s")}}}}},
                           {"ConsistentRead", true}}));
}

TEST_F(LedgerPositionsTest, WritesEntriesWithoutAVersionThatMayGoAfterAWeek) {
  expect(answer("{}"));
  expect(answer("{}"));
  const std::vector<ShardPosition> positions = {
      {"s", {.kind = Position::Kind::kAfter, .number = "17"}}, {"", {}}};
  EXPECT_TRUE(store_->save(positions, soon()));
  const std::int64_t now = std::chrono::floor<seconds>(clock_.now()).time_since_epoch().count();
  EXPECT_EQ(operation(0), "DynamoDB_20120810.PutItem");
  EXPECT_EQ(sent(0), (json{{"TableName", "marks"},
                           {"Item",
                            {{"id", {{"S", id("s")}}},
                             {"p", {{"S", "17"}}},
                             {"at", {{"N", std::to_string(now)}}},
                             {"ttl", {{"N", std::to_string(now + 7 * 86'400)}}}}}}));
  // The stream's own entry stays: it tells that there was a run before.
  EXPECT_EQ(sent(1)["Item"], (json{{"id", {{"S", id("")}}},
                                   {"p", {{"S", "start"}}},
                                   {"at", {{"N", std::to_string(now)}}}}));
}

TEST_F(LedgerPositionsTest, DeletesWhatIsForgotten) {
  expect(answer("{}"));
  const std::vector<std::string> shards = {"s"};
  EXPECT_TRUE(store_->forget(shards, soon()));
  EXPECT_EQ(operation(0), "DynamoDB_20120810.DeleteItem");
  EXPECT_EQ(sent(0), (json{{"TableName", "marks"}, {"Key", {{"id", {{"S", id("s")}}}}}}));
}

TEST_F(LedgerPositionsTest, RefusesAnEntryThatHoldsNoPosition) {
  for (const char* body : {R"({"Item":{"p":{"S":"there"}}})", R"({"Item":{"v":{"S":"1"}}})",
                           R"({"Item":{"p":{"N":"1"}}})", R"({"Item":7})"}) {
    expect(answer(body));
    const std::vector<std::string> shards = {"s"};
    const auto loaded = store_->load(shards, soon());
    ASSERT_FALSE(loaded) << body;
    EXPECT_EQ(loaded.error().code, ErrorCode::kProtocol) << body;
  }
}

TEST_F(LedgerPositionsTest, NamesTheLedgerThatIsNotThere) {
  expect(testing::refusal(400, "ResourceNotFoundException", "no such table"));
  const std::vector<std::string> shards = {"s"};
  const auto loaded = store_->load(shards, soon());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kRejected);
  EXPECT_NE(loaded.error().message.find("ledger table marks was not found"), std::string::npos)
      << loaded.error().message;
}

TEST_F(LedgerPositionsTest, SendsAgainWhatTheNetworkSpoiled) {
  expect(Error{ErrorCode::kUnavailable, "no connection"});
  expect(answer("{}"));
  const std::vector<ShardPosition> positions = {{"s", {.kind = Position::Kind::kEnd}}};
  EXPECT_TRUE(store_->save(positions, soon()));
  EXPECT_EQ(sent(1), sent(0));
}

TEST_F(LedgerPositionsTest, HasNothingToAskForNothing) {
  EXPECT_EQ(store_->load({}, soon())->size(), 0U);
  EXPECT_TRUE(store_->save({}, soon()));
  EXPECT_EQ(transport_.requests().size(), 0U);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
