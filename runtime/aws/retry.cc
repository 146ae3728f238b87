#include "runtime/aws/retry.h"

#include <algorithm>
#include <span>

namespace streamonce::aws {
namespace {

using enum Trouble;
using enum Telling;

constexpr CodeRule kAnswerRules[] = {
    {"InternalServerError", kTransient},
    {"InternalFailure", kTransient},
    {"InternalError", kTransient},
    {"ServiceUnavailable", kTransient},
    {"ServiceUnavailableException", kTransient},
    {"RequestTimeout", kTransient},
    {"RequestTimeoutException", kTransient},
    {"PriorRequestNotComplete", kTransient},
    {"ThrottlingException", kThrottled},
    {"Throttling", kThrottled},
    {"ThrottledException", kThrottled},
    {"RequestThrottled", kThrottled},
    {"RequestThrottledException", kThrottled},
    {"TooManyRequestsException", kThrottled},
    {"ProvisionedThroughputExceededException", kThrottled},
    {"RequestLimitExceeded", kThrottled},
    {"LimitExceededException", kThrottled},
    {"BandwidthLimitExceeded", kThrottled},
    {"SlowDown", kThrottled},
    // Our own earlier attempt with this token is still at work.
    {"TransactionInProgressException", kConflict},
    {"TransactionConflictException", kConflict},
    {"ReplicatedWriteConflictException", kConflict},
    {"IdempotentParameterMismatchException", kTokenReused},
    {"ValidationException", kInvalid},
    {"SerializationException", kInvalid},
    {"RequestEntityTooLarge", kInvalid},
    {"ResourceNotFoundException", kRefused, kNames},
    {"AccessDeniedException", kRefused, kNames},
    {"AccessDenied", kRefused, kNames},
    {"UnrecognizedClientException", kRefused, kNothing},
    {"InvalidClientTokenId", kRefused, kNothing},
    {"InvalidAccessKeyId", kRefused, kNothing},
    {"InvalidToken", kRefused, kNothing},
    {"ExpiredTokenException", kExpired, kNothing},
    {"ExpiredToken", kExpired, kNothing},
    {"InvalidSignatureException", kSignature, kNothing},
    {"SignatureDoesNotMatch", kSignature, kNothing},
    {"RequestTimeTooSkewed", kSignature, kNothing},
    {"RequestExpired", kSignature, kNothing},
    {"RequestInTheFuture", kSignature, kNothing},
    {"AuthorizationHeaderMalformed", kRefused, kNothing},
    {"IncompleteSignature", kRefused, kNothing},
    {"IncompleteSignatureException", kRefused, kNothing},
    {"MissingAuthenticationToken", kRefused, kNothing},
    {"MissingAuthenticationTokenException", kRefused, kNothing},
    {"ExpiredIteratorException", kRefused},
    {"TrimmedDataAccessException", kRefused},
    {"InvalidEndpointException", kRefused},
    {"OptInRequired", kRefused},
    {"UnknownOperationException", kRefused},
};

// Source: TransactWriteItems, "Cancellation reason codes and possible error messages".
constexpr CodeRule kReasonRules[] = {
    {"TransactionConflict", kConflict},
    {"ThrottlingError", kThrottled},
    {"ProvisionedThroughputExceeded", kThrottled},
    {"ItemCollectionSizeLimitExceeded", kRefused},
    {"ValidationError", kRefused},
};

/// The rule for `code`; nullptr: there is none.
const CodeRule* find(std::span<const CodeRule> rules, std::string_view code) {
  const auto rule = std::find_if(rules.begin(), rules.end(),
                                 [code](const CodeRule& each) { return each.code == code; });
  return rule == rules.end() ? nullptr : &*rule;
}

}  // namespace

std::span<const CodeRule> answer_rules() {
  return kAnswerRules;
}

std::span<const CodeRule> reason_rules() {
  return kReasonRules;
}

Telling telling_of_answer(std::string_view code) {
  const CodeRule* known = find(kAnswerRules, code);
  return known == nullptr ? kWords : known->telling;
}

Trouble trouble_of_answer(std::string_view code, int status) {
  if (const CodeRule* known = find(kAnswerRules, code)) return known->trouble;
  if (status == 429) return kThrottled;
  if (status == 408 || status >= 500) return kTransient;
  if (status == 401 || status == 403) return kRefused;
  // A refusal without a code is not the service's: something on the way refused.
  if (status == 413 || (status >= 400 && !code.empty())) return kInvalid;
  return kRefused;
}

Trouble trouble_of_reason(std::string_view code) {
  const CodeRule* known = find(kReasonRules, code);
  return known == nullptr ? kRefused : known->trouble;
}

Trouble trouble_of_transport(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTimeout:
    case ErrorCode::kUnavailable:
    case ErrorCode::kProtocol:
      return kTransient;
    case ErrorCode::kTooLarge:  // a smaller pack has a smaller answer
      return kInvalid;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kRejected:
    case ErrorCode::kExpired:
    case ErrorCode::kFatal:
      return kRefused;
  }
  return kRefused;
}

std::chrono::milliseconds backoff(Trouble trouble, int attempts, std::chrono::milliseconds longest,
                                  std::mt19937_64& random) {
  constexpr int kDoublingsMax = 20;  // far beyond kDelayMax, and far from an overflow
  const auto base = trouble == kThrottled ? kThrottledDelayBase : kDelayBase;
  const auto doubled = base * (std::int64_t{1} << std::clamp(attempts - 1, 0, kDoublingsMax));
  const std::int64_t limit = std::min({doubled, kDelayMax, longest}).count();
  if (limit <= 0) return std::chrono::milliseconds(0);
  // The remainder of a 64-bit draw is even enough, and is the same with every standard library.
  const auto delay = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit + 1));
  return std::chrono::milliseconds(delay);
}

bool RetryBudget::take(int cost) {
  if (cost > tokens_) return false;
  tokens_ -= cost;
  return true;
}

void RetryBudget::pay_back(int cost) {
  tokens_ = std::min(kTokensMax, tokens_ + std::max(cost, kSuccessPays));
}

int retry_cost(Trouble trouble, bool timed_out) {
  if (trouble == kConflict) return 0;
  return timed_out ? RetryBudget::kTimeoutRetryCost : RetryBudget::kRetryCost;
}

Retry plan_retry(Trouble trouble, bool timed_out, int attempts, std::chrono::milliseconds longest,
                 RetryBudget& budget, std::mt19937_64& random) {
  const int cost = retry_cost(trouble, timed_out);
  if (!budget.take(cost)) return {.delay = backoff(kThrottled, attempts, longest, random)};
  return {.cost = cost, .delay = backoff(trouble, attempts, longest, random)};
}

}  // namespace streamonce::aws
