// handler/dynamodb/retry.h: what a refusal tells us to do, and when to send again.
//
// Which code means what is a table in retry.cc; how often and how long is a table there too.
//
// Source:  DynamoDB developer guide, "Error handling"; API reference, TransactWriteItems;
//          botocore's list of retryable codes.
// Threads: pure functions; randomness is the caller's.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::handler::dynamodb {

/// What went wrong, named by what to do.
enum class Trouble : std::uint8_t {
  kTransient,    ///< the network's or the service's; the outcome may be unknown: send again
  kThrottled,    ///< too much at once, nothing was done: send again
  kConflict,     ///< another transaction, perhaps our own, has hold of an item: send again
  kTokenReused,  ///< the token was used for other contents: send again under a new one
  kInvalid,      ///< something in the request is wrong: send its halves
  kRefused,      ///< whatever was sent would be refused: give up
};

/// What a whole answer says: `code` is the part of `__type` after the `#`, or empty; `status` is
/// the HTTP status. A code that the table lacks is judged by the status; a 4xx of an unknown code
/// is taken for kInvalid, so that a pack's good commits are found out.
Trouble trouble_of_answer(std::string_view code, int status);

/// What one cancellation reason other than `None` and `ConditionalCheckFailed` says. An unknown one
/// is kRefused.
Trouble trouble_of_reason(std::string_view code);

/// What a request that got no answer says.
Trouble trouble_of_transport(ErrorCode code);

/// Attempts for one request in all, the first included.
inline constexpr int kAttemptsMax = 3;
/// A conflict means that somebody else gets on, so it is worth more patience than a broken network:
/// with delays up to 1.6 s at the end, two processes on the same keys get past each other.
inline constexpr int kConflictAttemptsMax = 8;
/// Source: botocore's retries for DynamoDB begin at 25 ms; full jitter as in the AWS Architecture
/// Blog, "Exponential Backoff And Jitter".
inline constexpr std::chrono::milliseconds kDelayBase{25};
/// Source: botocore, standard mode: no delay is over 20 s.
inline constexpr std::chrono::milliseconds kDelayMax{20'000};

/// How long to wait before the next attempt, `attempts` having been made; evenly drawn from nothing
/// to a limit that doubles from kDelayBase. No value: no further attempt.
std::optional<std::chrono::milliseconds> delay_before_retry(Trouble trouble, int attempts,
                                                            std::mt19937_64& random);

}  // namespace streamonce::handler::dynamodb
