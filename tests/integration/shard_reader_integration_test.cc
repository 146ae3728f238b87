// The stream client against DynamoDB Local's own stream, over loopback.

#include "handler/sources/stream/shard_reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/http/curl_transport.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler {
namespace {

using events::SequenceNumber;
using nlohmann::json;
using std::chrono::seconds;
using testing::DynamoDbClient;
using testing::DynamoDbLocal;

constexpr int kChanges = 30;

class ShardReaderTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = DynamoDbLocal::start();
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    DynamoDbClient client(server->endpoint_url());
    client.create_table("changes", {.stream_view_type = "NEW_AND_OLD_IMAGES"});
    for (int i = 0; i < kChanges; ++i)
      client.put("changes",
                 {{"pk", {{"S", "k" + std::to_string(i % 7)}}}, {"n", {{"N", std::to_string(i)}}}});
    arn = client.stream_arn("changes");
    const json stream =
        client.call_streams("DescribeStream", {{"StreamArn", arn}}).value()["StreamDescription"];
    shard = stream["Shards"][0]["ShardId"].get<std::string>();
    for (const json& record : client.stream_records("changes"))
      numbers.push_back(record["dynamodb"]["SequenceNumber"].get<std::string>());
    ASSERT_EQ(numbers.size(), static_cast<std::size_t>(kChanges));
  }
  static void TearDownTestSuite() { server.reset(); }

  void SetUp() override {
    ASSERT_TRUE(server);
    auto created =
        ShardReader::create({.endpoint_url = server->endpoint_url(),
                             .credentials = testing::credentials(testing::kLocalAccessKeyId,
                                                                 testing::kLocalSecretAccessKey),
                             .random_seed = 1},
                            *transport_, clock_, logger_, clock_.steady_now() + seconds(30));
    ASSERT_TRUE(created) << created.error().message;
    client_ = std::move(*created);
  }

  Status read(const std::string& shard_id, const std::string& first, const std::string& last,
              seconds time = seconds(30)) {
    const StreamRange range{.stream_arn = arn,
                            .shard_id = shard_id,
                            .first = SequenceNumber::parse(first).value(),
                            .last = SequenceNumber::parse(last).value()};
    const auto take = [this](PayloadView page) -> std::optional<SequenceNumber> {
      const json document = json::parse(page.text, /*cb=*/nullptr, /*allow_exceptions=*/false);
      const std::size_t before = taken_.size();
      for (const json& record : document["Records"]) taken_.push_back(record["dynamodb"]);
      if (taken_.size() == before) return std::nullopt;
      newest_ = taken_.back()["SequenceNumber"].get<std::string>();
      return SequenceNumber::parse(newest_).value();
    };
    return client_->read(range, take, clock_.steady_now() + time);
  }

  static std::unique_ptr<DynamoDbLocal> server;
  static std::string arn;
  static std::string shard;
  static std::vector<std::string> numbers;  // of all records, in order

  SystemClock clock_;
  std::unique_ptr<runtime::HttpTransport> transport_ = runtime::make_curl_transport(
      {.ca_bundle_path = "", .user_agent = "streamonce-tests"}, clock_);
  Logger logger_{{.level = LogLevel::kInfo, .format = LogFormat::kText, .sink = [](auto) {}},
                 clock_};
  std::unique_ptr<ShardReader> client_;
  std::vector<json> taken_;
  std::string newest_;
};

std::unique_ptr<DynamoDbLocal> ShardReaderTest::server;
std::string ShardReaderTest::arn;
std::string ShardReaderTest::shard;
std::vector<std::string> ShardReaderTest::numbers;

TEST_F(ShardReaderTest, ReadsARangeInTheMiddleOfAShard) {
  const Status status = read(shard, numbers[10], numbers[19]);
  ASSERT_TRUE(status) << status.error().message;
  ASSERT_GE(taken_.size(), 10U);
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    EXPECT_EQ(taken_[i]["SequenceNumber"], numbers[10 + i]);
    EXPECT_EQ(taken_[i]["NewImage"]["n"]["N"], std::to_string(10 + i));
  }
}

TEST_F(ShardReaderTest, ReadsTheWholeOfAShard) {
  const Status status = read(shard, numbers.front(), numbers.back());
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(taken_.size(), numbers.size());
}

TEST_F(ShardReaderTest, SaysThatThereIsNoSuchShard) {
  const Status status = read("shardId-00000000000000000000-00000000", numbers[10], numbers[19]);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kRejected);
  EXPECT_NE(status.error().message.find("ResourceNotFoundException"), std::string::npos)
      << status.error().message;
}

TEST_F(ShardReaderTest, WaitsForARecordThatIsNotThereYet) {
  const std::string future(numbers.back().size(), '9');
  const Status status = read(shard, numbers[10], future, seconds(3));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kTimeout) << status.error().message;
  EXPECT_EQ(newest_, numbers.back());
}

/// DynamoDB itself refuses a number that the shard no longer has: TrimmedDataAccessException.
/// DynamoDB Local starts with the oldest record that it has.
TEST_F(ShardReaderTest, GivesWhatIsLeftWhenTheServiceDoesNotSayThatTheStartIsGone) {
  const std::string before = std::string(numbers.front().size() - 1, '0') + "1";
  const Status status = read(shard, before, numbers[3]);
  ASSERT_TRUE(status) << status.error().message;
  ASSERT_FALSE(taken_.empty());
  EXPECT_EQ(taken_.front()["SequenceNumber"], numbers.front());
}

}  // namespace
}  // namespace streamonce::handler
