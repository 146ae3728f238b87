#include "handler/dynamodb/retry.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace streamonce::handler::dynamodb {
namespace {

using std::chrono::milliseconds;

TEST(TroubleOfAnswer, KnowsTheServicesCodes) {
  const struct {
    const char* code;
    int status;
    Trouble expected;
  } cases[] = {
      {"InternalServerError", 500, Trouble::kTransient},
      {"ServiceUnavailable", 503, Trouble::kTransient},
      {"ThrottlingException", 400, Trouble::kThrottled},
      {"ProvisionedThroughputExceededException", 400, Trouble::kThrottled},
      {"RequestLimitExceeded", 400, Trouble::kThrottled},
      {"TransactionInProgressException", 400, Trouble::kConflict},
      {"TransactionConflictException", 400, Trouble::kConflict},
      {"IdempotentParameterMismatchException", 400, Trouble::kTokenReused},
      {"ValidationException", 400, Trouble::kInvalid},
      {"SerializationException", 400, Trouble::kInvalid},
      {"ResourceNotFoundException", 400, Trouble::kRefused},
      {"AccessDeniedException", 400, Trouble::kRefused},
      {"UnrecognizedClientException", 400, Trouble::kRefused},
      {"ExpiredTokenException", 400, Trouble::kRefused},
      {"InvalidSignatureException", 400, Trouble::kRefused},
  };
  for (const auto& each : cases)
    EXPECT_EQ(trouble_of_answer(each.code, each.status), each.expected) << each.code;
}

TEST(TroubleOfAnswer, JudgesAnUnknownCodeByTheStatus) {
  EXPECT_EQ(trouble_of_answer("", 500), Trouble::kTransient);
  EXPECT_EQ(trouble_of_answer("NewlyInvented", 502), Trouble::kTransient);
  EXPECT_EQ(trouble_of_answer("", 408), Trouble::kTransient);
  EXPECT_EQ(trouble_of_answer("", 429), Trouble::kThrottled);
  EXPECT_EQ(trouble_of_answer("", 413), Trouble::kInvalid);
  EXPECT_EQ(trouble_of_answer("NewlyInvented", 400), Trouble::kInvalid);
  EXPECT_EQ(trouble_of_answer("", 401), Trouble::kRefused);
  EXPECT_EQ(trouble_of_answer("", 403), Trouble::kRefused);
  EXPECT_EQ(trouble_of_answer("", 301), Trouble::kRefused);
}

TEST(TroubleOfReason, TellsWhatPassesFromWhatStays) {
  EXPECT_EQ(trouble_of_reason("TransactionConflict"), Trouble::kConflict);
  EXPECT_EQ(trouble_of_reason("ThrottlingError"), Trouble::kThrottled);
  EXPECT_EQ(trouble_of_reason("ProvisionedThroughputExceeded"), Trouble::kThrottled);
  EXPECT_EQ(trouble_of_reason("ValidationError"), Trouble::kRefused);
  EXPECT_EQ(trouble_of_reason("ItemCollectionSizeLimitExceeded"), Trouble::kRefused);
  EXPECT_EQ(trouble_of_reason("NewlyInvented"), Trouble::kRefused);
}

TEST(TroubleOfTransport, SendsAgainWhatMayHaveBeenLost) {
  EXPECT_EQ(trouble_of_transport(ErrorCode::kTimeout), Trouble::kTransient);
  EXPECT_EQ(trouble_of_transport(ErrorCode::kUnavailable), Trouble::kTransient);
  EXPECT_EQ(trouble_of_transport(ErrorCode::kProtocol), Trouble::kTransient);
  EXPECT_EQ(trouble_of_transport(ErrorCode::kTooLarge), Trouble::kInvalid);
  EXPECT_EQ(trouble_of_transport(ErrorCode::kFatal), Trouble::kRefused);
}

TEST(DelayBeforeRetry, MakesThreeAttempts) {
  std::mt19937_64 random(1);
  EXPECT_TRUE(delay_before_retry(Trouble::kTransient, 1, random));
  EXPECT_TRUE(delay_before_retry(Trouble::kTransient, 2, random));
  EXPECT_FALSE(delay_before_retry(Trouble::kTransient, 3, random));
  EXPECT_FALSE(delay_before_retry(Trouble::kThrottled, 3, random));
}

TEST(DelayBeforeRetry, IsMorePatientWithAConflict) {
  std::mt19937_64 random(1);
  EXPECT_TRUE(delay_before_retry(Trouble::kConflict, kConflictAttemptsMax - 1, random));
  EXPECT_FALSE(delay_before_retry(Trouble::kConflict, kConflictAttemptsMax, random));
}

TEST(DelayBeforeRetry, DrawsFromNothingToALimitThatDoubles) {
  std::mt19937_64 random(1);
  for (int attempts = 1; attempts < kConflictAttemptsMax; ++attempts) {
    const milliseconds limit = kDelayBase * (1 << (attempts - 1));
    milliseconds least = limit;
    milliseconds most{0};
    for (int draw = 0; draw < 2000; ++draw) {
      const milliseconds delay = *delay_before_retry(Trouble::kConflict, attempts, random);
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
    EXPECT_LE(least, limit / 10) << attempts;
    EXPECT_GE(most, limit * 9 / 10) << attempts;
    EXPECT_LE(most, limit) << attempts;
  }
}

TEST(DelayBeforeRetry, IsTheSameForTheSameRandomness) {
  std::mt19937_64 one(42);
  std::mt19937_64 other(42);
  for (int draw = 0; draw < 10; ++draw)
    EXPECT_EQ(delay_before_retry(Trouble::kConflict, 5, one),
              delay_before_retry(Trouble::kConflict, 5, other));
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
