#include "runtime/aws/endpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "runtime/aws/dynamodb_names.h"

namespace streamonce::aws {
namespace {

Result<std::string> tables_endpoint(std::string_view url, std::string_view region) {
  return endpoint_of(kDynamoDb, STREAMONCE_TRY(Region::parse(region)), url);
}

TEST(EndpointOf, SaysWhatWasFoundForAnEndpoint) {
  const auto message_of = [](std::string_view url) {
    const auto endpoint = tables_endpoint(url, "us-east-1");
    return endpoint ? std::string() : endpoint.error().message;
  };
  for (const std::string_view url :
       {"localhost:8000", "http://http://localhost:8000", "http://local host:8000",
        "ftp://localhost", "http://localhost:port"}) {
    EXPECT_NE(message_of(url).find("AWS_ENDPOINT_URL"), std::string::npos) << url;
    EXPECT_TRUE(message_of(url).ends_with("found \"" + std::string(url) + '"')) << message_of(url);
  }
  EXPECT_TRUE(message_of("http://localhost:8000\n").ends_with("found \"http://localhost:8000 \""));
  EXPECT_EQ(message_of("http://user:MARK@localhost").find("MARK"), std::string::npos);
  EXPECT_EQ(message_of("http://localhost/?token=MARK").find("MARK"), std::string::npos);
  EXPECT_LT(message_of(std::string(100'000, 'x')).size(), 600U);
}

TEST(EndpointOf, IsTheRegionsOwnUnlessAnotherIsGiven) {
  EXPECT_EQ(*tables_endpoint("", "eu-central-1"), "https://dynamodb.eu-central-1.amazonaws.com");
  EXPECT_EQ(*tables_endpoint("", "cn-north-1"), "https://dynamodb.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(*tables_endpoint("", "us-gov-west-1"), "https://dynamodb.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(*tables_endpoint("", "eusc-de-east-1"), "https://dynamodb.eusc-de-east-1.amazonaws.eu");
  EXPECT_EQ(*tables_endpoint("http://127.0.0.1:8000", "local"), "http://127.0.0.1:8000");
  EXPECT_EQ(*tables_endpoint("http://localhost:4566/", "us-east-1"), "http://localhost:4566");
  EXPECT_EQ(*tables_endpoint("https://[::1]:8000/base/", "us-east-1"), "https://[::1]:8000/base");
  for (const char* url :
       {"localhost:8000", "ftp://host", "http://", "https:///path", "http://:80",
        "http://user@host", "http://host?x=1", "http://host#x", "http://a b", "http://host\r\nX: y",
        "HTTP//host", "http://host:080", "http://[::1%25lo]:80", "http://host/a%20b"})
    EXPECT_FALSE(tables_endpoint(url, "us-east-1")) << url;
  for (const char* region : {"", "EU-CENTRAL-1", "eu central", "eu.central", "-", "eu/central"})
    EXPECT_FALSE(tables_endpoint("", region)) << region;
}

TEST(PartitionOf, FollowsFromTheRegion) {
  for (const auto& [region, partition] : {std::pair{"eu-west-1", "aws"},
                                          {"cn-northwest-1", "aws-cn"},
                                          {"us-gov-east-1", "aws-us-gov"},
                                          {"us-east-1", "aws"},
                                          {"eusc-de-east-1", "aws-eusc"},
                                          {"ddblocal", "aws"}})
    EXPECT_EQ(partition_of(region), partition) << region;
}

TEST(TableName, HasBoundsAndFewCharacters) {
  for (const std::string& name : {std::string("a.b"), std::string("Az_-09"), std::string(255, 'x')})
    EXPECT_TRUE(is_table_name(name)) << name;
  for (const std::string& name : {std::string(), std::string("ab"), std::string("a b"),
                                  std::string("t/x"), std::string(256, 'x')})
    EXPECT_FALSE(is_table_name(name)) << name;
}

}  // namespace
}  // namespace streamonce::aws
