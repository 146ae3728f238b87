// runtime/aws/call.h: calls of AWS's services, many in flight, each until it is answered, refused
// for good, or late.
//
// This is the one request engine. What the network or the service spoils is sent again until the
// deadline: a broken connection, a timeout, a 5xx, throttling, a conflict, an answer that cannot be
// read. A signature that is refused because our clock is wrong is made again once the clock is set,
// and once with new credentials when those that it was made with have expired. Everything else goes
// back to who asked. Calls must be ones that may arrive twice: they read, or are idempotent. What
// is known of the service is shared with its other callers, and so is the rule for connections that
// died without a word: see service_client.h.
//
// A new operation is a class of Call, or of JsonCall for the JSON APIs (json_call.h); who has one
// call to make, and waits for it, uses ApiClient (api_client.h).
//
// Source:  DynamoDB developer guide, "Error handling".
// Threads: one thread at a time. Borrows: the service's client, which must outlive the calls;
//          nothing else may be in flight on its transport while calls are.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/aws/api_answer.h"
#include "runtime/aws/request_signer.h"
#include "runtime/aws/retry.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/payload.h"
#include "runtime/http/http.h"

namespace streamonce::aws {

/// Where a call waits: each queue has a bound of its own, so that calls of one kind, which may be
/// refused again and again, hold up none of another.
enum class CallQueue : std::uint8_t { kFirst, kSecond };
inline constexpr std::size_t kCallQueues = 2;

/// What does not change from one attempt of a call to the next.
struct CallOptions {
  std::string_view operation = {};       ///< as in `BatchGetItem`; a constant of the program
  std::chrono::milliseconds timeout{0};  ///< the most time that an answer has
  /// Of this call alone: no attempt is begun once it has passed. One that is in flight then has the
  /// time that an answer has. None: that of all calls, see CallsOptions.
  SteadyTime deadline = SteadyTime::max();
  Payload* answer_into = nullptr;    ///< takes and bounds the answer's body, if set
  std::size_t answer_bytes_max = 0;  ///< bounds it otherwise
  /// How many bytes a good answer has, if they are many: they take their time. 0: they are few.
  std::size_t answer_bytes_likely = 0;
  CallQueue queue = CallQueue::kFirst;
};

/// What has become of a call so far. A call that goes on with another's work goes on from there.
struct CallHistory {
  int attempts = 0;     ///< how many ended, but for those whose signature was refused
  int retry_cost = 0;   ///< what the latest retry cost; 0: there was none
  Refusal latest = {};  ///< what the latest attempt met; its reason is empty: nothing so far
  /// Whether an attempt got no answer, or one that does not tell what became of it, as 504: so that
  /// it may still arrive, whatever became of later ones.
  bool may_arrive = false;
};

/// One attempt that has ended, for the log.
struct Attempt {
  int number = 0;                       ///< the first is 1
  int status = 0;                       ///< 0: there was no answer
  const Refusal* refusal = nullptr;     ///< null: it was answered
  std::string_view target_prefix = {};  ///< the service's
  std::size_t request_bytes = 0;
  std::size_t answer_bytes = 0;
  std::chrono::milliseconds took{0};

  /// What a log line tells of a refusal: the network's words hold no value, the service's may, but
  /// its code tells enough.
  std::string_view code() const;
};

/// Logs an attempt at `operation`: a first one that the service or the network spoiled, and that is
/// made again, is worth a warning.
void log_attempt(Logger& logger, std::string_view operation, const Attempt& attempt);

class Call {
 public:
  virtual ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const CallHistory& history() const { return history_; }

 protected:
  explicit Call(CallOptions options, CallHistory history = {});

  const CallOptions& options() const { return options_; }

 private:
  friend class Calls;

  /// Makes the request of the next attempt out of one that has the service's URL, and is signed
  /// afterwards. It is made anew for each attempt, so that a call which waits, or is in flight,
  /// holds no second copy of a body. Where the operation demands it, as a token does, the bytes
  /// must be the same each time.
  virtual void fill(runtime::HttpRequest& request, const Service& service) = 0;

  /// Reads an answer of any status. No reason may hold a part of one of `secrets`.
  /// @return none: the call is done; otherwise why it is not, and the engine or who asked does what
  ///         the trouble says
  virtual std::optional<Refusal> read(runtime::HttpResponse response, Secrets secrets) = 0;

  /// Called before each attempt: a call that is larger than one may be now, and that may still be
  /// changed, keeps what fits.
  /// @return the rest, which takes the call's place in the queue; null: nothing was taken away
  virtual std::unique_ptr<Call> cut() { return nullptr; }

  /// Called when an attempt is on its way.
  virtual void sent() {}

  /// Logs an attempt: a first one that the service or the network spoiled is worth a warning.
  virtual void log(Logger& logger, const Attempt& attempt) const = 0;

  const CallOptions options_;
  CallHistory history_;
  int refused_signatures_ = 0;
  bool was_renewed_ = false;     // whether it was signed anew since its credentials had expired
  SteadyTime not_before_ = {};   // the earliest time of the next attempt
  bool was_unanswered_ = false;  // whether the latest attempt got no answer
};

/// The refusal of what time ran out for: with what had been in its way, if anything had.
Refusal too_late(Refusal latest = {});

/// A call that has ended.
struct CallEnd {
  std::unique_ptr<Call> call;           ///< null: nothing was left to wait for
  std::optional<Refusal> refusal = {};  ///< none: the call was answered

  /// Whether it was not done by the deadline; the refusal tells what had been in the way.
  bool is_late() const { return refusal && refusal->error_code == ErrorCode::kTimeout; }
};

struct CallsOptions {
  SteadyTime deadline = {};              ///< of all
  std::size_t in_flight_max = 1;         ///< of the first queue, 1 or more; the others wait
  std::size_t second_in_flight_max = 1;  ///< of the second one, likewise
};

/// Calls that end by one deadline, in flight over connections of which those that are kept may have
/// died before. The waiting calls of a queue are started in the order in which they were added,
/// those whose time has not come apart.
class Calls {
 public:
  Calls(ServiceClient& service, CallsOptions options);
  /// Abandons what is in flight.
  ~Calls();
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  /// Adds a call, to be started as soon as there is room for it.
  void add(std::unique_ptr<Call> call);

  /// Adds a call, to be started after `delay` at the earliest.
  void add_later(std::unique_ptr<Call> call, std::chrono::milliseconds delay);

  /// Adds a call whose latest attempt met `refusal`, to be started after the pause, and at the
  /// cost, that this trouble asks for. It ends as late if no time is left for that.
  void add_again(std::unique_ptr<Call> call, Refusal refusal);

  /// Waits until a call ends, and starts others meanwhile. The deadline ends all that have not
  /// ended: no request is started when too little time is left for an answer, and what is in flight
  /// then is abandoned.
  CallEnd wait_any();

  /// The same, until `until` at the latest: for who has other work between the ends of calls. Where
  /// nothing ends by then, what has arrived so far has been taken in.
  /// @return none: no call has ended by then; or none is waiting or in flight, which is told at
  /// once
  std::optional<CallEnd> wait_any(SteadyTime until);

  /// How many calls were added and have not come to their end.
  std::size_t unfinished() const;

  /// Abandons all calls that have not ended.
  std::vector<std::unique_ptr<Call>> abandon();

 private:
  struct InFlight {
    runtime::HttpRequestId id = 0;
    SteadyTime started = {};
    std::size_t bytes = 0;
    std::shared_ptr<const Credentials> credentials = {};
    SigningClock signed_with = {};
    std::unique_ptr<Call> call = {};
  };

  /// The calls of one kind.
  struct Queue {
    std::size_t in_flight_max = 1;
    std::size_t in_flight = 0;
    std::deque<std::unique_ptr<Call>> waiting = {};

    bool has_free_slot() const { return in_flight < in_flight_max; }
  };

  Queue& queue_of(const Call& call) {
    return queues_[static_cast<std::size_t>(call.options_.queue)];
  }
  bool has_waiting() const;
  std::vector<std::unique_ptr<Call>> take_waiting();
  std::chrono::milliseconds time_left() const { return service_.time_until(options_.deadline); }
  std::chrono::milliseconds time_left(const Call& call) const;
  SteadyTime wake_time() const;
  void start_due();
  void start_due(Queue& queue, SteadyTime now);
  void start(std::unique_ptr<Call> call, SteadyTime now);
  void take_next(SteadyTime until);
  void finish(InFlight ended, Result<runtime::HttpResponse> result);
  void log(const InFlight& ended, Attempt attempt) const;
  void go_on(InFlight ended, Refusal refusal, bool timed_out);
  void repeat(std::unique_ptr<Call> call, Refusal refusal, bool timed_out);
  void sign_again(InFlight ended, Refusal refusal);
  void renew(InFlight ended, Refusal refusal);
  void end(std::unique_ptr<Call> call, std::optional<Refusal> refusal = {});
  void end_late(std::unique_ptr<Call> call, Refusal latest);
  void end_waiting();
  void give_up();

  ServiceClient& service_;
  const CallsOptions options_;
  const bool may_be_dead_;  // whether kept connections are from before these calls
  std::array<Queue, kCallQueues> queues_;
  std::vector<InFlight> in_flight_;
  std::vector<CallEnd> ended_;
};

}  // namespace streamonce::aws
