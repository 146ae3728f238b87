#include "handler/config/aws_settings.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/settings.h"

namespace streamonce::handler {
namespace {

using testing::environment_of;
using testing::kAwsVariables;
using testing::Variables;

TEST(AwsSettings, AreReadUnderAwsOwnNames) {
  const AwsSettings common = load_aws(environment_of(kAwsVariables)).value();
  EXPECT_EQ(common.region, "eu-west-1");
  EXPECT_EQ(common.endpoint_url, "http://127.0.0.1:1");
  EXPECT_EQ(common.streams_endpoint_url, "http://127.0.0.1:1");
  EXPECT_EQ(common.s3_endpoint_url, "http://127.0.0.1:1");
  EXPECT_EQ(common.lambda_endpoint_url, "http://127.0.0.1:1");

  Variables variables = kAwsVariables;
  variables["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = "http://127.0.0.1:3";
  const AwsSettings of_streams = load_aws(environment_of(variables)).value();
  EXPECT_EQ(of_streams.endpoint_url, "http://127.0.0.1:1");
  EXPECT_EQ(of_streams.streams_endpoint_url, "http://127.0.0.1:3");
  EXPECT_EQ(of_streams.s3_endpoint_url, "http://127.0.0.1:1");

  variables = kAwsVariables;
  variables.erase("AWS_ENDPOINT_URL");
  variables["AWS_ENDPOINT_URL_DYNAMODB"] = "http://127.0.0.1:2";
  const AwsSettings of_tables = load_aws(environment_of(variables)).value();
  EXPECT_EQ(of_tables.endpoint_url, "http://127.0.0.1:2");
  EXPECT_EQ(of_tables.streams_endpoint_url, "");
  variables["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:4";
  const AwsSettings of_buckets = load_aws(environment_of(variables)).value();
  EXPECT_EQ(of_buckets.s3_endpoint_url, "http://127.0.0.1:4");
  EXPECT_EQ(of_buckets.streams_endpoint_url, "");
}

/// A stream's Region is in its ARN, and credentials may come from elsewhere.
TEST(AwsSettings, MayBeAbsent) {
  const auto none = load_aws(environment_of({}));
  ASSERT_TRUE(none);
  EXPECT_EQ(none->region, "");
  EXPECT_EQ(none->endpoint_url, "");
}

TEST(AwsSettings, TheMoreSpecificNameIsStronger) {
  Variables variables = kAwsVariables;
  variables["AWS_DEFAULT_REGION"] = "us-east-1";
  EXPECT_EQ(load_aws(environment_of(variables))->region, "eu-west-1");
  variables.erase("AWS_REGION");
  EXPECT_EQ(load_aws(environment_of(variables))->region, "us-east-1");
}

TEST(AwsSettings, ACertificateFileThatIsNamedMustBeThere) {
  for (const char* name : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    Variables variables = kAwsVariables;
    variables[name] = "/nowhere/ca.pem";
    const auto aws = load_aws(environment_of(variables));
    ASSERT_FALSE(aws);
    EXPECT_EQ(aws.error().message,
              std::string(name) + ": \"/nowhere/ca.pem\": there is no such file");
  }
}

TEST(AwsSettings, TrustIsNeededForHttpsOnly) {
  const AwsSettings none;
  EXPECT_TRUE(check_trust(none, "http://127.0.0.1:1"));
  EXPECT_FALSE(check_trust(none, "https://127.0.0.1:1"));
  EXPECT_FALSE(check_trust(none, ""));
  AwsSettings some;
  some.ca_bundle_path = "/ca.pem";
  EXPECT_TRUE(check_trust(some, ""));
}

}  // namespace
}  // namespace streamonce::handler
