// The binary as it is shipped, where its credentials come from elsewhere than the environment.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "tests/support/child_process.h"
#include "tests/support/secrecy.h"
#include "tests/support/socket_server.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

using std::chrono::hours;

std::string in_an_hour() {
  return format_rfc3339(SystemClock().now() + hours(1));
}

/// An access key of nobody, which the first step of a chain has.
constexpr std::string_view kFirstKeyId = "FIRST";

std::string json_credentials(std::string_view key_id, std::string_view token_name) {
  return R"({"Version":1,"AccessKeyId":")" + std::string(key_id) + R"(","SecretAccessKey":")" +
         std::string(kCredentials[1].text) + "\",\"" + std::string(token_name) + "\":\"" +
         std::string(kCredentials[2].text) + R"(","Expiration":")" + in_an_hour() + "\"}";
}

std::string role_answer() {
  return "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" +
         std::string(kCredentials[0].text) + "</AccessKeyId><SecretAccessKey>" +
         std::string(kCredentials[1].text) + "</SecretAccessKey><SessionToken>" +
         std::string(kCredentials[2].text) + "</SessionToken><Expiration>" + in_an_hour() +
         "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

class CredentialsOfTheBinary : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view text) {
    std::ofstream(folder_.file(name)) << text;
  }
  std::string text_of(const std::string& name) {
    std::ifstream file(folder_.file(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// Runs `invoke` with one record. No place is looked at but those of `more`.
  int invoke(std::vector<std::string> more) {
    write("event.json", event_of({put("a", "1", "x")}));
    more.insert(more.end(),
                {"AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL=" + service_.url(""),
                 "HOME=" + folder_.path(), "PATH=/usr/bin:/bin", "AWS_LAMBDA_LOG_LEVEL=TRACE"});
    ChildProcess process({.program = STREAMONCE_BOOTSTRAP,
                          .arguments = {"invoke", "--target", "dynamodb:copy", "--ledger", "marks",
                                        folder_.file("event.json")},
                          .environment = more,
                          .log_path = folder_.file("err"),
                          .output_path = folder_.file("out")});
    const int status = process.wait();
    told_ = text_of("out") + text_of("err");
    EXPECT_EQ(told_secret(told_), "") << told_;
    return status;
  }

  /// Whether `request` is signed with the credentials of the tests.
  static bool is_signed(const ServerRequest& request) {
    return request.header("authorization").find(kCredentials[0].text) != std::string::npos &&
           request.header("x-amz-security-token") == kCredentials[2].text;
  }

  const TempDir folder_;
  std::string told_;
  std::atomic<int> expired_ = 0;  ///< how many requests are refused as signed with expired ones
  SocketServer service_{[this](const ServerRequest& request) {
    if (!is_signed(request) && !request.has_header("x-amz-target"))
      return reply(answer(200, role_answer()));
    if (!is_signed(request)) return reply(answer(400, R"({"__type":"x#AccessDeniedException"})"));
    if (expired_.fetch_sub(1) > 0)
      return reply(answer(400, R"({"__type":"x#ExpiredTokenException","message":"expired"})"));
    return reply(answer(200, nothing_for(request)));
  }};
};

TEST_F(CredentialsOfTheBinary, AContainersEndpointGivesThem) {
  SocketServer container([](const ServerRequest& request) {
    const bool is_known =
        request.target == "/get?role=x" && request.header("authorization") == "me";
    return reply(is_known ? answer(200, json_credentials(kCredentials[0].text, "Token"))
                          : answer(403, "no"));
  });
  write("token", "me");
  const int status = invoke({"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + container.url("/get?role=x"),
                             "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=" + folder_.file("token")});
  EXPECT_EQ(status, 0) << told_;
  EXPECT_EQ(container.requests().size(), 1U);
  ASSERT_EQ(service_.requests().size(), 2U);
  for (const ServerRequest& request : service_.requests()) EXPECT_TRUE(is_signed(request));
}

TEST_F(CredentialsOfTheBinary, AnInstancesMetadataGiveThem) {
  SocketServer instance([](const ServerRequest& request) {
    if (request.method == "PUT" && request.target == "/latest/api/token" && request.body.empty())
      return reply(answer(200, "SESSION"));
    const std::string roles = "/latest/meta-data/iam/security-credentials/";
    if (request.header("x-aws-ec2-metadata-token") != "SESSION") return reply(answer(401, ""));
    if (request.target == roles) return reply(answer(200, "reader"));
    return reply(request.target == roles + "reader"
                     ? answer(200, json_credentials(kCredentials[0].text, "Token"))
                     : answer(404, ""));
  });
  EXPECT_EQ(invoke({"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + instance.url("")}), 0) << told_;
  EXPECT_EQ(instance.requests().size(), 3U);
}

/// The role's credentials are refused once as expired, and got anew; the process is not run again.
TEST_F(CredentialsOfTheBinary, AProfilesRoleIsAssumedWithWhatItsProcessPrints) {
  write("printed", json_credentials(kFirstKeyId, "SessionToken"));
  write("config",
        "[profile far]\nrole_arn = arn:aws:iam::111122223333:role/writer\n"
        "source_profile = p\n[profile p]\ncredential_process = echo x >>" +
            folder_.file("runs") + "; cat " + folder_.file("printed") + "\n");
  expired_ = 1;
  const int status = invoke({"AWS_PROFILE=far", "AWS_CONFIG_FILE=" + folder_.file("config")});
  EXPECT_EQ(status, 0) << told_;
  EXPECT_EQ(text_of("runs"), "x\n");
  const std::vector<ServerRequest> requests = service_.requests();
  ASSERT_EQ(requests.size(), 5U);
  for (const std::size_t of_sts : {0U, 2U}) {
    EXPECT_NE(requests[of_sts].body.find("Action=AssumeRole&"), std::string::npos);
    EXPECT_NE(requests[of_sts].header("authorization").find(kFirstKeyId), std::string::npos);
  }
  for (const std::size_t of_dynamodb : {1U, 3U, 4U})
    EXPECT_TRUE(is_signed(requests[of_dynamodb])) << of_dynamodb;
}

TEST_F(CredentialsOfTheBinary, WithoutAnyItSaysWhereItLookedAndWhatToDo) {
  EXPECT_EQ(invoke({"AWS_EC2_METADATA_DISABLED=true"}), 2);
  for (const char* words :
       {"no AWS credentials were found", "/.aws/credentials", "aws configure export-credentials"})
    EXPECT_NE(told_.find(words), std::string::npos) << told_;
  EXPECT_TRUE(service_.requests().empty());
}

}  // namespace
}  // namespace streamonce::testing
