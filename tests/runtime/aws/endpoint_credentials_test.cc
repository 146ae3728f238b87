#include "runtime/aws/endpoint_credentials.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "runtime/aws/json_credentials.h"
#include "tests/support/credential_access.h"
#include "tests/support/signed_request.h"

namespace streamonce::aws {
namespace {

using runtime::HttpMethod;
using std::chrono::hours;
using testing::FakeAccess;
using testing::json_answer;

constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr const char* kTokenText = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr const char* kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

class EndpointCredentials : public ::testing::Test {
 protected:
  Result<std::shared_ptr<CredentialsProvider>> container() {
    const CredentialAccess access = fake_.access();
    return container_credentials(access.environment, access.transport, access.clock, access.logger);
  }
  Result<std::shared_ptr<CredentialsProvider>> instance() {
    const CredentialAccess access = fake_.access();
    return instance_credentials(access.environment, access.transport, access.clock, access.logger);
  }
  /// The id of the credentials, or the message.
  std::string ask(CredentialsProvider& provider) {
    const auto got = provider.get(fake_.clock.now(), kNoDeadline);
    return got ? (*got)->access_key_id : got.error().message;
  }
  /// What of a credential or a token was told.
  std::string_view leak(std::string_view message) {
    return testing::told_secret(std::string(message) + fake_.log);
  }

  FakeAccess fake_;
};

TEST_F(EndpointCredentials, AContainersAreGotFromItsEndpoint) {
  fake_.variables = {{kRelative, "/v2/credentials/1?a=b"}, {kTokenText, "shown"}};
  fake_.answer(HttpMethod::kGet, "http://169.254.170.2/v2/credentials/1?a=b", 200,
               json_answer(fake_.clock, hours(6)));
  const auto opened = container();
  ASSERT_TRUE(opened && *opened != nullptr);
  const auto got = (*opened)->get(fake_.clock.now(), kNoDeadline);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ((*got)->session_token, testing::kToken);
  EXPECT_EQ((*got)->expiry, testing::whole_seconds(fake_.clock.now() + hours(6)));
  const runtime::HttpRequest& request = fake_.transport->requests().at(0);
  EXPECT_EQ(testing::header_of(request, "Authorization"), "shown");
  EXPECT_EQ(request.timeout, std::chrono::milliseconds(1'000));
  EXPECT_FALSE(request.use_proxy);
  EXPECT_EQ(leak(""), "") << fake_.log;
}

TEST_F(EndpointCredentials, ATokenFileIsReadEachTimeAndCountsMore) {
  fake_.variables = {{kFull, "http://[fd00:ec2::23]/v1/credentials"}, {kTokenText, "weak"}};
  const std::string path = fake_.folder.file(kTokenFile);
  fake_.variables[kTokenFile] = path;
  const auto opened = container();
  ASSERT_TRUE(opened);
  EXPECT_NE(ask(**opened).find(path), std::string::npos);
  for (const char* token : {"FIRST", "SECOND"}) {
    fake_.clock.advance(hours(2));
    fake_.write(kTokenFile, token);
    fake_.answer(HttpMethod::kGet, "http://[fd00:ec2::23]/v1/credentials", 200,
                 json_answer(fake_.clock, hours(1)));
    EXPECT_EQ(ask(**opened), testing::kKeyId);
    EXPECT_EQ(testing::header_of(fake_.transport->requests().back(), "Authorization"), token);
  }
  fake_.clock.advance(hours(2));
  fake_.write(kTokenFile, testing::kToken + "\r\nX-Other: 1");
  const std::string message = ask(**opened);
  EXPECT_NE(message.find(std::string(kTokenFile) + ": the token has a line break"),
            std::string::npos)
      << message;
  EXPECT_EQ(leak(message), "");
}

TEST_F(EndpointCredentials, OnlyAddressesThatAreKnownAreAsked) {
  for (const char* url : {"https://example.com/x", "http://127.0.0.1:8080/x?y", "http://127.9.9.9",
                          "http://localhost/x", "http://[::1]:1/", "http://169.254.170.2/x",
                          "http://169.254.170.23", "https://[::2]:443"}) {
    fake_.variables = {{kFull, url}};
    const auto opened = container();
    EXPECT_TRUE(opened && *opened != nullptr) << url;
  }
  for (const char* url : {"http://example.com/x",
                          "http://10.0.0.1/",
                          "http://169.254.169.254/",
                          "http://localhost.evil.com/",
                          "http://127.0.0.1.evil.com/",
                          "http://127.1/",
                          "http://2130706433/",
                          "http://0x7f.0.0.1/",
                          "http://127.0.0.1@evil.com/",
                          "http://evil.com\\@127.0.0.1/",
                          "http://evil.com#@127.0.0.1",
                          "http://127.0.0.1:99999/",
                          "http://127.0.0.1:80x/",
                          "http://[::1",
                          "http://[::1]x/",
                          "http://",
                          "ftp://127.0.0.1/",
                          "127.0.0.1",
                          "http://[::ffff:10.0.0.1]/",
                          "http://169.254.170.2 /x",
                          "http:///127.0.0.1/",
                          "http://169.254.170.2.evil.com/"}) {
    fake_.variables = {{kFull, url}};
    const auto opened = container();
    ASSERT_FALSE(opened) << url;
    EXPECT_TRUE(opened.error().message.starts_with(kFull)) << opened.error().message;
  }
  fake_.variables = {{kFull, "http://evil.com/" + testing::kToken}};
  EXPECT_EQ(leak(container().error().message), "");
  for (const char* path : {".evil.com/x", "@evil.com/", "x"}) {
    fake_.variables = {{kRelative, path}};
    EXPECT_FALSE(container()) << path;
  }
  EXPECT_TRUE(fake_.transport->requests().empty());
}

TEST_F(EndpointCredentials, AContainerIsAskedThreeTimes) {
  fake_.variables = {{kRelative, "/x"}};
  const auto opened = container();
  for (int i = 0; i < 2; ++i)
    fake_.transport->expect(HttpMethod::kGet, "/x", Error{ErrorCode::kTimeout, "late"});
  fake_.answer(HttpMethod::kGet, "/x", 200, json_answer(fake_.clock, hours(1)));
  EXPECT_EQ(ask(**opened), testing::kKeyId);
  fake_.clock.advance(hours(1));
  for (int i = 0; i < 3; ++i) fake_.answer(HttpMethod::kGet, "/x", 503, testing::kToken);
  EXPECT_EQ(ask(**opened), "the container's credentials: HTTP 503");
  fake_.clock.advance(hours(1));
  fake_.answer(HttpMethod::kGet, "/x", 404, testing::kToken);
  EXPECT_EQ(ask(**opened), "the container's credentials: HTTP 404");
  EXPECT_TRUE(fake_.transport->done());
}

TEST_F(EndpointCredentials, AnInstancesAreThoseOfItsRole) {
  const auto opened = instance();
  ASSERT_TRUE(opened && *opened != nullptr);
  constexpr const char* kRoles =
      "http://169.254.169.254/latest/meta-data/iam/security-credentials/";
  fake_.answer(HttpMethod::kPut, "http://169.254.169.254/latest/api/token", 200, "SESSION");
  fake_.answer(HttpMethod::kGet, kRoles, 200, "reader\n");
  fake_.answer(HttpMethod::kGet, std::string(kRoles) + "reader", 200,
               json_answer(fake_.clock, hours(6)));
  EXPECT_EQ(ask(**opened), testing::kKeyId);
  const auto& requests = fake_.transport->requests();
  EXPECT_EQ(testing::header_of(requests.at(0), "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(testing::header_of(requests.at(1), "x-aws-ec2-metadata-token"), "SESSION");
  EXPECT_EQ(testing::header_of(requests.at(2), "x-aws-ec2-metadata-token"), "SESSION");
  EXPECT_EQ(requests.at(1).url, kRoles);
  for (const char* odd : {"", "../x", "a b", "a?b"}) {
    fake_.clock.advance(hours(7));
    fake_.answer(HttpMethod::kPut, "token", 200, "SESSION");
    fake_.answer(HttpMethod::kGet, kRoles, 200, odd);
    EXPECT_NE(ask(**opened).find("no role"), std::string::npos) << odd;
  }
  fake_.clock.advance(hours(7));
  fake_.answer(HttpMethod::kPut, "token", 200, "SESSION\nX: y");
  EXPECT_NE(ask(**opened).find("its token"), std::string::npos);
}

TEST_F(EndpointCredentials, AnInstancesEndpointMayBeThisMachineOrNothing) {
  constexpr const char* kEndpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  fake_.variables = {{kEndpoint, "http://127.0.0.1:9/"}};
  fake_.transport->expect(HttpMethod::kPut, "http://127.0.0.1:9/latest/api/token",
                          Error{ErrorCode::kUnavailable, "nobody there"});
  EXPECT_EQ(ask(**instance()), "the instance's credentials: nobody there");
  fake_.variables = {{kEndpoint, "http://example.com"}};
  EXPECT_TRUE(instance().error().message.starts_with(kEndpoint));
  fake_.variables = {{"AWS_EC2_METADATA_DISABLED", "TRUE"}};
  EXPECT_EQ(instance().value(), nullptr);
}

TEST(JsonCredentials, AreReadStrictly) {
  const testing::FakeClock clock;
  const auto why_not = [](std::string text, JsonCredentials form) {
    const Payload payload = Payload::copy_of(text);
    const auto read = read_json_credentials(payload.view(), form);
    return read ? std::string() : read.error().message;
  };
  const auto of_process = [&](const std::string& members) {
    return why_not("{" + members + "}", JsonCredentials::kProcess);
  };
  const std::string keys = R"("AccessKeyId":"A","SecretAccessKey":"B")";
  EXPECT_EQ(of_process(R"("Version":1,"Extra":[{}],)" + keys), "");
  EXPECT_EQ(of_process(R"("Version":1,"Expiration":null,)" + keys), "");
  EXPECT_EQ(of_process(keys), "has no Version 1");
  EXPECT_EQ(of_process(R"("Version":2,)" + keys), "has no Version 1");
  EXPECT_EQ(of_process(R"("Version":1,"AccessKeyId":"A")"), "has no SecretAccessKey");
  EXPECT_EQ(of_process(R"("Version":1,"SecretAccessKey":"A")"), "has no AccessKeyId");
  EXPECT_EQ(of_process(R"("Version":1,"Expiration":"MARK",)" + keys),
            "has an Expiration that is no time");
  const std::string no_json = "is no JSON object of credentials";
  for (const char* bad : {"", "MARK", "[]", "{", "{}{}", "\"x\"", R"({"AccessKeyId":5})"})
    EXPECT_EQ(why_not(bad, JsonCredentials::kEndpoint), no_json) << bad;
  EXPECT_EQ(why_not(R"({"Code":"Failed",)" + keys + "}", JsonCredentials::kEndpoint),
            "has a Code that is not Success");
  EXPECT_EQ(why_not(json_answer(clock, hours(1)), JsonCredentials::kEndpoint), "");
}

}  // namespace
}  // namespace streamonce::aws
