// runtime/aws/service_client.h: one service, as all that call it know it together.
//
// The difference of its clock from ours is learnt once, and retries are paid for from one budget,
// whoever calls. Here is also the rule for connections that died without a word, as they do while
// a sandbox is frozen: an attempt that may go over a kept one is given up sooner than others, and
// an attempt after one that got no answer has a connection of its own.
//
// Threads: one thread at a time. Borrows: transport, clock, logger; they must outlive the object.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>

#include "runtime/aws/request_signer.h"
#include "runtime/aws/retry.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/http/http.h"

namespace streamonce::aws {

/// The least time until the deadline with which a request is still sent: an answer takes 10 to
/// 20 ms within a Region, and would come too late.
inline constexpr std::chrono::milliseconds kRequestTimeLeast{20};

/// The least time that an answer is waited for over a connection that may be dead: short enough
/// that there is time for another attempt. Source: DynamoDB API model,
/// TransactionInProgressException: a request timeout of 1 s at least.
inline constexpr std::chrono::milliseconds kKeptConnectionTimeout{1'000};

/// What the way of an attempt depends on.
struct AttemptState {
  /// Whether the latest attempt of this request ended without an answer.
  bool was_unanswered = false;
  /// Whether connections may be kept that nothing is known of since the process was frozen.
  bool may_be_dead = false;
  /// How many bytes are sent, and how many are likely to come if those are many.
  std::size_t body_bytes = 0;
  /// How long an answer is waited for over a connection that is alive.
  std::chrono::milliseconds timeout = std::chrono::milliseconds::max();
  std::chrono::milliseconds time_left = std::chrono::milliseconds::max();  ///< until the deadline
};

/// How an attempt is made.
struct AttemptWay {
  std::chrono::milliseconds timeout{0};
  bool fresh_connection = false;
};

/// How often something was in the way of requests, for whoever counts it.
struct CallCounts {
  std::uint64_t retries = 0;    ///< requests that were to be sent again
  std::uint64_t throttles = 0;  ///< answers that throttled a request or a part of it
  std::uint64_t conflicts = 0;  ///< answers by which another writer was in the way

  /// Counts an answer that told this trouble.
  void note(Trouble trouble) {
    if (trouble == Trouble::kThrottled) ++throttles;
    if (trouble == Trouble::kConflict) ++conflicts;
  }
};

class ServiceClient {
 public:
  /// `options` hold the URL that endpoint_of() gave.
  ServiceClient(ServiceOptions options, runtime::HttpTransport& transport, Clock& clock,
                Logger& logger);
  ServiceClient(const ServiceClient&) = delete;
  ServiceClient& operator=(const ServiceClient&) = delete;

  RequestSigner& signer() { return signer_; }
  RetryBudget& budget() { return budget_; }
  /// The randomness that delays and request tokens are drawn from.
  std::mt19937_64& random() { return random_; }
  runtime::HttpTransport& transport() { return transport_; }
  Clock& clock() { return clock_; }
  Logger& logger() { return logger_; }
  /// Since the client was made, or since somebody has set them to nothing. The engine counts what
  /// whole answers tell; who looks into an answer adds what its parts tell.
  CallCounts& counts() { return counts_; }

  /// The time left, rounded up to a whole millisecond, so that a wait never ends before its time.
  std::chrono::milliseconds time_until(SteadyTime deadline) const;

  /// Notes that an answer came, and what time it took since its request was started: its connection
  /// is kept, and the service is known to be that slow.
  /// @param service_time  what its `Date` header tells, in whole seconds; none: it has no good one
  void note_answer(SteadyTime::duration took, std::optional<WallTime> service_time);
  /// How far the service's clock is ahead of ours, as the latest answer that had a `Date` told it,
  /// up to a second and the answer's way too little; none: no answer had one.
  std::optional<WallTime::duration> clock_offset() const { return clock_offset_; }
  bool keeps_connections() const { return keeps_connections_; }

  /// The way of the next attempt. Over a connection that may be dead its timeout is three times
  /// what the slowest of the latest answers took, so that what is slow is not taken for dead each
  /// time, and kKeptConnectionTimeout at least; more for a large body; and no more than a third of
  /// the time that is left. Reads and transactions share one measure: they go to the same service
  /// over the same connections, and too long a wait costs time only where a connection is dead.
  AttemptWay way_of(const AttemptState& state) const;

 private:
  runtime::HttpTransport& transport_;
  Clock& clock_;
  Logger& logger_;
  std::mt19937_64 random_;
  RequestSigner signer_;
  RetryBudget budget_;
  CallCounts counts_;
  bool keeps_connections_ = false;
  std::optional<WallTime::duration> clock_offset_;
  // The time of the slowest of the latest answers: each that is quicker takes a sixteenth off.
  std::chrono::milliseconds slow_answer_{0};
};

}  // namespace streamonce::aws
