#include "handler/sources/stream/stream_calls.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "handler/services/dynamodb_streams.h"
#include "runtime/aws/service_client.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler {
namespace {

using std::chrono::seconds;

class StreamCallsTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  Logger logger_{{.level = LogLevel::kFatal, .sink = [](std::string_view) {}}, clock_};
  aws::ServiceClient service_{{.service = dynamodb_streams::kService,
                               .region = aws::Region::parse("eu-west-1").value(),
                               .url = "https://streams.dynamodb.eu-west-1.amazonaws.com/",
                               .credentials = testing::credentials("x", "y")},
                              transport_,
                              clock_,
                              logger_};
  aws::JsonAnswerReader reader_;
};

TEST_F(StreamCallsTest, SendItsOperationAndHaveTheAnswer) {
  transport_.expect(runtime::HttpMethod::kPost, "streams.dynamodb",
                    runtime::HttpResponse{.status = 200, .headers = {}, .body = R"({"a":1})"});
  aws::Calls calls(service_, {.deadline = clock_.steady_now() + seconds(5)});
  calls.add(std::make_unique<StreamCall>(
      StreamCall::Options{.operation = StreamOperation::kRecords,
                          .shard = "s",
                          .body = R"({"ShardIterator":"i"})",
                          .deadline = clock_.steady_now() + seconds(5)},
      reader_));
  const aws::CallEnd end = calls.wait_any();
  const auto& call = static_cast<const StreamCall&>(*end.call);
  EXPECT_FALSE(end.refusal);
  EXPECT_EQ(call.operation(), StreamOperation::kRecords);
  EXPECT_EQ(call.operation_name(), "GetRecords");
  EXPECT_EQ(call.shard(), "s");
  EXPECT_EQ(call.answer().text, R"({"a":1})");
  ASSERT_EQ(transport_.requests().size(), 1U);
  EXPECT_EQ(testing::header_of(transport_.requests()[0], "X-Amz-Target"),
            "DynamoDBStreams_20120810.GetRecords");
  EXPECT_EQ(transport_.requests()[0].body, R"({"ShardIterator":"i"})");
  EXPECT_EQ(transport_.requests()[0].body_bytes_max, dynamodb_streams::kPageBytesMax);
}

TEST_F(StreamCallsTest, BoundAnswersThatHoldNoRecords) {
  for (const StreamOperation operation : {StreamOperation::kDescribe, StreamOperation::kIterator}) {
    transport_.expect(runtime::HttpMethod::kPost, "",
                      runtime::HttpResponse{.status = 200, .headers = {}, .body = "{}"});
    aws::Calls calls(service_, {.deadline = clock_.steady_now() + seconds(5)});
    calls.add(std::make_unique<StreamCall>(
        StreamCall::Options{.operation = operation, .deadline = clock_.steady_now() + seconds(5)},
        reader_));
    calls.wait_any();
    EXPECT_EQ(transport_.requests().back().body_bytes_max, dynamodb_streams::kDescriptionBytesMax);
  }
}

}  // namespace
}  // namespace streamonce::handler
