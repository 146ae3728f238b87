#include "runtime/aws/api_client.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "runtime/aws/dynamodb_names.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_stream.h"
#include "tests/support/fake_transport.h"
#include "tests/support/signed_request.h"
#include "tests/support/sigv4.h"

namespace streamonce::aws {
namespace {

using runtime::HttpMethod;
using runtime::HttpResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::refusal;

constexpr std::string_view kOperation = "BatchGetItem";

ServiceOptions good_options() {
  return {.service = kDynamoDb,
          .region = Region::parse("eu-west-1").value(),
          .url = "https://dynamodb.eu-west-1.amazonaws.com/",
          .credentials = testing::credentials("AKID-MARKER", "SECRET-MARKER", "TOKEN-MARKER"),
          .random_seed = 1};
}

HttpResponse success(std::string body) {
  return {.status = 200, .headers = {}, .body = std::move(body)};
}

class ApiClientTest : public ::testing::Test {
 protected:
  void expect(Result<HttpResponse> result) {
    transport_.expect(HttpMethod::kPost, "https://dynamodb.eu-west-1.amazonaws.com/",
                      std::move(result));
  }

  std::optional<ApiError> call(milliseconds time = seconds(60)) {
    return client_.call(kOperation, R"({"a":1})", answer_, clock_.steady_now() + time);
  }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  std::string log_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
  ServiceClient service_{good_options(), transport_, clock_, logger_};
  ApiClient client_{service_};
  Payload answer_{1024};
};

TEST_F(ApiClientTest, SendsASignedRequestAndHandsTheAnswerOver) {
  expect(success(R"( {"Responses":{"t":[{"pk":{"S":"a"}}]}} )"));
  EXPECT_FALSE(call());
  EXPECT_EQ(answer_.text(), R"( {"Responses":{"t":[{"pk":{"S":"a"}}]}} )");
  ASSERT_EQ(transport_.requests().size(), 1U);
  const runtime::HttpRequest& request = transport_.requests()[0];
  ASSERT_EQ(request.headers.size(), 6U);
  EXPECT_EQ(request.headers[0], "Content-Type: application/x-amz-json-1.0");
  EXPECT_EQ(request.headers[1], "X-Amz-Target: DynamoDB_20120810.BatchGetItem");
  EXPECT_EQ(request.headers[2], "Host: dynamodb.eu-west-1.amazonaws.com");
  EXPECT_EQ(request.headers[3], "X-Amz-Date: 20261121T004422Z");
  EXPECT_EQ(request.headers[4], "X-Amz-Security-Token: TOKEN-MARKER");
  const testing::SignatureCheck check = testing::check_signature(request, "SECRET-MARKER");
  EXPECT_EQ(check.scope, "AKID-MARKER/20261121/eu-west-1/dynamodb/aws4_request");
  EXPECT_EQ(check.problem, "");
  EXPECT_EQ(check.found, check.expected);
  EXPECT_EQ(request.body, R"({"a":1})");
  EXPECT_TRUE(request.timeout);
  EXPECT_TRUE(request.use_proxy);
}

TEST_F(ApiClientTest, SendsAgainWhatWasSpoiled) {
  const std::vector<Result<HttpResponse>> spoiled = {
      Error{ErrorCode::kUnavailable, "connection reset"},
      Error{ErrorCode::kTimeout, "no answer in time"},
      Error{ErrorCode::kProtocol, "the answer is not HTTP"},
      refusal(500, "InternalServerError", "internal"),
      refusal(503, "", ""),
      refusal(400, "ThrottlingException", "Rate exceeded"),
      refusal(400, "LimitExceededException", "Too many readers"),
      refusal(400, "ProvisionedThroughputExceededException", ""),
      refusal(400, "TransactionConflictException", ""),
      HttpResponse{.status = 502, .headers = {}, .body = "<html>Bad gateway</html>"},
      HttpResponse{.status = 200, .headers = {{"x-amz-crc32", "1"}}, .body = "{}"},
      HttpResponse{.status = 200, .headers = {{"x-amz-crc32", "x"}}, .body = "{}"},
      success("<html></html>"),
      success(""),
      success("[]"),
      success("1"),
      success(R"({"a":{"b":[1,2)"),
      success(R"({"a":[1,}]})"),
      success("{}{}"),
      success("{} x"),
  };
  for (const Result<HttpResponse>& each : spoiled) {
    expect(each);
    expect(success("{}"));
    EXPECT_FALSE(call()) << (each ? each->body : each.error().message);
    EXPECT_TRUE(transport_.done());
    const auto& requests = transport_.requests();
    EXPECT_EQ(requests[requests.size() - 1].body, requests[requests.size() - 2].body);
  }
  EXPECT_GT(clock_.sleeps.size(), spoiled.size() * 3 / 4) << "a pause that is drawn may be none";
}

TEST_F(ApiClientTest, TakesAnAnswerWhoseChecksumFits) {
  const std::string body = R"({"a":[1,2]})";
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
  expect(
      HttpResponse{.status = 200, .headers = {{"x-amz-crc32", std::to_string(sum)}}, .body = body});
  EXPECT_FALSE(call());
  EXPECT_TRUE(clock_.sleeps.empty());
}

TEST_F(ApiClientTest, TellsWhyTheServiceRefusesAndAsksOnce) {
  struct Case {
    HttpResponse response;
    std::string code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {refusal(400, "AccessDeniedException", "no"), "AccessDeniedException",
       "AccessDeniedException: no"},
      {refusal(400, "TrimmedDataAccessException", "gone"), "TrimmedDataAccessException",
       "TrimmedDataAccessException: ***"},
      {refusal(400, "ValidationException", "The value MARKER is invalid"), "ValidationException",
       "ValidationException: The value *** is invalid"},
      {refusal(400, "SomethingNewException", "MARKER"), "SomethingNewException",
       "SomethingNewException: ***"},
      {refusal(403, "bad code", "no"), "", "HTTP 403: no"},
      {{.status = 301, .headers = {}, .body = "moved"},
       "",
       "HTTP 301, and not an answer of DynamoDB"},
  };
  for (const Case& each : cases) {
    expect(each.response);
    const auto error = call();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->error.code, ErrorCode::kRejected);
    EXPECT_EQ(error->error.message, each.message);
    EXPECT_EQ(error->code, each.code);
  }
  EXPECT_TRUE(clock_.sleeps.empty());
  EXPECT_EQ(log_.find("MARKER"), std::string::npos) << log_;
}

TEST_F(ApiClientTest, TakesTheCodeOutOfTheHeaderWhereTheBodyHasNone) {
  // Source: Smithy, AWS restJson1 protocol, "Operation error serialization".
  for (const char* type : {"ResourceNotFoundException",
                           "ResourceNotFoundException:http://internal.amazon.com/coral/com.x/"}) {
    expect(HttpResponse{.status = 404,
                        .headers = {{"x-amzn-errortype", type}},
                        .body = R"({"Type":"User","Message":"Function not found: f"})"});
    const auto failed = call();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->code, "ResourceNotFoundException");
    EXPECT_EQ(failed->error.code, ErrorCode::kRejected);
  }
}

TEST_F(ApiClientTest, TellsWhatTheNetworkWillNeverDo) {
  expect(Error{ErrorCode::kFatal, "the peer's certificate is no good"});
  expect(success(R"({"a":")" + std::string(1024, 'x') + "\"}"));
  auto error = call();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error.code, ErrorCode::kFatal);
  EXPECT_EQ(error->error.message, "the peer's certificate is no good");
  error = call();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error.code, ErrorCode::kTooLarge);
}

TEST_F(ApiClientTest, TriesUntilTheDeadlineAndTellsTheLatestReason) {
  for (int i = 0; i < 60; ++i) expect(refusal(400, "ThrottlingException", "Rate exceeded"));
  const SteadyTime start = clock_.steady_now();
  const auto error = call(seconds(30));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error.code, ErrorCode::kTimeout);
  EXPECT_EQ(error->error.message,
            "not done before the deadline; before that: ThrottlingException: Rate exceeded");
  EXPECT_EQ(error->code, "ThrottlingException");
  EXPECT_LE(clock_.steady_now() - start, seconds(30));
  EXPECT_GT(transport_.requests().size(), 3U);
  EXPECT_FALSE(transport_.done());
}

TEST_F(ApiClientTest, SendsNothingOnceTheDeadlineHasPassed) {
  for (const milliseconds time : {milliseconds(-5), milliseconds(0), milliseconds(19)}) {
    const auto error = call(time);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->error.code, ErrorCode::kTimeout);
    EXPECT_EQ(error->error.message, "not done before the deadline");
    EXPECT_EQ(error->code, "");
  }
  EXPECT_TRUE(transport_.requests().empty());
}

TEST_F(ApiClientTest, AbandonsWhatIsInFlightAtTheDeadline) {
  testing::FakeStream slow(clock_);
  slow.latency = milliseconds(500);
  slow.fault = [](const testing::StreamCall&) { return success("{}"); };
  ServiceClient service(good_options(), slow, clock_, logger_);
  ApiClient client(service);
  const SteadyTime start = clock_.steady_now();
  const auto error = client.call(kOperation, "{}", answer_, start + milliseconds(100));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error.code, ErrorCode::kTimeout);
  EXPECT_EQ(clock_.steady_now() - start, milliseconds(100));
  EXPECT_EQ(slow.cancelled, 1U);
}

TEST_F(ApiClientTest, GoesOnAtLeisureWhenTheRetryBudgetIsSpent) {
  constexpr int kRetries = RetryBudget::kTokensMax / RetryBudget::kRetryCost;
  constexpr int kLate = 100;
  for (int i = 0; i < kRetries + kLate; ++i)
    expect(refusal(500, "InternalServerError", "internal"));
  expect(success("{}"));
  const SteadyTime start = clock_.steady_now();
  EXPECT_FALSE(call(std::chrono::hours(10)));
  EXPECT_TRUE(transport_.done());
  EXPECT_GT(clock_.steady_now() - start, kLate * kDelayMax / 4);
}

TEST_F(ApiClientTest, MendsItsClockByTheServicesTwiceForOneCall) {
  HttpResponse refused = refusal(403, "InvalidSignatureException", "Signature not yet current");
  refused.headers = {{"date", "Sat, 21 Nov 2026 03:44:22 GMT"}};  // three hours ahead
  expect(refused);
  expect(success("{}"));
  expect(success("{}"));
  EXPECT_FALSE(call());
  EXPECT_FALSE(call());
  EXPECT_TRUE(clock_.sleeps.empty());
  for (const std::size_t index : {1U, 2U}) {
    EXPECT_EQ(format_rfc3339(testing::signed_at(transport_.requests()[index])),
              "2026-11-21T03:44:22.000Z");
  }
  for (const char* date : {"Sat, 21 Nov 2026 00:44:22 GMT", "Sat, 21 Nov 2026 09:44:22 GMT",
                           "Sat, 21 Nov 2026 00:44:22 GMT"}) {
    refused.headers = {{"date", date}};
    expect(refused);
  }
  const auto error = call();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error.code, ErrorCode::kRejected);
  EXPECT_EQ(error->code, "InvalidSignatureException");
}

TEST_F(ApiClientTest, TakesARefusedSignatureForGoodIfItsClockIsRight) {
  HttpResponse refused = refusal(403, "InvalidSignatureException", "does not match");
  refused.headers = {{"date", "Sat, 21 Nov 2026 00:44:00 GMT"}};
  expect(refused);
  const auto error = call();
  ASSERT_TRUE(error);
  EXPECT_EQ(
      error->error.message,
      "InvalidSignatureException: the service does not take the signature: the secret access "
      "key is wrong, a proxy changes requests, or a clock is wrong; the service's clock is 22 "
      "seconds behind ours");
}

TEST_F(ApiClientTest, GivesADeadConnectionUpSoonAndSendsAgainOverAFreshOne) {
  testing::FakeStream stream(clock_);
  stream.fault = [](const testing::StreamCall&) { return success("{}"); };
  ServiceClient service(good_options(), stream, clock_, logger_);
  ApiClient client(service);
  ASSERT_FALSE(client.call(kOperation, "{}", answer_, clock_.steady_now() + seconds(60)));
  // The sandbox is frozen, and what was kept dies without a word.
  stream.fault = [](const testing::StreamCall& call) -> Result<HttpResponse> {
    if (call.request.fresh_connection) return success("{}");
    return Error{ErrorCode::kTimeout, "no answer in time"};
  };
  const SteadyTime start = clock_.steady_now();
  EXPECT_FALSE(client.call(kOperation, "{}", answer_, start + seconds(60)));
  EXPECT_LE(clock_.steady_now() - start, milliseconds(1'100));
  ASSERT_EQ(stream.seen.size(), 3U);
  EXPECT_FALSE(stream.seen[0].request.fresh_connection);
  EXPECT_EQ(stream.seen[0].request.timeout, seconds(10));
  EXPECT_FALSE(stream.seen[1].request.fresh_connection);
  EXPECT_EQ(stream.seen[1].request.timeout, seconds(1));
  EXPECT_TRUE(stream.seen[2].request.fresh_connection);
  EXPECT_EQ(stream.seen[2].request.timeout, seconds(10));
}

TEST_F(ApiClientTest, HasTimeForAnotherAttemptWhereLittleIsLeft) {
  expect(success("{}"));
  expect(success("{}"));
  EXPECT_FALSE(call());
  EXPECT_FALSE(call(milliseconds(600)));
  EXPECT_EQ(transport_.requests()[1].timeout, milliseconds(200));
}

TEST_F(ApiClientTest, DoesNotTakeASlowAnswerForADeadConnectionEachTime) {
  testing::FakeStream stream(clock_);
  stream.latency = seconds(3);
  stream.fault = [](const testing::StreamCall&) { return success("{}"); };
  ServiceClient service(good_options(), stream, clock_, logger_);
  ApiClient client(service);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(client.call(kOperation, "{}", answer_, clock_.steady_now() + seconds(60)));
  ASSERT_EQ(stream.seen.size(), 3U);
  EXPECT_EQ(stream.seen[1].request.timeout, seconds(9));
}

TEST_F(ApiClientTest, KnowsAServiceThatIsSlowToItsOtherCallers) {
  testing::FakeStream stream(clock_);
  stream.latency = seconds(2);
  stream.fault = [](const testing::StreamCall&) { return success("{}"); };
  ServiceClient service(good_options(), stream, clock_, logger_);
  ApiClient client(service);
  ApiClient other(service);
  EXPECT_FALSE(client.call(kOperation, "{}", answer_, clock_.steady_now() + seconds(60)));
  EXPECT_FALSE(other.call(kOperation, "{}", answer_, clock_.steady_now() + seconds(60)));
  ASSERT_EQ(stream.seen.size(), 2U);
  EXPECT_EQ(stream.seen[1].request.timeout, seconds(6));
}

TEST_F(ApiClientTest, IsImpatientAgainAfterManyQuickAnswers) {
  testing::FakeStream stream(clock_);
  stream.fault = [](const testing::StreamCall&) { return success("{}"); };
  ServiceClient service(good_options(), stream, clock_, logger_);
  ApiClient client(service);
  for (int i = 0; i < 50; ++i) {
    stream.latency = i == 0 ? seconds(4) : milliseconds(10);
    EXPECT_FALSE(client.call(kOperation, "{}", answer_, clock_.steady_now() + seconds(60)));
  }
  ASSERT_EQ(stream.seen.size(), 50U);
  EXPECT_GT(stream.seen[9].request.timeout, seconds(4));
  EXPECT_EQ(stream.seen[49].request.timeout, seconds(1));
}

TEST_F(ApiClientTest, LearnsTheServicesClockForItsOtherCallers) {
  HttpResponse refused = refusal(403, "InvalidSignatureException", "Signature not yet current");
  refused.headers = {{"date", "Sat, 21 Nov 2026 03:44:22 GMT"}};
  expect(refused);
  expect(success("{}"));
  EXPECT_FALSE(call());
  ApiClient other(service_);
  expect(success("{}"));
  EXPECT_FALSE(other.call(kOperation, "{}", answer_, clock_.steady_now() + seconds(60)));
  EXPECT_EQ(format_rfc3339(testing::signed_at(transport_.requests()[2])),
            "2026-11-21T03:44:22.000Z");
}

TEST_F(ApiClientTest, SpendsTheServicesBudgetWithItsOtherCallers) {
  ApiClient other(service_);
  for (int i = 0; i < 2; ++i) {
    expect(refusal(500, "InternalServerError", "internal"));
    expect(refusal(400, "AccessDeniedException", "no"));
  }
  EXPECT_TRUE(call());
  EXPECT_TRUE(other.call(kOperation, "{}", answer_, clock_.steady_now() + seconds(60)));
  EXPECT_EQ(service_.budget().tokens(), RetryBudget::kTokensMax - 2 * RetryBudget::kRetryCost);
}

TEST_F(ApiClientTest, LogsEachRequestAndNoCredential) {
  expect(refusal(500, "InternalServerError", "VALUE-MARKER"));
  expect(refusal(400, "ValidationException", "VALUE-MARKER"));
  EXPECT_TRUE(call());
  EXPECT_NE(log_.find("InternalServerError"), std::string::npos);
  EXPECT_NE(log_.find("WARN"), std::string::npos);
  EXPECT_EQ(log_.find("MARKER"), std::string::npos) << log_;
}

}  // namespace
}  // namespace streamonce::aws
