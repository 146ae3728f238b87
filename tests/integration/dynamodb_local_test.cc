// The test harness itself: DynamoDB Local starts, and its streams come out as Lambda hands them
// over.

#include "tests/support/dynamodb_local.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "events/stream_batch.h"
#include "runtime/base/payload.h"
#include "tests/support/dynamodb_client.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

class DynamoDbLocalTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = DynamoDbLocal::start();
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  static void TearDownTestSuite() { server.reset(); }
  void SetUp() override { ASSERT_TRUE(server); }

  static std::unique_ptr<DynamoDbLocal> server;
};

std::unique_ptr<DynamoDbLocal> DynamoDbLocalTest::server;

TEST_F(DynamoDbLocalTest, ReadsBackWhatWasWritten) {
  DynamoDbClient client(server->endpoint_url());
  client.create_table("plain", {.key = {{"pk", "S"}, {"sk", "N"}}});
  const json item = {{"pk", {{"S", "a"}}}, {"sk", {{"N", "7"}}}, {"x", {{"BOOL", true}}}};
  const json key = {{"pk", {{"S", "a"}}}, {"sk", {{"N", "7"}}}};
  client.put("plain", item);
  EXPECT_EQ(client.get("plain", key), item);
  client.update("plain", key, {{"x", {{"BOOL", false}}}, {"name", {{"S", "n"}}}});
  EXPECT_EQ(client.get("plain", key)->at("name").at("S"), "n");
  EXPECT_EQ(client.scan("plain").size(), 1U);
  client.remove("plain", key);
  EXPECT_EQ(client.get("plain", key), std::nullopt);
  EXPECT_TRUE(client.scan("plain").empty());
}

TEST_F(DynamoDbLocalTest, SaysWhatIsWrong) {
  DynamoDbClient client(server->endpoint_url());
  const auto answer = client.call("DescribeTable", {{"TableName", "absent"}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kRejected);
  EXPECT_NE(answer.error().message.find("ResourceNotFoundException"), std::string::npos);
}

TEST_F(DynamoDbLocalTest, ScansMoreThanOnePage) {
  DynamoDbClient client(server->endpoint_url());
  client.create_table("pages");
  for (int i = 0; i < 5; ++i)
    client.put("pages",
               {{"pk", {{"S", std::to_string(i)}}}, {"x", {{"S", std::string(300'000, 'x')}}}});
  EXPECT_EQ(client.scan("pages").size(), 5U);  // a page holds 1 MB
}

TEST_F(DynamoDbLocalTest, GivesAStreamAsLambdaHandsItOver) {
  DynamoDbClient client(server->endpoint_url());
  client.create_table("source", {.stream_view_type = "NEW_AND_OLD_IMAGES"});
  const json key = {{"pk", {{"S", "a"}}}};
  client.put("source", key);
  client.update("source", key, {{"n", {{"N", "1.5"}}}});
  client.remove("source", key);
  const auto records = client.stream_records("source");
  ASSERT_EQ(records.size(), 3U);

  const Payload payload = Payload::copy_of(lambda_event(records));
  events::StreamParser parser;
  const auto batch = parser.parse(payload.view());
  ASSERT_TRUE(batch) << batch.error().message;
  ASSERT_EQ(batch->records.size(), 3U);
  EXPECT_EQ(batch->records[0].event_name, events::EventName::kInsert);
  EXPECT_EQ(batch->records[1].event_name, events::EventName::kModify);
  EXPECT_EQ(batch->records[2].event_name, events::EventName::kRemove);
  for (const events::StreamRecord& record : batch->records) {
    EXPECT_EQ(record.problem, "");
    EXPECT_EQ(record.stream.table, "source");
    EXPECT_EQ(record.view_type, events::StreamViewType::kNewAndOldImages);
    EXPECT_GT(record.created_at.value_or(0), 1'700'000'000);
  }
  EXPECT_LT(batch->records[0].sequence_number, batch->records[1].sequence_number);
  EXPECT_EQ(json::parse(batch->records[1].new_image_json).at("n").at("N"), "1.5");
}

TEST_F(DynamoDbLocalTest, ReadsMoreThanAThousandRecordsOfAStream) {
  DynamoDbClient client(server->endpoint_url());
  client.create_table("long", {.stream_view_type = "KEYS_ONLY"});
  for (int i = 0; i < 1100; ++i) client.put("long", {{"pk", {{"S", std::to_string(i)}}}});
  EXPECT_EQ(client.stream_records("long").size(), 1100U);
}

TEST(DynamoDbLocal, RunsTwiceAtOnceAndEndsWithItsObject) {
  auto one = DynamoDbLocal::start();
  auto other = DynamoDbLocal::start();
  ASSERT_TRUE(one) << one.error().message;
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_NE((*one)->endpoint_url(), (*other)->endpoint_url());
  DynamoDbClient client((*one)->endpoint_url());
  EXPECT_TRUE(client.call("ListTables", json::object()));
  one->reset();
  EXPECT_FALSE(client.call("ListTables", json::object()));
}

}  // namespace
}  // namespace streamonce::testing
