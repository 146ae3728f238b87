#include "runtime/aws/table_arn.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace streamonce::aws {
namespace {

constexpr const char* kForm = ": expected arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE";

std::string why_not(std::string_view text) {
  const auto arn = TableArn::parse(text);
  EXPECT_EQ(arn.has_value(), is_table(text)) << text;
  return arn ? "no error" : arn.error().message;
}

TEST(TableArn, SaysAccountRegionAndName) {
  for (const auto& [start, region] : {std::pair{"arn:aws:", "eu-west-1"},
                                      {"arn:aws-cn:", "cn-north-1"},
                                      {"arn:aws-us-gov:", "us-gov-west-1"},
                                      {"arn:aws-eusc:", "eusc-de-east-1"}}) {
    const std::string text =
        std::string(start) + "dynamodb:" + region + ":123456789012:table/orders_copy-2.x";
    const auto arn = TableArn::parse(text);
    ASSERT_TRUE(arn) << text << arn.error().message;
    EXPECT_EQ(arn->region, region);
    EXPECT_EQ(arn->account, "123456789012");
    EXPECT_EQ(arn->table, "orders_copy-2.x");
    EXPECT_TRUE(is_table(text));
    EXPECT_EQ(name_of_table(text), "orders_copy-2.x");
  }
  EXPECT_TRUE(is_table("orders"));
  EXPECT_FALSE(is_table("or"));
  EXPECT_EQ(name_of_table("orders"), "orders");
}

TEST(TableArn, ThatOfSomethingElseIsToldFromATables) {
  const std::string table = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
  EXPECT_EQ(why_not(table + "/stream/2026-11-21T00:44:22.580"),
            "is the ARN of the \"stream\" of a table: expected that of the table itself, " + table);
  EXPECT_EQ(why_not(table + "/index/by-date"),
            "is the ARN of the \"index\" of a table: expected that of the table itself, " + table);
  EXPECT_EQ(why_not("arn:aws:s3:::orders"), std::string("is an ARN of the service \"s3\"") + kForm);
  EXPECT_EQ(why_not("arn:aws:dynamodb::123456789012:global-table/orders"),
            std::string("has \"\" for a Region") + kForm);
  EXPECT_EQ(why_not("arn:aws:dynamodb:eu-west-1:123456789012:backup/orders"),
            std::string("is not the ARN of a table") + kForm);
}

TEST(TableArn, EachMalformedPartIsTold) {
  EXPECT_EQ(why_not("arn:aws:dynamodb:eu-west-1"),
            std::string("is not the ARN of a table") + kForm);
  EXPECT_EQ(why_not("arn:aws:dynamodb:EU:123456789012:table/orders"),
            std::string("has \"EU\" for a Region") + kForm);
  EXPECT_EQ(
      why_not("arn:aws:dynamodb:cn-north-1:123456789012:table/orders"),
      std::string("has the partition \"aws\", and the Region cn-north-1 is one of aws-cn") + kForm);
  EXPECT_EQ(why_not("arn:aws-us-gov:dynamodb:us-east-1:123456789012:table/orders"),
            std::string("has the partition \"aws-us-gov\", and the Region us-east-1 is one of "
                        "aws") +
                kForm);
  EXPECT_EQ(why_not("arn:aws:dynamodb:eu-west-1:12345:table/orders"),
            std::string("has \"12345\" for an account, which has 12 digits") + kForm);
  for (const char* name : {"", "or", "a b c", "tab\"le"})
    EXPECT_NE(why_not(std::string("arn:aws:dynamodb:eu-west-1:123456789012:table/") + name)
                  .find(" for the name of a table: expected 3 to 255 of "),
              std::string::npos)
        << name;
}

}  // namespace
}  // namespace streamonce::aws
