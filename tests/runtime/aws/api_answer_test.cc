#include "runtime/aws/api_answer.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace streamonce::aws {
namespace {

using runtime::HttpResponse;

TEST(ApiAnswer, AChecksumIsThatOfTheBodyOrThereIsNone) {
  // The check value of CRC-32/ISO-HDLC, which zlib computes.
  constexpr std::string_view kBody = "123456789";
  constexpr std::string_view kChecksum = "3421780262";
  EXPECT_TRUE(checksum_fits({.status = 200}, kBody));
  const auto with = [](std::string_view value) {
    return HttpResponse{.status = 200, .headers = {{"x-amz-crc32", std::string(value)}}};
  };
  EXPECT_TRUE(checksum_fits(with(kChecksum), kBody));
  EXPECT_FALSE(checksum_fits(with(kChecksum), "12345678"));
  for (const std::string_view bad :
       {"3421780263", "", " 3421780262", "3421780262x", "-1", "cbf43926"})
    EXPECT_EQ(checksum_fits(with(bad), kBody), bad.empty()) << bad;
}

TEST(ApiAnswer, ACodeIsWhatStandsBehindTheHash) {
  const std::pair<std::string_view, std::string_view> types[] = {
      {"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "ResourceNotFoundException"},
      {"ThrottlingException", "ThrottlingException"},
      {"", ""},
      {"a#", ""},
      {"a#b c", ""},
      {"a#b\nc", ""},
      {"a#\"quoted\"", ""},
  };
  for (const auto& [type, code] : types) EXPECT_EQ(code_of(type), code) << type;
  EXPECT_EQ(code_of(std::string(64, 'a')).size(), 64U);
  EXPECT_EQ(code_of(std::string(65, 'a')), "");
}

TEST(ApiAnswer, AReasonIsCutBetweenTwoCharacters) {
  EXPECT_EQ(reason_text("Code", "message"), "Code: message");
  EXPECT_EQ(reason_text("", "message"), "message");
  EXPECT_EQ(reason_text("Code", ""), "Code");
  // The last byte that fits is the first of a character of two.
  const std::string cut = reason_text("", std::string(kReasonBytesMax - 1, 'a') + "\xC3\xA9");
  EXPECT_EQ(cut, std::string(kReasonBytesMax - 1, 'a'));
}

TEST(ApiAnswer, ARefusalOfTheServiceHasItsWordsAndNoSecret) {
  const std::array<std::string_view, 1> secrets = {"S3CRETKEY"};
  const Refusal refusal = refusal_of({.status = 400}, "ResourceNotFoundException",
                                     "Requested resource not found", secrets);
  EXPECT_EQ(refusal.reason, "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(refusal.code, "ResourceNotFoundException");
  EXPECT_EQ(refusal.error_code, ErrorCode::kRejected);
  EXPECT_FALSE(refusal.service_time);

  const Refusal echo = refusal_of({.status = 400}, "S3CRETKEY", "no such thing", secrets);
  EXPECT_EQ(echo.code, "");
  EXPECT_EQ(echo.reason.find("S3CRET"), std::string::npos) << echo.reason;
}

TEST(ApiAnswer, ARefusedSignatureBringsTheServicesTime) {
  const Refusal refusal =
      refusal_of({.status = 400, .headers = {{"date", "Sat, 21 Nov 2026 00:44:22 GMT"}}},
                 "InvalidSignatureException", "Signature expired: 20261121T004422Z", {});
  EXPECT_EQ(refusal.trouble, Trouble::kSignature);
  EXPECT_EQ(refusal.service_time, WallTime(std::chrono::seconds(1'795'221'862)));
  EXPECT_EQ(refusal.reason.find("20261121T004422Z"), std::string::npos) << refusal.reason;
}

TEST(ApiAnswer, WhatIsNotTheServicesTellsItsStatusAlone) {
  const Refusal page = unreadable_answer(502, "and not an answer of DynamoDB");
  EXPECT_EQ(page.trouble, Trouble::kTransient);
  EXPECT_EQ(page.reason, "HTTP 502, and not an answer of DynamoDB");
  EXPECT_EQ(unreadable_answer(413, "").trouble, Trouble::kInvalid);
  EXPECT_EQ(unreadable_answer(302, "").trouble, Trouble::kRefused);
}

TEST(ApiAnswer, ARequestWithoutAnAnswerKeepsItsError) {
  const Refusal refusal = refusal_of(Error{ErrorCode::kTimeout, "no answer from host:443"});
  EXPECT_EQ(refusal.trouble, Trouble::kTransient);
  EXPECT_EQ(refusal.error_code, ErrorCode::kTimeout);
  EXPECT_EQ(refusal.reason, "no answer from host:443");
  EXPECT_EQ(refusal.code, "");
}

}  // namespace
}  // namespace streamonce::aws
