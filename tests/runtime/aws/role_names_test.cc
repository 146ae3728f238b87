#include "runtime/aws/role_names.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce::aws {
namespace {

TEST(RoleNames, ARoleIsOfAnyPartitionAndMayHaveAPath) {
  for (const char* arn : {"arn:aws:iam::123456789012:role/writer",
                          "arn:aws-cn:iam::123456789012:role/team/of.two/writer+=,.@_-",
                          "arn:aws-us-gov:iam::012345678901:role/w"})
    EXPECT_EQ(why_no_role(arn), "") << arn;
}

TEST(RoleNames, WhatIsNoRoleIsTold) {
  const std::string expected = ": expected arn:aws:iam::ACCOUNT:role/ROLE";
  for (const char* arn : {"", "writer", "arn:aws:iam::123456789012:user/writer",
                          "arn:aws:sts::123456789012:assumed-role/writer/session",
                          "arn:aws:iam:eu-west-1:123456789012:role/writer"})
    EXPECT_EQ(why_no_role(arn), "is not the ARN of a role" + expected) << arn;
  EXPECT_EQ(why_no_role("arn:other:iam::123456789012:role/writer"),
            "has \"other\" for a partition" + expected);
  EXPECT_EQ(why_no_role("arn:aws:iam::12345:role/writer"),
            "has \"12345\" for an account, which has 12 digits" + expected);
  for (const char* name : {"", "team/", "a b", "a:b", "a\nb"})
    EXPECT_NE(why_no_role(std::string("arn:aws:iam::123456789012:role/") + name)
                  .find(" for a role" + expected),
              std::string::npos)
        << name;
}

TEST(RoleNames, TextsOfASessionHaveBounds) {
  for (const std::string& text :
       {std::string("ab"), std::string("aZ09_+=,.@:/-"), std::string(1'224, 'x')})
    EXPECT_EQ(why_no_external_id(text), "") << text;
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("a b"), std::string(1'225, 'x')})
    EXPECT_NE(why_no_external_id(text), "") << text;
  for (const std::string& text :
       {std::string("ab"), std::string("aZ09_+=,.@-"), std::string(64, 'x')})
    EXPECT_EQ(why_no_session_name(text), "") << text;
  for (const std::string& text : {std::string(), std::string("a"), std::string("a:b"),
                                  std::string("a/b"), std::string(65, 'x')})
    EXPECT_NE(why_no_session_name(text), "") << text;
}

}  // namespace
}  // namespace streamonce::aws
