#include "runtime/aws/aws_signer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace streamonce::aws {
namespace {

using runtime::HttpMethod;
using runtime::HttpRequest;

// Source: AWS Signature Version 4 test suite: its credentials, scope and time.
constexpr WallTime kTime{std::chrono::milliseconds(1'440'938'160'000)};  // 20150830T123600Z

const Credentials kCredentials{.access_key_id = "AKIDEXAMPLE",
                               .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                               .session_token = {},
                               .expiry = {}};
constexpr SigningScope kScope{.region = "us-east-1", .service = "service", .time = kTime};

HttpRequest request_to(std::string url) {
  return {.url = std::move(url)};
}

HttpRequest vector_request(std::vector<std::string> headers = {}) {
  HttpRequest request = request_to("https://example.amazonaws.com/");
  request.headers = std::move(headers);
  return request;
}

using Lines = std::vector<std::string>;

std::string authorization(const std::string& names, const std::string& signature) {
  return "Authorization: AWS4-HMAC-SHA256 "
         "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
         names + ", Signature=" + signature;
}

TEST(AwsSigner, SignsTheVectorGetVanilla) {
  EXPECT_EQ(
      AwsSigner().sign(vector_request(), kCredentials, kScope),
      (Lines{"Host: example.amazonaws.com", "X-Amz-Date: 20150830T123600Z",
             authorization("host;x-amz-date",
                           "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")}));
}

TEST(AwsSigner, SignsTheVectorPostVanilla) {
  HttpRequest request = vector_request();
  request.method = HttpMethod::kPost;
  EXPECT_EQ(AwsSigner().sign(request, kCredentials, kScope).back(),
            authorization("host;x-amz-date",
                          "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
}

TEST(AwsSigner, SignsTheVectorGetHeaderValueTrim) {
  const HttpRequest request =
      vector_request({"My-Header1: value1  ", "My-Header2:  \"a   b   c\"  "});
  EXPECT_EQ(AwsSigner().sign(request, kCredentials, kScope).back(),
            authorization("host;my-header1;my-header2;x-amz-date",
                          "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"));
}

// Source: Amazon S3 API reference, "Authenticating requests: using the Authorization header (AWS
// Signature Version 4)", examples "GET Object", "GET Bucket Lifecycle" and "Get Bucket (List
// Objects)": docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
TEST(AwsSigner, SignsTheExamplesOfS3) {
  const Credentials credentials{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                                .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                .session_token = {},
                                .expiry = {}};
  const SigningScope scope{.region = "us-east-1",
                           .service = "s3",
                           .time = WallTime(std::chrono::seconds(1'369'353'600))};  // 20130524
  const std::string hash =
      "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const struct {
    const char* target;
    std::vector<std::string> headers;
    const char* names;
    const char* signature;
  } examples[] = {
      {"/test.txt",
       {"Range: bytes=0-9", hash},
       "host;range;x-amz-content-sha256;x-amz-date",
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"/?lifecycle=",
       {hash},
       "host;x-amz-content-sha256;x-amz-date",
       "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
      {"/?max-keys=2&prefix=J",
       {hash},
       "host;x-amz-content-sha256;x-amz-date",
       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
  };
  for (const auto& example : examples) {
    HttpRequest request =
        request_to(std::string("https://examplebucket.s3.amazonaws.com") + example.target);
    request.headers = example.headers;
    EXPECT_EQ(AwsSigner().sign(request, credentials, scope).back(),
              "Authorization: AWS4-HMAC-SHA256 "
              "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=" +
                  std::string(example.names) + ", Signature=" + example.signature)
        << example.target;
  }
}

// Source: AWS, "Create a signed AWS API request", the example of ListUsers.
TEST(AwsSigner, SignsTheExampleWithAQuery) {
  SigningScope scope = kScope;
  scope.service = "iam";
  HttpRequest request =
      request_to("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08");
  request.headers = {"Content-Type: application/x-www-form-urlencoded; charset=utf-8"};
  const Lines lines = AwsSigner().sign(request, kCredentials, scope);
  EXPECT_TRUE(lines.back().ends_with(
      "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
      "SignedHeaders=content-type;host;x-amz-date, "
      "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"))
      << lines.back();
}

TEST(AwsSigner, NamesTheHostAsItIsSent) {
  const auto host_of = [](const std::string& url) {
    return AwsSigner().sign(request_to(url), kCredentials, kScope).front();
  };
  EXPECT_EQ(host_of("http://127.0.0.1:8000/"), "Host: 127.0.0.1:8000");
  EXPECT_EQ(host_of("http://[::1]:8000"), "Host: [::1]:8000");
  EXPECT_EQ(host_of("http://[::80]"), "Host: [::80]");
  EXPECT_EQ(host_of("http://host:80/base"), "Host: host");
  EXPECT_EQ(host_of("https://host:443?a=b"), "Host: host");
  EXPECT_EQ(host_of("http://host:443/"), "Host: host:443");
  EXPECT_EQ(host_of("https://host:80/"), "Host: host:80");
  EXPECT_EQ(host_of("https://host:8443/"), "Host: host:8443");
}

/// The key that is kept must be that of what it was derived from.
TEST(AwsSigner, SignsAsIfItHadNoKeyYet) {
  std::vector<std::pair<Credentials, SigningScope>> signings(6, {kCredentials, kScope});
  signings[1].first.secret_access_key = "another";
  signings[2].second.region = "us-east-2";
  signings[3].second.service = "dynamodb";
  signings[4].second.time = kTime + std::chrono::hours(12);
  signings[5].first.access_key_id = "AKIDOTHER";
  const HttpRequest request = request_to("http://host/");
  AwsSigner kept;
  for (const auto& before : signings) {
    for (const auto& [credentials, scope] : signings) {
      kept.sign(request, before.first, before.second);
      EXPECT_EQ(kept.sign(request, credentials, scope),
                AwsSigner().sign(request, credentials, scope));
    }
  }
}

TEST(AwsSigner, WritesTheTime) {
  const auto time_at = [](std::int64_t seconds) {
    SigningScope scope = kScope;
    scope.time = WallTime(std::chrono::milliseconds(seconds * 1000 + 999));
    return AwsSigner().sign(request_to("http://host/"), kCredentials, scope)[1];
  };
  EXPECT_EQ(time_at(0), "X-Amz-Date: 19700101T000000Z");
  EXPECT_EQ(time_at(1'709'251'199), "X-Amz-Date: 20240229T235959Z");
  EXPECT_EQ(time_at(1'798'761'600), "X-Amz-Date: 20270101T000000Z");
}

}  // namespace
}  // namespace streamonce::aws
