#include "runtime/lambda/runtime_api.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/fake_transport.h"

namespace streamonce::runtime {
namespace {

using testing::FakeTransport;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kArn = "arn:aws:lambda:eu-central-1:123456789012:function:orders";

HttpResponse event_answer(Headers headers, std::string body = "{}") {
  return {.status = 200, .headers = std::move(headers), .body = std::move(body)};
}

Headers required_headers() {
  return {{"lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"},
          {"lambda-runtime-deadline-ms", "1795221862580"}};
}

bool has_header(const HttpRequest& request, std::string_view line) {
  for (const std::string& header : request.headers)
    if (header == line) return true;
  return false;
}

class RuntimeApiTest : public ::testing::Test {
 protected:
  Result<Invocation> next_of(Result<HttpResponse> answer) {
    transport_.expect(HttpMethod::kGet, "/invocation/next", std::move(answer));
    return api_.next();
  }
  /// The code that a report ends with when it is answered with `status`.
  ErrorCode code_of_post_answered(int status) {
    transport_.expect(HttpMethod::kPost, "/response", HttpResponse{.status = status});
    const Status told = api_.respond({.request_id = "r-1"}, "{}");
    EXPECT_FALSE(told) << status;
    EXPECT_NE(told.error().message.find(std::to_string(status)), std::string::npos);
    return told.error().code;
  }

  FakeTransport transport_;
  RuntimeApi api_{transport_, "169.254.100.1:9001"};
};

TEST_F(RuntimeApiTest, TakesAnInvocation) {
  Headers headers = required_headers();
  headers.emplace_back("lambda-runtime-trace-id", "Root=1-5bef4de7;Parent=ad;Sampled=1");
  headers.emplace_back("lambda-runtime-invoked-function-arn", kArn);
  headers.emplace_back("lambda-runtime-invocation-id", "inv-1");
  const Result<Invocation> invocation = next_of(event_answer(headers, R"({"Records":[]})"));
  ASSERT_TRUE(invocation) << invocation.error().message;
  EXPECT_EQ(invocation->request_id, "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
  EXPECT_EQ(invocation->invocation_id, "inv-1");
  EXPECT_EQ(invocation->trace_id, "Root=1-5bef4de7;Parent=ad;Sampled=1");
  EXPECT_EQ(invocation->function_arn, kArn);
  EXPECT_EQ(format_rfc3339(invocation->deadline), "2026-11-21T00:44:22.580Z");
  EXPECT_EQ(invocation->body.text, R"({"Records":[]})");
  const HttpRequest& request = transport_.requests().at(0);
  EXPECT_EQ(request.url, "http://169.254.100.1:9001/2018-06-01/runtime/invocation/next");
  EXPECT_FALSE(request.timeout);
  EXPECT_FALSE(request.use_proxy);
}

TEST_F(RuntimeApiTest, DoesWithoutTheOptionalHeaders) {
  const Result<Invocation> invocation = next_of(event_answer(required_headers()));
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->invocation_id, "");
  EXPECT_EQ(invocation->trace_id, "");
  EXPECT_EQ(invocation->function_arn, "");
}

TEST_F(RuntimeApiTest, TakesAHostNameAndABasePath) {
  for (const std::string_view address : {"localhost:9000/.rt/_", "localhost:9000/.rt/_/"}) {
    FakeTransport transport;
    RuntimeApi api(transport, address);
    transport.expect(HttpMethod::kGet, "http://localhost:9000/.rt/_/2018-06-01/runtime/invocation",
                     event_answer(required_headers()));
    EXPECT_TRUE(api.next());
  }
}

TEST(RuntimeApiAddress, IsAHostWithAPortAndAPathIfNeedBe) {
  for (const std::string address :
       {"127.0.0.1:9001", "169.254.100.1:9001", "localhost", "localhost:9000/.rt/_",
        "localhost:9000/.rt/_/", "[::1]:9001", "[::1]", "runtime.internal:80", "a_b:1"})
    EXPECT_TRUE(check_address(address)) << address;
}

TEST(RuntimeApiAddress, IsRefusedWithWhatWasFoundAndExpected) {
  for (const std::string address : {"http://127.0.0.1:9001",
                                    "https://127.0.0.1:9001",
                                    "//127.0.0.1:9001",
                                    ":9001",
                                    "127.0.0.1:",
                                    "127.0.0.1:0",
                                    "127.0.0.1:65536",
                                    "127.0.0.1:port",
                                    "127.0.0.1:9001 ",
                                    " 127.0.0.1:9001",
                                    "127.0.0.1:9001\n",
                                    "127.0.0.1\n:9001",
                                    "127.0.0.1:9001/a b",
                                    "127.0.0.1:9001?x",
                                    "127.0.0.1:9001#x",
                                    "::1",
                                    "[::1",
                                    "[]:9001",
                                    "/path",
                                    "h\xC3\xB6st:1",
                                    "a\tb:1",
                                    "127.0.0.1:+1",
                                    "127.0.0.1:9001/%0a"}) {
    const Status valid = check_address(address);
    ASSERT_FALSE(valid) << address;
    const std::string& message = valid.error().message;
    EXPECT_EQ(valid.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(message.starts_with("AWS_LAMBDA_RUNTIME_API: found \"")) << message;
    EXPECT_NE(message.find("expected HOST:PORT"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_NE(check_address("http://127.0.0.1:9001").error().message.find("http://127.0.0.1:9001"),
            std::string::npos);
  EXPECT_LT(check_address(std::string(100'000, ' ')).error().message.size(), 500U);
}

TEST(RuntimeApiAddress, IsNotQuotedWhereItMayHoldAPassword) {
  const Status valid = check_address("user:MARK@127.0.0.1:9001");
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().message.find("MARK"), std::string::npos);
}

TEST_F(RuntimeApiTest, TakesAMissingOrMalformedRequestIdAsAProtocolError) {
  for (const std::string& id :
       std::vector<std::string>{"", "a/b", "a b", "a\"b", "..", ".", "a?b", "a%2Fb", "\xC3\xA9",
                                std::string(300, 'a')}) {
    Headers headers = required_headers();
    headers[0].second = id;
    const Result<Invocation> invocation = next_of(event_answer(headers));
    ASSERT_FALSE(invocation) << id;
    EXPECT_EQ(invocation.error().code, ErrorCode::kProtocol);
    EXPECT_NE(invocation.error().message.find("Request-Id"), std::string::npos);
  }
}

TEST_F(RuntimeApiTest, TakesAMissingOrMalformedDeadlineAsAProtocolError) {
  for (const std::string_view deadline : {"", "soon", "-1", "+1", " 1", "1 ", "1e3", "12.5",
                                          "99999999999999999", "99999999999999999999"}) {
    Headers headers = required_headers();
    headers[1].second = deadline;
    const Result<Invocation> invocation = next_of(event_answer(headers));
    ASSERT_FALSE(invocation) << deadline;
    EXPECT_EQ(invocation.error().code, ErrorCode::kProtocol);
    EXPECT_NE(invocation.error().message.find("Deadline-Ms"), std::string::npos);
  }
}

TEST_F(RuntimeApiTest, TakesAnInvocationIdThatCannotBeEchoedAsAProtocolError) {
  Headers headers = required_headers();
  headers.emplace_back("lambda-runtime-invocation-id", "a\rb");
  EXPECT_EQ(next_of(event_answer(headers)).error().code, ErrorCode::kProtocol);
}

TEST_F(RuntimeApiTest, TakesAnErrorStatusOfNextAsFatalWithTheServicesWords) {
  for (const int status : {202, 302, 400, 403, 404, 500}) {
    const std::string words = "words\nwith\x01 control" + std::string(500, '.');
    const Result<Invocation> invocation =
        next_of(HttpResponse{.status = status, .headers = required_headers(), .body = words});
    ASSERT_FALSE(invocation) << status;
    EXPECT_EQ(invocation.error().code, ErrorCode::kFatal);
    EXPECT_NE(invocation.error().message.find(std::to_string(status) + ": words with  control..."),
              std::string::npos);
    EXPECT_LT(invocation.error().message.size(), 300U);
  }
}

TEST_F(RuntimeApiTest, HandsOnWhatTheTransportSays) {
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kTooLarge, ErrorCode::kProtocol})
    EXPECT_EQ(next_of(Error{code, "why"}).error().code, code);
}

TEST_F(RuntimeApiTest, ReportsAResponse) {
  transport_.expect(HttpMethod::kPost, "", HttpResponse{.status = 202});
  ASSERT_TRUE(api_.respond({.request_id = "r-1"}, R"({"batchItemFailures":[]})"));
  const HttpRequest& request = transport_.requests().at(0);
  EXPECT_EQ(request.url, "http://169.254.100.1:9001/2018-06-01/runtime/invocation/r-1/response");
  EXPECT_EQ(request.body, R"({"batchItemFailures":[]})");
  EXPECT_EQ(request.headers, (std::vector<std::string>{"Content-Type: application/json"}));
}

TEST_F(RuntimeApiTest, ReportsAnError) {
  transport_.expect(HttpMethod::kPost, "", HttpResponse{.status = 202});
  ASSERT_TRUE(api_.report_error({.request_id = "r-1"},
                                {.type = "Function.InvalidEvent", .message = "no \"Records\""}));
  const HttpRequest& request = transport_.requests().at(0);
  EXPECT_EQ(request.url, "http://169.254.100.1:9001/2018-06-01/runtime/invocation/r-1/error");
  EXPECT_EQ(request.body, R"({"errorMessage":"no \"Records\"","errorType":"Function.InvalidEvent",)"
                          R"("stackTrace":[]})");
  EXPECT_TRUE(has_header(request, "Content-Type: application/vnd.aws.lambda.error+json"));
  EXPECT_TRUE(has_header(request, "Lambda-Runtime-Function-Error-Type: Function.InvalidEvent"));
}

TEST_F(RuntimeApiTest, ReportsAnInitError) {
  transport_.expect(HttpMethod::kPost, "", HttpResponse{.status = 202});
  ASSERT_TRUE(api_.report_init_error({.type = "Function.InvalidConfiguration", .message = "m"}));
  const HttpRequest& request = transport_.requests().at(0);
  EXPECT_EQ(request.url, "http://169.254.100.1:9001/2018-06-01/runtime/init/error");
  EXPECT_TRUE(
      has_header(request, "Lambda-Runtime-Function-Error-Type: Function.InvalidConfiguration"));
}

TEST_F(RuntimeApiTest, EchoesTheInvocationIdIfOneCame) {
  const Invocation invocation{.request_id = "r-1", .invocation_id = "inv-9"};
  transport_.expect(HttpMethod::kPost, "/response", HttpResponse{.status = 202});
  transport_.expect(HttpMethod::kPost, "/error", HttpResponse{.status = 202});
  ASSERT_TRUE(api_.respond(invocation, "{}"));
  ASSERT_TRUE(api_.report_error(invocation, {.type = "Function.X", .message = "m"}));
  for (const HttpRequest& request : transport_.requests())
    EXPECT_TRUE(has_header(request, "Lambda-Runtime-Invocation-Id: inv-9"));
}

// Source: Runtime API, its OpenAPI text, and the status codes that the service gives.
TEST_F(RuntimeApiTest, TellsWhatARefusedReportMeans) {
  for (const int status : {400, 410, 413})
    EXPECT_EQ(code_of_post_answered(status), ErrorCode::kRejected);
  for (const int status : {403, 500, 502, 503})
    EXPECT_EQ(code_of_post_answered(status), ErrorCode::kFatal);
  for (const int status : {302, 404, 429})
    EXPECT_EQ(code_of_post_answered(status), ErrorCode::kProtocol);
}

TEST_F(RuntimeApiTest, TakesEvery2xxAsDone) {
  for (const int status : {200, 202, 204}) {
    transport_.expect(HttpMethod::kPost, "/response", HttpResponse{.status = status});
    EXPECT_TRUE(api_.respond({.request_id = "r-1"}, "{}"));
  }
}

TEST(ErrorBody, IsValidJsonWhateverTheMessage) {
  EXPECT_EQ(error_body({.type = "Function.X", .message = "a\n\xFF"}),
            "{\"errorMessage\":\"a\\n\xEF\xBF\xBD\",\"errorType\":\"Function.X\","
            "\"stackTrace\":[]}");
}

}  // namespace
}  // namespace streamonce::runtime
