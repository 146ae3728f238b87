#include "handler/commands/source_images.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/log.h"
#include "tests/support/settings.h"
#include "tests/support/socket_server.h"

namespace streamonce::handler {
namespace {

using nlohmann::json;
using testing::environment_of;

constexpr events::SourceTable kOrders = {
    .account = "123456789012", .region = "eu-west-1", .table = "orders"};

TEST(SourceImages, NameATableByItsArnAndAnEmulatorsByItsName) {
  EXPECT_EQ(request_name_of(kOrders), "arn:aws:dynamodb:eu-west-1:123456789012:table/orders");
  EXPECT_EQ(request_name_of({.account = "123456789012", .region = "cn-north-1", .table = "orders"}),
            "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/orders");
  EXPECT_EQ(request_name_of({.account = "000000000000", .region = "ddblocal", .table = "orders"}),
            "orders");
}

class SourceImagesTest : public ::testing::Test {
 protected:
  /// What is read of the item `a` of `table`, or why it cannot be.
  std::string read(SourceItems& items, const events::SourceTable& table) {
    events::ItemKey key;
    EXPECT_TRUE(key.add({.name = "id", .type = events::KeyType::kString, .value = "a"}));
    const auto read = items.read(table, {&key, 1}, Consistency::kStrong,
                                 clock_.steady_now() + std::chrono::seconds(5));
    EXPECT_EQ(read.size(), 1U);
    return read[0] ? std::string(*read[0]) : "error: " + read[0].error().message;
  }

  SystemClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
  Settings settings_;
};

TEST_F(SourceImagesTest, AreReadWhereTheirTableIs) {
  testing::SocketServer server([](const testing::ServerRequest& request) {
    const json tables = json::parse(request.body)["RequestItems"];
    EXPECT_EQ(tables.begin().value()["ConsistentRead"], true);
    const json item = {{"id", {{"S", "a"}}}, {"of", {{"S", tables.begin().key()}}}};
    return testing::reply(testing::answer(200, json{{"Responses", {{tables.begin().key(), {item}}}},
                                                    {"UnprocessedKeys", json::object()}}
                                                   .dump()));
  });
  const auto items = open_source_images(
      settings_,
      environment_of({{"AWS_REGION", "eu-central-1"},
                      {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                      {"AWS_SECRET_ACCESS_KEY", "secret"},
                      {"AWS_ENDPOINT_URL_DYNAMODB", "http://" + server.address()}}),
      clock_, logger_);
  events::SourceTable other = kOrders;
  other.table = "others";
  events::SourceTable far = kOrders;
  far.region = "us-east-2";
  for (const events::SourceTable& table : {kOrders, other, far})
    EXPECT_EQ(json::parse(read(*items, table))["of"]["S"], request_name_of(table));
  const std::vector<testing::ServerRequest> requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_NE(requests[0].header("authorization").find("/eu-west-1/dynamodb/"), std::string::npos);
  EXPECT_NE(requests[2].header("authorization").find("/us-east-2/dynamodb/"), std::string::npos);
  EXPECT_EQ(requests[1].connection, requests[0].connection) << "one reader for a Region";
}

TEST_F(SourceImagesTest, FailKeyByKeyWhereASettingIsWrong) {
  const auto items =
      open_source_images(settings_,
                         environment_of({{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                         {"AWS_SECRET_ACCESS_KEY", "secret"},
                                         {"AWS_ENDPOINT_URL_DYNAMODB", "ftp://127.0.0.1"}}),
                         clock_, logger_);
  const std::string error = read(*items, kOrders);
  EXPECT_TRUE(error.starts_with("error: ")) << error;
  EXPECT_EQ(read(*items, kOrders), error);
}

TEST_F(SourceImagesTest, WaitForCredentialsNoLongerThanTheReadMayTake) {
  testing::SocketServer sts(
      [](const testing::ServerRequest&) { return testing::reply("", testing::Then::kStall); });
  settings_.stream_role.arn = "arn:aws:iam::123456789012:role/reader";
  settings_.session_name = "streamonce";
  const auto items =
      open_source_images(settings_,
                         environment_of({{"AWS_REGION", "eu-west-1"},
                                         {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                         {"AWS_SECRET_ACCESS_KEY", "secret"},
                                         {"AWS_ENDPOINT_URL_STS", "http://" + sts.address()},
                                         {"AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"}}),
                         clock_, logger_);
  events::ItemKey key;
  ASSERT_TRUE(key.add({.name = "id", .type = events::KeyType::kString, .value = "a"}));
  const SteadyTime start = clock_.steady_now();
  const auto read =
      items->read(kOrders, {&key, 1}, Consistency::kStrong, start + std::chrono::milliseconds(300));
  ASSERT_EQ(read.size(), 1U);
  EXPECT_FALSE(read[0]);
  EXPECT_LT(clock_.steady_now() - start, std::chrono::seconds(8));  // without a deadline: 10 s
}

}  // namespace
}  // namespace streamonce::handler
