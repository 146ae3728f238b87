// runtime/aws/retry.h: what a refusal tells us to do, how long to wait, and how much retrying
// there may be.
//
// Policy: which code means what is one table in retry.cc. Backoff: full jitter, within what is left
// until the deadline, which alone ends the attempts. Budget: tokens that retries cost and successes
// pay back, so that a service in trouble is not buried under our retries: without tokens, a retry
// waits as long as after throttling.
//
// Source:  DynamoDB developer guide, "Error handling"; API reference, TransactWriteItems; botocore:
//          its list of retryable codes, standard mode's budget, and the delays of its retries of
//          2026 for DynamoDB; S3 API reference, "Error responses"; AWS Architecture Blog,
//          "Exponential Backoff And Jitter" (full jitter).
// Threads: pure functions and values; randomness is the caller's, and nothing here looks at a
// clock.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::aws {

/// What went wrong, named by what to do.
enum class Trouble : std::uint8_t {
  kTransient,    ///< the network or the service failed, perhaps after the work: send again
  kThrottled,    ///< too much at once, nothing was done: send again
  kConflict,     ///< another transaction, perhaps our own, has hold of an item: send again
  kTokenReused,  ///< the token was used for other contents: send again under a new one
  kInvalid,      ///< something in the request is wrong: send its halves, or give up a whole one
  kExpired,      ///< the credentials have expired: send again with others, or else give up
  kSignature,    ///< the signature is no good: send again if our clock is wrong, or else give up
  kRefused,      ///< whatever was sent would be refused: give up
  kCancelled,    ///< each part has a reason of its own, or none: who asked must judge
};

/// How much of a message may be told.
enum class Telling : std::uint8_t {
  kWords,    ///< only the service's own words: the message may quote an item
  kNames,    ///< also names of resources and actions: the message is on those, and on no item
  kNothing,  ///< nothing: the message may quote what the request was signed with
};

struct CodeRule {
  std::string_view code;
  Trouble trouble = Trouble::kRefused;
  Telling telling = Telling::kWords;
};

/// The rules for the codes of whole answers, and for those of cancellation reasons.
std::span<const CodeRule> answer_rules();
std::span<const CodeRule> reason_rules();

/// What may be told of a message that came with `code`.
Telling telling_of_answer(std::string_view code);

/// What a whole answer says: `code` is the part of `__type` after the `#`, or empty; `status` is
/// the HTTP status. A code that the table lacks is judged by the status. A 4xx of an unknown code
/// is taken for kInvalid, so that halving finds the pack's good commits. A 4xx without a code comes
/// from something on the way to the service, whatever the commits are: kRefused.
Trouble trouble_of_answer(std::string_view code, int status);

/// What one cancellation reason other than `None` and `ConditionalCheckFailed` says. An unknown one
/// is kRefused.
Trouble trouble_of_reason(std::string_view code);

/// What a request that got no answer says.
Trouble trouble_of_transport(ErrorCode code);

/// The limits of the first delay; each further one may be twice as long, up to kDelayMax.
/// Source: botocore, retries of 2026: 25 ms for DynamoDB, 1 s after throttling, at most 20 s.
inline constexpr std::chrono::milliseconds kDelayBase{25};
inline constexpr std::chrono::milliseconds kThrottledDelayBase{1'000};
inline constexpr std::chrono::milliseconds kDelayMax{20'000};

/// How long to wait before the next attempt, `attempts` (1 or more) having been made: evenly drawn
/// from nothing to the limit, or to `longest` if that is less.
std::chrono::milliseconds backoff(Trouble trouble, int attempts, std::chrono::milliseconds longest,
                                  std::mt19937_64& random);

/// The tokens that all retries on one service are paid with.
class RetryBudget {
 public:
  /// Source: botocore, standard mode: 500 tokens; a retry costs 5, after a timeout 10; a success
  /// without a retry pays 1 back, and one after a retry what that retry cost.
  static constexpr int kTokensMax = 500;
  static constexpr int kRetryCost = 5;
  static constexpr int kTimeoutRetryCost = 10;
  static constexpr int kSuccessPays = 1;

  /// Takes `cost` tokens for a retry. False: fewer are left, and the retry must wait longer.
  bool take(int cost);
  /// Says that a request succeeded whose latest retry had cost `cost`; 0: it needed none.
  void pay_back(int cost);

  int tokens() const { return tokens_; }

 private:
  int tokens_ = kTokensMax;
};

/// What a retry costs after this trouble. A conflict is the answer of a service in good health:
/// backoff and deadline bound it, and it costs nothing.
int retry_cost(Trouble trouble, bool timed_out);

struct Retry {
  int cost = 0;  ///< tokens that were taken
  std::chrono::milliseconds delay{0};
};

/// Plans the attempt after `attempts` ones, the latest of which met `trouble`: see backoff().
Retry plan_retry(Trouble trouble, bool timed_out, int attempts, std::chrono::milliseconds longest,
                 RetryBudget& budget, std::mt19937_64& random);

}  // namespace streamonce::aws
