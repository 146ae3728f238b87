// tests/simulation/world.h: time, the network, and what goes wrong.
//
// There is one thread. Time moves only where the code under test waits: there requests reach the
// service, answers come back, and anything else may happen that `on_wait` does: another process
// works meanwhile, or this one is killed. Requests of a process that is dead, or that has given
// them up, may still arrive. Work takes time, too: a little for each request and each answer.
//
// The service takes signatures of 5 minutes around its own time, which is the true one; that of the
// processes may be wrong, and may be set at any moment. A connection is kept after an answer and
// used again, unless it has died meanwhile: then nothing goes through it any more.
//
// What befalls a transaction befalls a PutItem as well, and a BatchGetItem as far as it may.
//
// One process has one transaction at a time in flight that adds to a row, or a promise is broken.
//
// Threads: one.

#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/payload.h"
#include "runtime/http/http.h"
#include "tests/simulation/random.h"
#include "tests/simulation/service.h"

namespace streamonce::simulation {

/// Thrown where the code under test waits, when its process is killed.
struct Killed {};

class World {
 public:
  World(Random& random, Service& service) : random_(random), service_(service) {}

  SteadyTime now() const { return steady_; }
  WallTime true_time() const;
  /// Moves time, and does everything that is due by then.
  void advance_to(SteadyTime time);
  /// Lets everything arrive that is still on its way.
  void drain();

  /// How many requests something was wrong with so far.
  std::size_t spoiled() const;
  /// How many requests met anything that was in their way, a fault or not.
  std::size_t hindered() const { return spoiled() + refused_signatures_ + dead_ends_; }

  /// Called where the code under test waits.
  std::function<void()> on_wait;
  /// How many of 100 requests are spoiled in one way or another.
  int fault_percent = 0;
  bool is_down = false;  ///< no request arrives at all
  /// How far the processes' clocks are ahead of the true one.
  std::chrono::milliseconds clock_ahead{0};
  std::chrono::milliseconds work{0};  ///< how long a request or an answer takes
  std::size_t requests = 0;
  std::size_t requests_that_add = 0;          ///< those of them that add to rows
  std::map<std::string, std::size_t> faults;  ///< how many of each, by name

 private:
  friend class SimulatedTransport;
  enum class Fault : unsigned char {
    kNone,
    kLostRequest,
    kLostAnswer,
    kSlow,  ///< the request arrives after the client's timeout
    kThrottled,
    kConflict,
    kThrottledReasons,  ///< cancelled: some actions are throttled
    kCorrupted,    ///< not done; the answer says that it is, and its checksum says that it lies
    kErrorBefore,  ///< 500, not done
    kErrorAfter,   ///< 500, done all the same
    kTruncated,
    kPage,  ///< done; the answer is a page of HTML with status 200
    kReasonless,
  };
  enum class Operation : unsigned char { kTransact, kPut, kRead };
  struct Flight {
    std::size_t client = 0;
    runtime::HttpRequestId id = 0;
    Operation operation = Operation::kTransact;
    std::string body = {};
    std::set<std::string> rows = {};  ///< that it adds to
    Payload* body_into = nullptr;     ///< valid while the request is not abandoned
    std::size_t connection = 0;
    WallTime signed_at = {};
    Fault fault = Fault::kNone;
    SteadyTime arrives{};
    SteadyTime answers{};
    bool arrived = false;
    bool abandoned = false;
    std::optional<Result<runtime::HttpResponse>> answer = {};
  };

  void start(std::size_t client, runtime::HttpRequestId id, runtime::HttpRequest request,
             std::size_t connection, bool is_dead);
  Fault draw_fault();
  static Operation operation_of(const runtime::HttpRequest& request);
  void arrive(Flight& flight);
  Result<runtime::HttpResponse> answer_to(Flight& flight);
  runtime::HttpResponse carry_out(const Flight& flight);
  std::list<Flight>::iterator next_arrival();

  Random& random_;
  Service& service_;
  SteadyTime steady_{std::chrono::hours(1)};
  std::list<Flight> flights_;
  std::size_t dead_ends_ = 0;  ///< requests on connections that are dead
  std::size_t refused_signatures_ = 0;
};

class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(World& world) : world_(world) {}
  WallTime now() const override;
  SteadyTime steady_now() const override { return world_.now(); }
  void sleep_for(std::chrono::milliseconds duration) override;

 private:
  World& world_;
};

/// One process's way to the service.
class SimulatedTransport final : public runtime::HttpTransport {
 public:
  SimulatedTransport(World& world, std::size_t client) : world_(world), client_(client) {}
  /// Leaves what is in flight to go on without the transport.
  ~SimulatedTransport() override;

  runtime::HttpRequestId start(runtime::HttpRequest request) override;
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override;
  std::string cancel(runtime::HttpRequestId id) override;

  /// Kills the kept connections, as a freeze may do.
  void kill_kept_connections() { dead_.insert(kept_.begin(), kept_.end()); }
  std::size_t kept_connections() const { return kept_.size(); }
  /// From here on, nothing may be started that cannot be answered before `deadline`.
  void set_deadline(SteadyTime deadline) { deadline_ = deadline; }

 private:
  World& world_;
  const std::size_t client_;
  runtime::HttpRequestId last_id_ = 0;
  std::size_t connections_ = 0;
  std::deque<std::size_t> kept_;
  std::set<std::size_t> dead_;
  SteadyTime deadline_ = SteadyTime::max();
};

}  // namespace streamonce::simulation
