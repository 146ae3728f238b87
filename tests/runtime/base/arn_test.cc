#include "runtime/base/arn.h"

#include <gtest/gtest.h>

namespace streamonce {
namespace {

TEST(Arn, IsSplitAtItsFirstFiveColons) {
  const auto arn = Arn::split("arn:aws-cn:lambda:cn-north-1:123456789012:function:copy:live");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->partition, "aws-cn");
  EXPECT_EQ(arn->service, "lambda");
  EXPECT_EQ(arn->region, "cn-north-1");
  EXPECT_EQ(arn->account, "123456789012");
  EXPECT_EQ(arn->resource, "function:copy:live");
  const auto bucket = Arn::split("arn:aws:s3:::bucket");
  ASSERT_TRUE(bucket);
  EXPECT_EQ(bucket->account, "");
  EXPECT_EQ(bucket->resource, "bucket");
}

TEST(Arn, IsNothingWithFewerPartsOrAnotherStart) {
  for (const char* text :
       {"", "arn:", "arn:aws:s3::bucket", "ARN:aws:s3:::bucket", "orders", " arn:aws:s3:::bucket"})
    EXPECT_FALSE(Arn::split(text)) << text;
}

TEST(Arn, AnAccountHasTwelveDigits) {
  EXPECT_TRUE(is_account("012345678901"));
  for (const char* text : {"", "12345678901", "1234567890123", "12345678901x", "aws"})
    EXPECT_FALSE(is_account(text)) << text;
}

}  // namespace
}  // namespace streamonce
