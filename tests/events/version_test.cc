#include "events/version.h"

#include <gtest/gtest.h>

#include "events/stream_arn.h"

namespace streamonce::events {
namespace {

constexpr std::string_view kLabel = "2026-11-21T00:44:22.580";

Version version(std::string_view label, std::string_view number) {
  return Version(label, SequenceNumber::parse(number).value());
}

TEST(Version, IsTheLabelAndThePaddedNumber) {
  EXPECT_EQ(version(kLabel, "202").text(),
            "2026-11-21T00:44:22.580/0000000000000000000000000000000000000202");
  EXPECT_EQ(version(kLabel, "00202").text(), version(kLabel, "202").text());
  EXPECT_EQ(version(kLabel, std::string(40, '9')).text(),
            std::string(kLabel) + "/" + std::string(40, '9'));
}

TEST(Version, OfMoreDigitsThanTheApiAllowsStandsBehindAllOthersOfItsStream) {
  const std::string digits = "49611974300205315735694662545343431332397447507475431426";
  const Version emulated = version(kLabel, digits);
  EXPECT_EQ(emulated.text(), std::string(kLabel) + "/:00000000" + digits);
  EXPECT_EQ(version(kLabel, "00" + digits).text(), emulated.text());
  EXPECT_EQ(version(kLabel, std::string(24, '0') + std::string(40, '9')).text(),
            std::string(kLabel) + "/" + std::string(40, '9'));
  EXPECT_LT(version(kLabel, std::string(40, '9')).text(),
            version(kLabel, "1" + std::string(40, '0')).text());
  EXPECT_LT(version(kLabel, std::string(41, '9')).text(), emulated.text());
  EXPECT_LT(emulated.text(), version(kLabel, std::string(64, '9')).text());
  EXPECT_LT(emulated.text(), version("2026-11-21T00:44:22.581", "1").text());
  EXPECT_EQ(Version::parse(emulated.text()).value(), emulated);
}

TEST(Version, ByteOrderIsNumberOrder) {
  EXPECT_LT(version(kLabel, "9"), version(kLabel, "10"));
  EXPECT_LT(version(kLabel, "9").text(), version(kLabel, "10").text());
}

TEST(Version, ALaterStreamIsNewerWhateverItsNumbers) {
  EXPECT_LT(version(kLabel, "900"), version("2026-11-21T00:44:22.581", "1"));
}

TEST(Version, IsReadBackFromItsText) {
  const Version written = version(kLabel, "202");
  EXPECT_EQ(Version::parse(written.text()).value(), written);
  EXPECT_LT(Version::parse(written.text()).value(), version(kLabel, "203"));
}

TEST(Version, IsNotReadFromAnotherText) {
  const std::string good(version(kLabel, "202").text());
  for (const std::string& text :
       {std::string(), std::string("zzz"), good.substr(1), good + "0", "x" + good.substr(1),
        good.substr(0, 23) + "-" + good.substr(24), good.substr(0, good.size() - 1) + "a",
        std::string(Version().text()), std::string(kLabel) + "/",
        std::string(kLabel) + "/:" + std::string(40, '1'),
        std::string(kLabel) + "/:" + std::string(24, '0') + std::string(40, '9'),
        std::string(kLabel) + "/:" + std::string(63, '1') + "a",
        std::string(kLabel) + "/:" + std::string(65, '1'),
        std::string(kLabel) + "/" + std::string(41, '1'),
        std::string(kLabel) + "/" + std::string(65, '1')})
    EXPECT_EQ(Version::parse(text).error().code, ErrorCode::kInvalidArgument) << text;
}

TEST(Version, TheDefaultIsBeforeAll) {
  EXPECT_LT(Version(), version(kLabel, "0"));
}

TEST(StreamArn, ReadsItsParts) {
  const StreamArn arn =
      StreamArn::parse(
          "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/my.Orders_1-a/stream/"
          "2026-11-21T00:44:22.580")
          .value();
  EXPECT_EQ(arn.region, "cn-north-1");
  EXPECT_EQ(arn.account, "123456789012");
  EXPECT_EQ(arn.table, "my.Orders_1-a");
  EXPECT_EQ(arn.label, kLabel);
}

TEST(StreamArn, RefusesWhatIsNoStream) {
  for (const std::string_view text :
       {"", "arn", "arn:aws:dynamodb:eu-west-1:1:table/T", "arn:aws:dynamodb:eu-west-1:1:table/T/",
        "arn:aws:sqs:eu-west-1:1:queue", "arn:aws:dynamodb:eu-west-1:1:table/T/index/I",
        "arn:aws:dynamodb:eu-west-1:1:table/T/stream/", "arn:aws:dynamodb::1:table/T/stream/x",
        "arn:aws:dynamodb:eu-west-1:1:table/T/stream/2026-11-21T00:44:22",
        "arn:aws:dynamodb:eu-west-1:1:table/T/stream/2026-11-21 00:44:22.580",
        "arn:aws:dynamodb:eu-west-1:1:table/T|x/stream/2026-11-21T00:44:22.580"})
    EXPECT_FALSE(StreamArn::parse(text)) << text;
}

}  // namespace
}  // namespace streamonce::events
