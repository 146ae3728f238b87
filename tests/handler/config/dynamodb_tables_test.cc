#include "handler/config/dynamodb_tables.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace streamonce::handler {
namespace {

constexpr const char* kHere = "arn:aws:dynamodb:eu-west-1:123456789012:table/";

std::string arn(std::string_view name) {
  return std::string(kHere).append(name);
}

TEST(DynamoDbTables, AreNamedByNamesOrArns) {
  EXPECT_TRUE(check_table("s", "orders"));
  EXPECT_TRUE(check_table("s", arn("orders")));
  EXPECT_EQ(check_table("--ledger", "a b").error().message,
            "--ledger: \"a b\" is no name of a DynamoDB table: expected 3 to 255 of a-z A-Z 0-9 _ "
            "- ., or the ARN of the table");
  EXPECT_EQ(check_table("--ledger", "arn:aws:s3:::x").error().message,
            "--ledger: \"arn:aws:s3:::x\" is an ARN of the service \"s3\": expected "
            "arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE");
}

TEST(DynamoDbTables, OfOnePipelineAreNamedInOneWay) {
  EXPECT_EQ(why_apart("orders", "ledger", "the ledger"), "");
  EXPECT_EQ(why_apart(arn("orders"), arn("ledger"), "the ledger"), "");
  EXPECT_EQ(why_apart("orders", arn("ledger"), "the ledger"),
            "is a name, which stands for a table of the caller's own account and Region, and the "
            "ledger is named by its ARN: expected an ARN too, as " +
                arn("orders"));
  EXPECT_EQ(why_apart(arn("orders"), "ledger", "the ledger"),
            "is an ARN, and the ledger, \"ledger\", is a name, which stands for a table of the "
            "caller's own account and Region: name the ledger by its ARN too, as " +
                arn("ledger"));
}

TEST(DynamoDbTables, OfOnePipelineAreInOneAccountAndRegion) {
  const std::string end =
      ", and the target in the account 123456789012 and the Region eu-west-1: a transaction writes "
      "tables of one account and Region only: expected both in one";
  EXPECT_EQ(why_apart("arn:aws:dynamodb:eu-west-2:123456789012:table/ledger", arn("orders"),
                      "the target"),
            "is in the account 123456789012 and the Region eu-west-2" + end);
  EXPECT_EQ(why_apart("arn:aws:dynamodb:eu-west-1:210987654321:table/ledger", arn("orders"),
                      "the target"),
            "is in the account 210987654321 and the Region eu-west-1" + end);
}

}  // namespace
}  // namespace streamonce::handler
