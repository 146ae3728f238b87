// What is signed, checked by an implementation of its own on the server's side.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "runtime/aws/aws_signer.h"
#include "runtime/aws/credentials.h"
#include "runtime/http/curl_transport.h"
#include "tests/support/sigv4.h"
#include "tests/support/socket_server.h"

namespace streamonce::aws {
namespace {

using runtime::HttpMethod;
using runtime::HttpRequest;
using runtime::HttpResponse;
using testing::check_signature;
using testing::ServerRequest;
using testing::SignatureCheck;
using testing::SocketServer;

// The credentials of AWS's own examples.
constexpr const char* kAccessKeyId = "AKIDEXAMPLE";
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

class HttpSigning : public ::testing::Test {
 protected:
  /// The request as it came to the server.
  ServerRequest send(HttpRequest request, bool is_signed = true) {
    request.url = server_.url(request.url);
    const Result<HttpResponse> response = perform(std::move(request), is_signed);
    EXPECT_TRUE(response) << response.error().message;
    return server_.requests().back();
  }

  Result<HttpResponse> perform(HttpRequest request, bool is_signed) {
    request.timeout = std::chrono::seconds(60);
    if (is_signed)
      for (std::string& line : signer_.sign(request, credentials_, scope_))
        request.headers.push_back(std::move(line));
    return runtime::perform(*transport_, std::move(request));
  }

  static HttpRequest transaction(std::string body) {
    return {.method = HttpMethod::kPost,
            .url = "/",
            .headers = {"Content-Type: application/x-amz-json-1.0",
                        "X-Amz-Target: DynamoDB_20120810.TransactWriteItems"},
            .body = std::move(body)};
  }

  SystemClock clock_;
  SocketServer server_{
      [](const ServerRequest&) { return testing::reply(testing::answer(200, "{}")); }};
  std::unique_ptr<runtime::HttpTransport> transport_ =
      runtime::make_curl_transport({.ca_bundle_path = "", .user_agent = "streamonce/test"}, clock_);
  AwsSigner signer_;
  Credentials credentials_{.access_key_id = kAccessKeyId,
                           .secret_access_key = std::string(kSecret),
                           .session_token = "",
                           .expiry = {}};
  SigningScope scope_{.region = "eu-central-1", .service = "dynamodb", .time = clock_.now()};
};

// Source: AWS Signature Version 4 test suite, get-vanilla and post-vanilla-query-like requests.
TEST(SignatureCheckTest, AgreesWithTheVectorsOfAws) {
  ServerRequest request;
  request.method = "GET";
  request.target = "/";
  request.headers = {
      {"host", "example.amazonaws.com"},
      {"x-amz-date", "20150830T123600Z"},
      {"authorization",
       "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
       "SignedHeaders=host;x-amz-date, "
       "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"}};
  const SignatureCheck good = check_signature(request, kSecret);
  EXPECT_EQ(good.problem, "");
  EXPECT_EQ(good.found, good.expected);
  const SignatureCheck bad = check_signature(request, "another secret");
  EXPECT_NE(bad.found, bad.expected);
}

TEST_F(HttpSigning, SignsEveryHeaderOfTheRequest) {
  const SignatureCheck check =
      check_signature(send(transaction(R"({"TransactItems":[]})")), kSecret);
  EXPECT_EQ(check.problem, "");
  EXPECT_EQ(check.signed_headers, "content-type;host;x-amz-date;x-amz-target");
  EXPECT_TRUE(check.scope.starts_with("AKIDEXAMPLE/20"));
  EXPECT_TRUE(check.scope.ends_with("/eu-central-1/dynamodb/aws4_request"));
  EXPECT_EQ(check.found, check.expected);
}

TEST_F(HttpSigning, SignsTheSessionToken) {
  credentials_.session_token = "IQoJb3JpZ2luX2VjE+/=token";
  const ServerRequest request = send(transaction("{}"));
  const SignatureCheck check = check_signature(request, kSecret);
  EXPECT_EQ(request.header("x-amz-security-token"), credentials_.session_token);
  EXPECT_EQ(check.signed_headers, "content-type;host;x-amz-date;x-amz-security-token;x-amz-target");
  EXPECT_EQ(check.problem, "");
  EXPECT_EQ(check.found, check.expected);
}

TEST_F(HttpSigning, SignsBodiesOfEverySize) {
  for (const std::size_t bytes : {0UL, 1UL, 70'000UL, 1'048'576UL, 1'048'577UL, 4'194'304UL}) {
    std::string body(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) body[i] = static_cast<char>(i * 31);
    const ServerRequest request = send(transaction(body));
    const SignatureCheck check = check_signature(request, kSecret);
    EXPECT_TRUE(request.body == body);
    EXPECT_EQ(check.problem, "");
    EXPECT_EQ(check.found, check.expected) << bytes;
  }
}

TEST_F(HttpSigning, SignsAGetWithAQuery) {
  const SignatureCheck check =
      check_signature(send({.url = "/base/path?Action=List&Version=1"}), kSecret);
  EXPECT_EQ(check.problem, "");
  EXPECT_EQ(check.found, check.expected);
}

TEST_F(HttpSigning, SignsThePathThatIsSent) {
  for (const char* path : {"/a/../b", "/a/./b/", "//a"}) {
    const ServerRequest request = send({.url = path});
    const SignatureCheck check = check_signature(request, kSecret);
    EXPECT_EQ(request.target, path);
    EXPECT_EQ(check.found, check.expected) << path;
  }
}

TEST_F(HttpSigning, SignsAsOfTheTimeThatIsGiven) {
  scope_.time = WallTime(std::chrono::milliseconds(1'795'221'862'580));
  const ServerRequest request = send(transaction("{}"));
  const SignatureCheck check = check_signature(request, kSecret);
  EXPECT_EQ(request.header("x-amz-date"), "20261121T004422Z");
  EXPECT_TRUE(check.scope.starts_with("AKIDEXAMPLE/20261121/")) << check.scope;
  EXPECT_EQ(check.problem, "");
  EXPECT_EQ(check.found, check.expected);
}

TEST_F(HttpSigning, LeavesNothingForTheNextRequest) {
  credentials_.session_token = "token";
  ASSERT_TRUE(send(transaction("{}")).has_header("authorization"));
  const ServerRequest next = send({.url = "/"}, /*is_signed=*/false);
  EXPECT_FALSE(next.has_header("authorization"));
  EXPECT_FALSE(next.has_header("x-amz-date"));
  EXPECT_FALSE(next.has_header("x-amz-security-token"));
  EXPECT_EQ(server_.connections(), 1);
}

/// A line break would begin another header. Whoever signs a line that is none does no harm: the
/// transport looks at all lines, those of the signature, too.
TEST_F(HttpSigning, SendsNothingWithAHeaderThatIsNoLineOfItsOwn) {
  for (const std::string header : {"A: b\r\nInjected: c", "A: b\n", "A: \x01", "no colon", ""}) {
    const Result<HttpResponse> response =
        perform({.url = server_.url("/"), .headers = {"Good: 1", header}}, /*is_signed=*/true);
    ASSERT_FALSE(response) << header;
    EXPECT_EQ(response.error().code, ErrorCode::kFatal);
    EXPECT_NE(response.error().message.find("header"), std::string::npos);
    EXPECT_EQ(response.error().message.find("Injected"), std::string::npos);
  }
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(HttpSigning, SendsNothingWithATokenThatHasALineBreak) {
  credentials_.session_token = "MARK\nMARK";
  const Result<HttpResponse> response = perform({.url = server_.url("/")}, /*is_signed=*/true);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kFatal);
  EXPECT_EQ(response.error().message.find("MARK"), std::string::npos);
  EXPECT_EQ(server_.connections(), 0);
}

}  // namespace
}  // namespace streamonce::aws
