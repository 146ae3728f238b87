#include "runtime/aws/credential_chain.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "runtime/aws/process_credentials.h"
#include "runtime/aws/profile_credentials.h"
#include "runtime/aws/profile_files.h"
#include "runtime/base/file.h"
#include "runtime/base/iso_time.h"
#include "tests/support/credential_access.h"
#include "tests/support/signed_request.h"

namespace streamonce::aws {
namespace {

using runtime::HttpMethod;
using std::chrono::hours;
using testing::FakeAccess;
using testing::json_answer;
using testing::kKeyId;
using testing::kSecretKey;
using testing::kToken;
using testing::role_answer;

const std::string kKeys =
    "aws_access_key_id = " + kKeyId + "\naws_secret_access_key = " + kSecretKey + "\n";
constexpr const char* kRoleOfWriter = "arn:aws:iam::111122223333:role/writer";

class CredentialChain : public ::testing::Test {
 protected:
  CredentialChain() {
    fake_.variables = {{"AWS_REGION", "eu-west-1"}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  }
  ~CredentialChain() override {
    EXPECT_EQ(testing::told_secret(told_ + fake_.log), "") << told_ << fake_.log;
    EXPECT_TRUE(fake_.transport->done());
  }

  /// Why there are no credentials; empty: there are.
  std::string why_not() {
    std::string message = fake_.why_not();
    told_ += message;
    return message;
  }
  void expect_fault(const std::vector<std::string>& words) {
    const std::string message = why_not();
    for (const std::string& word : words)
      EXPECT_NE(message.find(word), std::string::npos) << word << " in: " << message;
  }
  /// The credentials that are found.
  Credentials found() {
    const auto opened = open_credentials(fake_.access());
    EXPECT_TRUE(opened) << opened.error().message;
    if (!opened) return {};
    const auto got = (*opened)->get(fake_.clock.now(), kNoDeadline);
    EXPECT_TRUE(got) << got.error().message;
    return got ? **got : Credentials{};
  }
  void use_profile(const std::string& name) { fake_.variables["AWS_PROFILE"] = name; }

  FakeAccess fake_;
  std::string told_;
};

TEST_F(CredentialChain, TheEnvironmentComesFirst) {
  fake_.variables["AWS_ACCESS_KEY_ID"] = "ID";
  fake_.variables["AWS_SECRET_ACCESS_KEY"] = kSecretKey;
  fake_.variables["AWS_SESSION_TOKEN"] = kToken;
  use_profile("nobody");
  EXPECT_EQ(found().access_key_id, "ID");
  EXPECT_EQ(found().session_token, kToken);
}

TEST_F(CredentialChain, HalfAPairIsAFaultAndNotTheNextPlace) {
  fake_.write_credentials("[default]\n" + kKeys);
  fake_.variables["AWS_ACCESS_KEY_ID"] = kKeyId;
  expect_fault({"AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not"});
  fake_.variables.erase("AWS_ACCESS_KEY_ID");
  fake_.variables["AWS_SECRET_ACCESS_KEY"] = kSecretKey;
  expect_fault({"AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not"});
  fake_.variables.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(why_not(), "");
  fake_.write_credentials("[default]\naws_secret_access_key=" + kSecretKey);
  expect_fault({"profile \"default\" has no aws_access_key_id"});
}

TEST_F(CredentialChain, InLambdaNothingButTheEnvironmentIsLookedAt) {
  fake_.write_credentials("[default]\n" + kKeys);
  fake_.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  fake_.variables["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:1";
  fake_.variables.erase("AWS_EC2_METADATA_DISABLED");
  expect_fault({"AWS_ACCESS_KEY_ID", "in Lambda"});
  EXPECT_TRUE(fake_.transport->requests().empty());
}

TEST_F(CredentialChain, WhereNothingIsItSaysWhatWasLookedAtAndWhatToDo) {
  expect_fault({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "profile \"default\"",
                fake_.folder.path() + "/.aws/credentials", "/.aws/config",
                "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "AWS_EC2_METADATA_DISABLED is true", "aws configure export-credentials"});
  fake_.variables.erase("AWS_EC2_METADATA_DISABLED");
  fake_.transport->expect(HttpMethod::kPut, "http://169.254.169.254/",
                          Error{ErrorCode::kTimeout, "no connection in time"});
  expect_fault({"the instance's credentials: no connection in time", "export-credentials"});
}

TEST_F(CredentialChain, TheInstanceIsAskedLast) {
  fake_.variables.erase("AWS_EC2_METADATA_DISABLED");
  fake_.answer(HttpMethod::kPut, "/latest/api/token", 200, "SESSION");
  fake_.answer(HttpMethod::kGet, "/security-credentials/", 200, "reader");
  fake_.answer(HttpMethod::kGet, "/reader", 200, json_answer(fake_.clock, hours(1)));
  EXPECT_EQ(found().access_key_id, kKeyId);
  fake_.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  fake_.answer(HttpMethod::kGet, "http://169.254.170.2/x", 200, json_answer(fake_.clock, hours(1)));
  EXPECT_EQ(found().access_key_id, kKeyId);
}

TEST_F(CredentialChain, AWebIdentityIsOneOfTheEnvironment) {
  fake_.write("AWS_WEB_IDENTITY_TOKEN_FILE", "WEBTOKEN");
  expect_fault({"AWS_ROLE_ARN is not"});
  fake_.variables["AWS_ROLE_ARN"] = kRoleOfWriter;
  fake_.variables["AWS_ROLE_SESSION_NAME"] = "pod";
  fake_.answer(HttpMethod::kPost, "https://sts.eu-west-1", 200,
               role_answer(fake_.clock, hours(1), "AssumeRoleWithWebIdentity"));
  EXPECT_EQ(found().session_token, kToken);
  EXPECT_NE(fake_.transport->requests().at(0).body.find("RoleSessionName=pod"), std::string::npos);
}

TEST_F(CredentialChain, AProfilesKeysAreReadAgainOnceTheyAreRefused) {
  fake_.write_config("[profile dev]\nregion = x\n");
  fake_.write_credentials("[dev]\n" + kKeys);
  use_profile("dev");
  const auto opened = open_credentials(fake_.access());
  ASSERT_TRUE(opened) << opened.error().message;
  const auto first = (*opened)->get(fake_.clock.now(), kNoDeadline).value();
  EXPECT_EQ(first->access_key_id, kKeyId);
  fake_.write_credentials("[dev]\naws_access_key_id=NEW\naws_secret_access_key=X\n");
  EXPECT_EQ((*opened)->get(fake_.clock.now(), kNoDeadline).value(), first);
  EXPECT_TRUE((*opened)->invalidate(first));
  EXPECT_EQ((*opened)->get(fake_.clock.now(), kNoDeadline).value()->access_key_id, "NEW");
}

TEST_F(CredentialChain, AProfileThatIsNamedMustBeThere) {
  fake_.write_credentials("[default]\n" + kKeys);
  use_profile("dev");
  expect_fault(
      {"the profile \"dev\" is not in " + fake_.folder.file("AWS_SHARED_CREDENTIALS_FILE")});
}

TEST_F(CredentialChain, AProfileThatIsNamedMustHaveCredentials) {
  fake_.variables.erase("AWS_EC2_METADATA_DISABLED");
  fake_.write_config("[profile dev]\nregion = eu-west-1\n");
  use_profile("dev");
  expect_fault({"the profile \"dev\", which AWS_PROFILE names, has no credentials in ",
                fake_.folder.file("AWS_CONFIG_FILE")});
  EXPECT_TRUE(fake_.transport->requests().empty());
}

TEST_F(CredentialChain, IndentedSettingsAreTheProfiles) {
  fake_.write_config("[profile prod]\n  aws_access_key_id = " + kKeyId +
                     "\n\n  # why\n  aws_secret_access_key = " + kSecretKey + "\n");
  use_profile("prod");
  EXPECT_EQ(found().access_key_id, kKeyId);
}

TEST_F(CredentialChain, AProfilesKeysAreOfOneFile) {
  use_profile("p");
  fake_.write_config("[profile p]\naws_access_key_id = OTHER\naws_session_token = " + kToken);
  fake_.write_credentials("[p]\n" + kKeys);
  EXPECT_EQ(found().access_key_id, kKeyId);
  EXPECT_EQ(found().session_token, "");
  fake_.write_config("[profile p]\n" + kKeys);
  fake_.write_credentials("[p]\naws_secret_access_key = x\naws_session_token = y\n");
  EXPECT_EQ(found().secret_access_key, kSecretKey);
  EXPECT_EQ(found().session_token, "");
}

TEST_F(CredentialChain, FilesInTheHomeAreNamedWithATilde) {
  fake_.write_config("[profile p]\n" + kKeys);
  fake_.variables["AWS_CONFIG_FILE"] = "~/AWS_CONFIG_FILE";
  use_profile("p");
  EXPECT_EQ(found().access_key_id, kKeyId);
}

TEST_F(CredentialChain, TheEndOfTheEnvironmentsCredentialsIsHeeded) {
  fake_.variables["AWS_ACCESS_KEY_ID"] = kKeyId;
  fake_.variables["AWS_SECRET_ACCESS_KEY"] = kSecretKey;
  fake_.variables["AWS_CREDENTIAL_EXPIRATION"] = "2026-11-21T00:44:22+00:00";
  expect_fault({"AWS_ACCESS_KEY_ID", "ran out at 2026-11-21T00:44:22.000Z"});
  fake_.variables["AWS_CREDENTIAL_EXPIRATION"] = "soon";
  expect_fault({"AWS_CREDENTIAL_EXPIRATION", "expected a time"});
  fake_.variables["AWS_CREDENTIAL_EXPIRATION"] = "2026-11-21T01:44:22+00:00";
  EXPECT_EQ(found().expiry, parse_wall_time("2026-11-21T01:44:22Z"));
  EXPECT_NE(fake_.log.find("2026-11-21T01:44:22.000Z"), std::string::npos) << fake_.log;
}

TEST_F(CredentialChain, ARoleIsAssumedWithItsSourcesCredentials) {
  fake_.write_config("[profile far]\nrole_arn = " + std::string(kRoleOfWriter) +
                     "\nsource_profile = middle\nexternal_id = EXT1\nrole_session_name = me\n"
                     "duration_seconds = 900\n[profile middle]\nrole_arn = " +
                     kRoleOfWriter + "2\nsource_profile = base\n[profile base]\nrole_arn = x\n" +
                     "aws_access_key_id = BASE\naws_secret_access_key = y\n");
  use_profile("far");
  for (int i = 0; i < 2; ++i)
    fake_.answer(HttpMethod::kPost, "sts", 200, role_answer(fake_.clock, hours(1)));
  EXPECT_EQ(found().session_token, kToken);
  const auto& requests = fake_.transport->requests();
  EXPECT_NE(testing::header_of(requests.at(0), "Authorization").find("BASE/"), std::string::npos);
  EXPECT_NE(requests.at(0).body.find("writer2&RoleSessionName=streamonce&DurationSeconds=3600"),
            std::string::npos);
  EXPECT_EQ(testing::header_of(requests.at(1), "X-Amz-Security-Token"), kToken);
  EXPECT_NE(
      requests.at(1).body.find("writer&RoleSessionName=me&DurationSeconds=900&ExternalId=EXT1"),
      std::string::npos);
}

TEST_F(CredentialChain, ARoleMayBeItsOwnSource) {
  fake_.write_credentials("[default]\nrole_arn = " + std::string(kRoleOfWriter) +
                          "\nsource_profile = default\n" + kKeys);
  fake_.answer(HttpMethod::kPost, "sts", 200, role_answer(fake_.clock, hours(1)));
  EXPECT_EQ(found().session_token, kToken);
}

TEST_F(CredentialChain, ACircleOfProfilesIsFound) {
  const auto role = [](const std::string& name, const std::string& source) {
    return "[profile " + name + "]\nrole_arn = " + kRoleOfWriter + "\nsource_profile = " + source +
           "\n";
  };
  fake_.write_config(role("a", "b") + role("b", "c") + role("c", "b") + role("alone", "alone"));
  use_profile("a");
  expect_fault({R"("a" -> "b" -> "c" -> "b")"});
  use_profile("alone");
  expect_fault({R"("alone" -> "alone")"});
}

TEST_F(CredentialChain, AChainOfProfilesIsBounded) {
  const auto chain = [](std::size_t roles) {
    std::string lines;
    for (std::size_t i = 0; i < roles; ++i)
      lines += "[profile p" + std::to_string(i) + "]\nrole_arn = " + kRoleOfWriter +
               "\nsource_profile = p" + std::to_string(i + 1) + "\n";
    return lines + "[profile p" + std::to_string(roles) + "]\n" + kKeys;
  };
  use_profile("p0");
  fake_.write_config(chain(kProfilesMax));
  expect_fault({"more than 16 profiles are each other's source_profile"});
  fake_.write_config(chain(kProfilesMax - 1));
  EXPECT_TRUE(open_credentials(fake_.access()));
}

TEST_F(CredentialChain, ARolesCredentialSource) {
  use_profile("r");
  const std::string role = "[profile r]\nrole_arn = " + std::string(kRoleOfWriter) + "\n";
  fake_.write_config(role + "credential_source = EcsContainer\n");
  expect_fault({"credential_source: EcsContainer has no credentials"});
  fake_.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  fake_.answer(HttpMethod::kGet, "/x", 200, json_answer(fake_.clock, hours(1)));
  fake_.answer(HttpMethod::kPost, "sts", 200, role_answer(fake_.clock, hours(1)));
  EXPECT_EQ(found().session_token, kToken);
  fake_.write_config(role + "credential_source = Ec2InstanceMetadata\n");
  expect_fault({"credential_source: Ec2InstanceMetadata has no credentials"});
  fake_.write_config(role + "credential_source = Environment\n");
  expect_fault({"credential_source: Environment has no credentials"});
  fake_.write_config(role + "credential_source = Elsewhere\n");
  expect_fault({"credential_source: \"Elsewhere\"", "EcsContainer"});
  fake_.write_config(role);
  expect_fault({"a role needs one of source_profile"});
  fake_.write_config(role + "source_profile = x\ncredential_source = Environment\n");
  expect_fault({"a role needs one of source_profile"});
  fake_.write_config(role + "source_profile = x\n");
  expect_fault({"\"x\", the source_profile of \"r\", is not in "});
  fake_.write_config(role + "source_profile = x\n[profile x]\nregion=y\n");
  expect_fault({"\"x\", the source_profile of \"r\", has no credentials"});
  fake_.write_config(role + "source_profile = x\nduration_seconds = 1h\n");
  expect_fault({"profile \"r\": duration_seconds: expected a number"});
}

TEST_F(CredentialChain, WhatNeedsAPersonIsLeftToTheAwsCli) {
  use_profile("me");
  for (const char* lines : {"sso_session = x\n", "sso_start_url = x\n", "login_session = x\n",
                            "role_arn = x\nmfa_serial = y\nsource_profile = me\n"}) {
    fake_.write_config(std::string("[profile me]\n") + lines);
    expect_fault({"\"me\" has ", "aws configure export-credentials --profile me --format env",
                  "credential_process"});
  }
}

TEST_F(CredentialChain, AProcessPrintsThemAndIsRunAgainBeforeTheyExpire) {
  const auto prints = [&](const std::string& text) {
    fake_.write("printed", text);
    return "[profile p]\ncredential_process = echo x >>\"" + fake_.folder.file("runs") +
           "\"; cat '" + fake_.folder.file("printed") + "'\n";
  };
  use_profile("p");
  fake_.write_config(prints(json_answer(fake_.clock, hours(1), "SessionToken")));
  const auto opened = open_credentials(fake_.access());
  ASSERT_TRUE(opened) << opened.error().message;
  const auto runs = [&] {
    Payload payload(100);
    return read_file(fake_.folder.file("runs"), payload) ? payload.size() / 2 : 0;
  };
  EXPECT_EQ(runs(), 0U) << "nothing is run before get()";
  const auto got = (*opened)->get(fake_.clock.now(), kNoDeadline);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ((*got)->session_token, kToken);
  ASSERT_TRUE((*opened)->get(fake_.clock.now(), kNoDeadline));
  EXPECT_EQ(runs(), 1U);
  fake_.clock.advance(hours(2));
  const auto expired = (*opened)->get(fake_.clock.now(), kNoDeadline);
  ASSERT_FALSE(expired);
  EXPECT_NE(expired.error().message.find("it prints credentials that expired at 2026-11-21T01:44"),
            std::string::npos)
      << expired.error().message;
  fake_.clock.advance(hours(1));
  prints(json_answer(fake_.clock, hours(1), "SessionToken"));
  EXPECT_TRUE((*opened)->get(fake_.clock.now(), kNoDeadline));
  EXPECT_EQ(runs(), 3U);
}

TEST_F(CredentialChain, AProcessHasALongTimeFirstAndThenTheTimeOfWhoAsks) {
  const std::string command = "sleep 0.3; cat '" + fake_.folder.file("printed") + "'";
  fake_.write("printed", json_answer(fake_.clock, hours(1), "SessionToken"));
  SystemClock clock;
  ProcessCredentials process("p", command, clock, fake_.logger);
  const auto first = process.get(fake_.clock.now(), std::chrono::milliseconds(50));
  ASSERT_TRUE(first) << first.error().message;
  process.invalidate(*first);
  const auto second = process.get(fake_.clock.now(), std::chrono::milliseconds(50));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kTimeout);
}

TEST_F(CredentialChain, AProcessThatFailsIsToldWithoutItsWords) {
  use_profile("p");
  const std::pair<std::string, std::string> cases[] = {
      {"exit 3", "ended with status 3"},
      {"kill -9 $$", "was ended by signal 9"},
      {"echo " + kSecretKey, "what it prints: is no JSON object of credentials"},
      {"true", "what it prints: is no JSON object of credentials"},
      {"echo '{\"Version\":1,\"AccessKeyId\":\"" + kKeyId + "\"}'", "has no SecretAccessKey"},
      {"yes " + kToken, "prints more than 65536 bytes"},
      {"/no/such/command " + kToken + " 2>/dev/null", "ended with status 127"}};
  for (const auto& [command, words] : cases) {
    fake_.write_config("[profile p]\ncredential_process = " + command + "\n");
    expect_fault({"the credential_process of the profile \"p\": ", words});
  }
}

TEST(ProfileFilesTest, AreReadAsTheirToolsDo) {
  FakeAccess fake;
  fake.write_config(
      "\xEF\xBB\xBF# a comment\r\n; another\n\n[default]\nregion = lost\nonly = lost\n"
      "[ profile  a b ] # why\nKey = value # comment\nhash = a#b;c\n nested = no\n"
      "s3 =\n\tmore = no\ncredential_process = x ; y # z\ntwice = 1\ntwice=2\nshared = config\n"
      "[profile \"q\"]\nk==v=\n[sso-session s]\nsso_region = z\n[plain]\nk = v\n"
      "[profile deep]\n  key = 1\n\t\t\tmore = no\n  # x\n   more = no\n lower = 2\n"
      "  [profile no]\n\n[profile deeper]\n  key = 3\n"
      "[profile default]\nregion = kept\n[default]\nregion = lost too\n");
  fake.write_credentials("[a b]\nshared = credentials\n[profile q]\nk = no\n[last]");
  const auto files = ProfileFiles::load(fake.access().environment);
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->value("default", "region"), "kept");
  EXPECT_EQ(files->value("default", "only"), "");
  EXPECT_EQ(files->value("a b", "key"), "value");
  EXPECT_EQ(files->value("a b", "hash"), "a#b;c");
  EXPECT_EQ(files->value("a b", "nested"), "");
  EXPECT_EQ(files->value("deep", "key"), "1");
  EXPECT_EQ(files->value("deep", "lower"), "2");
  EXPECT_EQ(files->value("deep", "more"), "");
  EXPECT_EQ(files->value("deeper", "key"), "3");
  EXPECT_EQ(files->value("a b", "more"), "");
  EXPECT_EQ(files->value("a b", "credential_process"), "x ; y # z");
  EXPECT_EQ(files->value("a b", "twice"), "2");
  EXPECT_EQ(files->value("a b", "shared"), "credentials");
  EXPECT_EQ(files->value("q", "k"), "=v=");
  EXPECT_TRUE(files->has("last"));
  EXPECT_FALSE(files->has("plain"));
  EXPECT_FALSE(files->has("s"));
  EXPECT_TRUE(files->has_any("a b", "cred"));
  EXPECT_FALSE(files->has_any("a b", "sso_"));
}

TEST(ProfileFilesTest, AFaultIsToldWithItsLineAndNothingOfIt) {
  for (const std::string bad : {"[default]\nMARK\n", "[MARK\n", "[a]\n=MARK", "MARK = before\n"}) {
    FakeAccess fake;
    fake.write_credentials(bad);
    const auto files = ProfileFiles::load(fake.access().environment);
    ASSERT_FALSE(files) << bad;
    EXPECT_NE(files.error().message.find(": line "), std::string::npos);
    EXPECT_EQ(files.error().message.find("MARK"), std::string::npos);
  }
  FakeAccess fake;
  fake.write_credentials("#" + std::string(kProfileFileBytesMax, 'x'));
  EXPECT_EQ(ProfileFiles::load(fake.access().environment).error().code, ErrorCode::kTooLarge);
  FakeAccess none;
  none.variables["AWS_CONFIG_FILE"] = "/nowhere";
  EXPECT_TRUE(ProfileFiles::load(none.access().environment));
}

}  // namespace
}  // namespace streamonce::aws
