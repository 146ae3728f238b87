#include "runtime/aws/assumed_role.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "runtime/aws/sts_answer.h"
#include "runtime/aws/xml_walk.h"
#include "tests/support/credential_access.h"
#include "tests/support/signed_request.h"

namespace streamonce::aws {
namespace {

using runtime::HttpMethod;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::FakeAccess;
using testing::role_answer;

constexpr const char* kRole = "arn:aws:iam::111122223333:role/writer";

std::string sts_error(const std::string& code, const std::string& message) {
  return "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" +
         message + "</Message></Error><RequestId>1</RequestId></ErrorResponse>";
}

/// Credentials that others follow once a service has refused them.
class Renewable final : public CredentialsProvider {
 public:
  Result<std::shared_ptr<const Credentials>> get(WallTime, std::chrono::milliseconds) override {
    return std::make_shared<const Credentials>(
        Credentials{"BASE" + std::to_string(number), "SECRET", "", {}});
  }
  bool invalidate(const std::shared_ptr<const Credentials>&) override {
    ++number;
    return true;
  }

  int number = 1;
};

class AssumedRoleTest : public ::testing::Test {
 protected:
  AssumedRoleTest() { fake_.variables["AWS_REGION"] = "eu-west-1"; }

  std::shared_ptr<CredentialsProvider> open(RoleOptions options) {
    auto opened = open_role(std::move(options), base_, fake_.access());
    EXPECT_TRUE(opened) << opened.error().message;
    return *opened;
  }
  /// The id of the credentials, or the message.
  std::string ask(CredentialsProvider& provider) {
    const auto got = provider.get(fake_.clock.now(), kNoDeadline);
    return got ? (*got)->access_key_id : got.error().message;
  }
  std::string why_not(RoleOptions options) {
    const auto opened = open_role(std::move(options), base_, fake_.access());
    return opened ? std::string() : opened.error().message;
  }

  FakeAccess fake_;
  std::shared_ptr<Renewable> base_ = std::make_shared<Renewable>();
};

TEST_F(AssumedRoleTest, IsAskedForAtTheRegionsSts) {
  const auto role = open({.role_arn = kRole, .external_id = "a=b/c", .session_name = "me@x"});
  EXPECT_TRUE(fake_.transport->requests().empty()) << "nothing is asked before get()";
  fake_.answer(HttpMethod::kPost, "https://sts.eu-west-1.amazonaws.com/", 200,
               role_answer(fake_.clock, hours(1)));
  const auto got = role->get(fake_.clock.now(), kNoDeadline);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ((*got)->access_key_id, testing::kKeyId);
  EXPECT_EQ((*got)->secret_access_key, testing::kSecretKey);
  EXPECT_EQ((*got)->session_token, testing::kToken);
  EXPECT_EQ((*got)->expiry, testing::whole_seconds(fake_.clock.now() + hours(1)));
  const runtime::HttpRequest& request = fake_.transport->requests().at(0);
  EXPECT_EQ(request.body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%"
            "2Fwriter&RoleSessionName=me%40x&DurationSeconds=3600&ExternalId=a%3Db%2Fc");
  EXPECT_EQ(testing::header_of(request, "Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_NE(testing::header_of(request, "Authorization").find("BASE1/20261121/eu-west-1/sts/"),
            std::string::npos);
}

TEST_F(AssumedRoleTest, EndpointsAreThoseOfThePartitionAndOfTheVariables) {
  const std::pair<testing::Variables, std::string> cases[] = {
      {{{"AWS_REGION", "cn-north-1"}}, "https://sts.cn-north-1.amazonaws.com.cn/"},
      {{{"AWS_REGION", "us-gov-west-1"}}, "https://sts.us-gov-west-1.amazonaws.com/"},
      {{{"AWS_DEFAULT_REGION", "eu-west-2"}}, "https://sts.eu-west-2.amazonaws.com/"},
      {{{"AWS_REGION", "eu-west-1"}, {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}},
       "http://127.0.0.1:1/"},
      {{{"AWS_REGION", "eu-west-1"},
        {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"},
        {"AWS_ENDPOINT_URL_STS", "http://127.0.0.1:2/"}},
       "http://127.0.0.1:2/"}};
  for (const auto& [variables, url] : cases) {
    fake_.variables = variables;
    fake_.answer(HttpMethod::kPost, url, 200, role_answer(fake_.clock, hours(1)));
    EXPECT_EQ(ask(*open({.role_arn = kRole})), testing::kKeyId);
    EXPECT_EQ(fake_.transport->requests().back().url, url);
  }
  fake_.variables.clear();
  EXPECT_NE(why_not({.role_arn = kRole}).find("AWS_REGION"), std::string::npos);
}

TEST_F(AssumedRoleTest, IsAssumedAnewBeforeItEnds) {
  const auto role = open({.role_arn = kRole});
  for (int i = 0; i < 2; ++i)
    fake_.answer(HttpMethod::kPost, "sts", 200, role_answer(fake_.clock, hours(1 + i)));
  EXPECT_EQ(ask(*role), testing::kKeyId);
  fake_.clock.advance(minutes(54));
  EXPECT_EQ(ask(*role), testing::kKeyId);
  EXPECT_FALSE(fake_.transport->done());
  fake_.clock.advance(minutes(2));
  EXPECT_EQ(ask(*role), testing::kKeyId);
  EXPECT_TRUE(fake_.transport->done());
}

TEST_F(AssumedRoleTest, ARefusalIsToldWithItsCodeAndTheRole) {
  const auto role = open({.role_arn = kRole, .external_id = "EXTERNALID9"});
  fake_.answer(HttpMethod::kPost, "sts", 403,
               sts_error("AccessDenied",
                         "User: arn:aws:sts::1:assumed-role/EXTERNALID9/x is not authorized to "
                         "perform: sts:AssumeRole on resource: " +
                             std::string(kRole) + " EXTERNALID9"));
  const auto got = role->get(fake_.clock.now(), kNoDeadline);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kRejected);
  const std::string& message = got.error().message;
  EXPECT_TRUE(message.starts_with("the role " + std::string(kRole) + ": AccessDenied: "))
      << message;
  EXPECT_NE(message.find("sts:AssumeRole"), std::string::npos) << message;
  EXPECT_EQ((message + fake_.log).find("EXTERNALID9"), std::string::npos) << message << fake_.log;
  EXPECT_EQ((message + fake_.log).find("SECRET"), std::string::npos);
}

TEST_F(AssumedRoleTest, WhatMayPassIsAskedAgain) {
  const auto role = open({.role_arn = kRole});
  fake_.answer(HttpMethod::kPost, "sts", 500, "<html>");
  fake_.transport->expect(HttpMethod::kPost, "sts", Error{ErrorCode::kUnavailable, "cut"});
  fake_.answer(HttpMethod::kPost, "sts", 400, sts_error("Throttling", "Rate exceeded"));
  fake_.answer(HttpMethod::kPost, "sts", 200, "<AssumeRoleResponse/>");
  fake_.answer(HttpMethod::kPost, "sts", 200, role_answer(fake_.clock, hours(1)));
  EXPECT_EQ(ask(*role), testing::kKeyId);
}

TEST_F(AssumedRoleTest, CredentialsThatHaveExpiredThemselvesAreRenewedOnce) {
  const auto role = open({.role_arn = kRole});
  fake_.answer(HttpMethod::kPost, "sts", 403, sts_error("ExpiredToken", "x"));
  fake_.answer(HttpMethod::kPost, "sts", 200, role_answer(fake_.clock, hours(1)));
  EXPECT_EQ(ask(*role), testing::kKeyId);
  EXPECT_NE(testing::header_of(fake_.transport->requests().at(1), "Authorization").find("BASE2/"),
            std::string::npos);
  role->invalidate(role->get(fake_.clock.now(), kNoDeadline).value());
  for (int i = 0; i < 2; ++i)
    fake_.answer(HttpMethod::kPost, "sts", 403, sts_error("ExpiredToken", "x"));
  EXPECT_NE(ask(*role).find("ExpiredToken: the session token has expired"), std::string::npos);
}

TEST_F(AssumedRoleTest, AWebIdentitysTokenIsReadEachTimeAndSignsNothing) {
  const std::string path = fake_.folder.file("token");
  const auto opened = open_role_with_web_identity({.role_arn = kRole}, path, fake_.access());
  ASSERT_TRUE(opened);
  CredentialsProvider& role = **opened;
  EXPECT_NE(ask(role).find(path + ": cannot be read"), std::string::npos);
  for (const char* token : {"WEBTOKEN1", "WEBTOKEN2\n"}) {
    fake_.clock.advance(hours(2));
    fake_.write("token", token);
    fake_.answer(HttpMethod::kPost, "sts", 200,
                 role_answer(fake_.clock, hours(1), "AssumeRoleWithWebIdentity"));
    EXPECT_EQ(ask(role), testing::kKeyId);
    const runtime::HttpRequest& request = fake_.transport->requests().back();
    EXPECT_EQ(testing::header_of(request, "Authorization"), "");
    EXPECT_NE(request.body.find("&WebIdentityToken=" + std::string(token).substr(0, 9)),
              std::string::npos);
    EXPECT_TRUE(request.body.starts_with("Action=AssumeRoleWithWebIdentity&"));
  }
  fake_.clock.advance(hours(2));
  fake_.answer(HttpMethod::kPost, "sts", 400,
               sts_error("InvalidIdentityToken", "the token \"WEBTOKEN2\" is bad"));
  const std::string message = ask(role);
  EXPECT_NE(message.find("InvalidIdentityToken"), std::string::npos) << message;
  EXPECT_EQ((message + fake_.log).find("WEBTOKEN"), std::string::npos) << message;
}

TEST_F(AssumedRoleTest, OptionsThatBreakARuleAreNamed) {
  for (const char* arn : {"", "writer", "arn:aws:iam::11112222333:role/x",
                          "arn:aws:iam::111122223333:user/x", "arn:aws:sts::111122223333:role/x",
                          "arn:aws:iam::111122223333:role/", "arn:aws:iam::111122223333:role/a b"})
    EXPECT_TRUE(why_not({.role_arn = arn}).starts_with("role_arn: ")) << arn;
  EXPECT_EQ(why_not({.role_arn = "arn:aws-cn:iam::111122223333:role/a/b"}), "");
  EXPECT_TRUE(why_not({.role_arn = kRole, .session_name = "a b"}).starts_with("session_name: "));
  EXPECT_TRUE(why_not({.role_arn = kRole, .session_name = "a"}).starts_with("session_name: "));
  const std::string message = why_not({.role_arn = kRole, .external_id = "EXTERNAL ID9"});
  EXPECT_TRUE(message.starts_with("external_id: ")) << message;
  EXPECT_EQ(message.find("ID9"), std::string::npos);
  EXPECT_TRUE(why_not({.role_arn = kRole, .duration = seconds(899)}).starts_with("duration"));
  EXPECT_TRUE(why_not({.role_arn = kRole, .duration = hours(13)}).starts_with("duration"));
}

TEST(StsAnswer, NeedsEachElementOnceAndInItsPlace) {
  const testing::FakeClock clock;
  const std::string good = role_answer(clock, hours(1));
  ASSERT_TRUE(read_role(good, "AssumeRole"));
  EXPECT_FALSE(read_role(good, "AssumeRoleWithWebIdentity"));
  EXPECT_TRUE(read_role("<?xml version=\"1.0\"?>\n" + good, "AssumeRole"));
  for (std::size_t cut = 0; cut < good.find_last_of('>'); ++cut)
    EXPECT_FALSE(read_role(good.substr(0, cut), "AssumeRole")) << cut;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return read_role(text, "AssumeRole").has_value();
  };
  EXPECT_TRUE(with("<Credentials>", "<Credentials a='1' b=\"&gt;>\">"));
  EXPECT_FALSE(with("<AccessKeyId>", "<AccessKeyId>x</AccessKeyId><AccessKeyId>"));
  EXPECT_FALSE(with("<Expiration>", "<Expiration>x"));
  EXPECT_FALSE(with("<SessionToken>", "<SessionToken><b/>"));
  EXPECT_FALSE(with("</Credentials>", "</Credential>"));
  EXPECT_FALSE(with("<AssumedRoleUser>", "<!DOCTYPE x><AssumedRoleUser>"));
  EXPECT_FALSE(with(testing::kToken, ""));
}

TEST(XmlWalk, HandsOverTextsWithTheirPathsAndReferences) {
  std::string seen;
  const auto take = [&](std::string_view path, std::string_view text) {
    seen.append(path).append("=").append(text).append(";");
  };
  EXPECT_TRUE(
      walk_xml(" <a><b>1&lt;2&amp;&#x2F;&#47;&quot;&apos;&gt;</b><c/><d x='/'></d></a>\n", take));
  EXPECT_EQ(seen, "a/b=1<2&//\"'>;a/c=;a/d=;");
  std::string deep;
  for (int i = 0; i < kXmlDepthMax; ++i) deep = "<a>" + deep + "</a>";
  EXPECT_TRUE(walk_xml(deep, take));
  EXPECT_FALSE(walk_xml("<a>" + deep + "</a>", take));
  for (const char* bad :
       {"", "x", "<a>", "<a></b>", "</a>", "<a></a><b></b>", "<a></a>x", "<a>&x;</a>", "<a>&lt</a>",
        "<a>&#0;</a>", "<a>&#x80;</a>", "<a b></a>", "<a b=c></a>", "<a b='></a>", "<>", "<a/",
        "<?xml", "<!-- --><a/>", "<a><!--x--></a>"})
    EXPECT_FALSE(walk_xml(bad, take)) << bad;
}

}  // namespace
}  // namespace streamonce::aws
