#include "runtime/aws/retry.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace streamonce::aws {
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
      {"LimitExceededException", 400, Trouble::kThrottled},
      {"TransactionInProgressException", 400, Trouble::kConflict},
      {"TransactionConflictException", 400, Trouble::kConflict},
      {"IdempotentParameterMismatchException", 400, Trouble::kTokenReused},
      {"ValidationException", 400, Trouble::kInvalid},
      {"SerializationException", 400, Trouble::kInvalid},
      {"ResourceNotFoundException", 400, Trouble::kRefused},
      {"AccessDeniedException", 400, Trouble::kRefused},
      {"UnrecognizedClientException", 400, Trouble::kRefused},
      {"ExpiredTokenException", 400, Trouble::kExpired},
      {"ExpiredIteratorException", 400, Trouble::kRefused},
      {"TrimmedDataAccessException", 400, Trouble::kRefused},
      {"InvalidSignatureException", 400, Trouble::kSignature},
      {"RequestTimeTooSkewed", 403, Trouble::kSignature},
      // Those of S3.
      {"SlowDown", 503, Trouble::kThrottled},
      {"InternalError", 500, Trouble::kTransient},
      {"RequestTimeout", 400, Trouble::kTransient},
      {"ExpiredToken", 400, Trouble::kExpired},
      {"SignatureDoesNotMatch", 403, Trouble::kSignature},
      {"InvalidAccessKeyId", 403, Trouble::kRefused},
      {"InvalidToken", 400, Trouble::kRefused},
      {"AuthorizationHeaderMalformed", 400, Trouble::kRefused},
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
  EXPECT_EQ(trouble_of_answer("", 400), Trouble::kRefused);
  EXPECT_EQ(trouble_of_answer("", 404), Trouble::kRefused);
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
  EXPECT_EQ(trouble_of_transport(ErrorCode::kExpired), Trouble::kRefused);
}

TEST(Backoff, DrawsFromNothingToALimitThatDoubles) {
  std::mt19937_64 random(1);
  for (int attempts = 1; attempts < 8; ++attempts) {
    const milliseconds limit = kDelayBase * (1 << (attempts - 1));
    milliseconds least = limit;
    milliseconds most{0};
    for (int draw = 0; draw < 2000; ++draw) {
      const milliseconds delay = backoff(Trouble::kTransient, attempts, kDelayMax, random);
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
    EXPECT_LE(least, limit / 10) << attempts;
    EXPECT_GE(most, limit * 9 / 10) << attempts;
    EXPECT_LE(most, limit) << attempts;
  }
}

TEST(Backoff, IsLongerAfterThrottlingAndNeverOverItsBounds) {
  std::mt19937_64 random(1);
  milliseconds throttled{0};
  milliseconds late{0};
  for (int draw = 0; draw < 1000; ++draw) {
    throttled = std::max(throttled, backoff(Trouble::kThrottled, 1, kDelayMax, random));
    late = std::max(late, backoff(Trouble::kTransient, 1'000'000, kDelayMax, random));
    EXPECT_LE(backoff(Trouble::kThrottled, 9, milliseconds(7), random), milliseconds(7));
  }
  EXPECT_GT(throttled, milliseconds(900));
  EXPECT_LE(throttled, kThrottledDelayBase);
  EXPECT_GT(late, milliseconds(18'000));
  EXPECT_LE(late, kDelayMax);
  EXPECT_EQ(backoff(Trouble::kTransient, 1, milliseconds(-5), random), milliseconds(0));
}

TEST(Backoff, IsTheSameForTheSameRandomness) {
  std::mt19937_64 one(42);
  std::mt19937_64 other(42);
  for (int draw = 0; draw < 10; ++draw)
    EXPECT_EQ(backoff(Trouble::kConflict, 5, kDelayMax, one),
              backoff(Trouble::kConflict, 5, kDelayMax, other));
}

TEST(RetryBudget, IsSpentByRetriesAndPaidBackBySuccesses) {
  RetryBudget budget;
  for (int retry = 0; retry < 50; ++retry) EXPECT_TRUE(budget.take(RetryBudget::kTimeoutRetryCost));
  EXPECT_FALSE(budget.take(RetryBudget::kRetryCost));
  EXPECT_TRUE(budget.take(0));
  budget.pay_back(RetryBudget::kTimeoutRetryCost);  // the retry was a success
  EXPECT_TRUE(budget.take(RetryBudget::kRetryCost));
  for (int success = 0; success < 1000; ++success) budget.pay_back(0);
  EXPECT_EQ(budget.tokens(), RetryBudget::kTokensMax);
}

TEST(PlanRetry, WaitsAsAfterThrottlingWhereTokensAreLacking) {
  std::mt19937_64 random(1);
  RetryBudget budget;
  milliseconds quick{0};
  for (int retry = 0; retry < 50; ++retry) {
    const Retry plan =
        plan_retry(Trouble::kTransient, /*timed_out=*/true, 1, kDelayMax, budget, random);
    EXPECT_EQ(plan.cost, RetryBudget::kTimeoutRetryCost);
    quick = std::max(quick, plan.delay);
  }
  EXPECT_LE(quick, kDelayBase);
  milliseconds late{0};
  for (int retry = 0; retry < 50; ++retry) {
    const Retry plan =
        plan_retry(Trouble::kTransient, /*timed_out=*/true, 1, kDelayMax, budget, random);
    EXPECT_EQ(plan.cost, 0);
    late = std::max(late, plan.delay);
  }
  EXPECT_GT(late, kThrottledDelayBase / 2);
  EXPECT_LE(late, kThrottledDelayBase);
}

TEST(RetryBudget, AConflictCostsNothing) {
  EXPECT_EQ(retry_cost(Trouble::kConflict, /*timed_out=*/false), 0);
  EXPECT_EQ(retry_cost(Trouble::kThrottled, /*timed_out=*/false), 5);
  EXPECT_EQ(retry_cost(Trouble::kTransient, /*timed_out=*/true), 10);
}

}  // namespace
}  // namespace streamonce::aws
