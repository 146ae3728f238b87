#include "handler/dynamodb/retry.h"

#include <algorithm>
#include <span>

namespace streamonce::handler::dynamodb {
namespace {

using enum Trouble;

struct Rule {
  std::string_view code;
  Trouble trouble;
};

constexpr Rule kAnswerRules[] = {
    {"InternalServerError", kTransient},
    {"InternalFailure", kTransient},
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
    {"ResourceNotFoundException", kRefused},
    {"AccessDeniedException", kRefused},
    {"AccessDenied", kRefused},
    {"UnrecognizedClientException", kRefused},
    {"InvalidClientTokenId", kRefused},
    {"ExpiredTokenException", kRefused},
    {"ExpiredToken", kRefused},
    {"InvalidSignatureException", kRefused},
    {"SignatureDoesNotMatch", kRefused},
    {"IncompleteSignature", kRefused},
    {"IncompleteSignatureException", kRefused},
    {"MissingAuthenticationToken", kRefused},
    {"MissingAuthenticationTokenException", kRefused},
    {"InvalidEndpointException", kRefused},
    {"OptInRequired", kRefused},
    {"UnknownOperationException", kRefused},
};

// Source: TransactWriteItems, "Cancellation reason codes and possible error messages".
constexpr Rule kReasonRules[] = {
    {"TransactionConflict", kConflict},
    {"ThrottlingError", kThrottled},
    {"ProvisionedThroughputExceeded", kThrottled},
    {"ItemCollectionSizeLimitExceeded", kRefused},
    {"ValidationError", kRefused},
};

std::optional<Trouble> find(std::span<const Rule> rules, std::string_view code) {
  const auto rule = std::find_if(rules.begin(), rules.end(),
                                 [code](const Rule& each) { return each.code == code; });
  if (rule == rules.end()) return std::nullopt;
  return rule->trouble;
}

}  // namespace

Trouble trouble_of_answer(std::string_view code, int status) {
  if (const auto known = find(kAnswerRules, code)) return *known;
  if (status == 429) return kThrottled;
  if (status == 408 || status >= 500) return kTransient;
  if (status == 401 || status == 403) return kRefused;
  if (status >= 400) return kInvalid;
  return kRefused;
}

Trouble trouble_of_reason(std::string_view code) {
  return find(kReasonRules, code).value_or(kRefused);
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
    case ErrorCode::kFatal:
      return kRefused;
  }
  return kRefused;
}

std::optional<std::chrono::milliseconds> delay_before_retry(Trouble trouble, int attempts,
                                                            std::mt19937_64& random) {
  const int attempts_max = trouble == kConflict ? kConflictAttemptsMax : kAttemptsMax;
  if (attempts < 1 || attempts >= attempts_max) return std::nullopt;
  const std::int64_t limit =
      std::min<std::int64_t>(kDelayBase.count() << (attempts - 1), kDelayMax.count());
  // The remainder of a 64-bit draw is even enough, and is the same with every standard library.
  const auto delay = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit + 1));
  return std::chrono::milliseconds(delay);
}

}  // namespace streamonce::handler::dynamodb
