// tests/simulation/world.h: time, the network, and what goes wrong.
//
// There is one thread. Time moves only where the code under test waits: there requests reach the
// service, answers come back, and anything else may happen that `on_wait` does: another process
// works meanwhile, or this one is killed. Requests of a process that is dead, or that has given
// them up, may still arrive.
//
// Threads: one.

#pragma once

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/http.h"
#include "tests/simulation/random.h"
#include "tests/simulation/service.h"

namespace streamonce::simulation {

/// Thrown where the code under test waits: the process is no more.
struct Killed {};

class World {
 public:
  World(Random& random, Service& service) : random_(random), service_(service) {}

  SteadyTime now() const { return steady_; }
  /// Moves time, and does everything that is due by then.
  void advance_to(SteadyTime time);
  /// Everything that is still on its way arrives.
  void drain();

  /// Called where the code under test waits.
  std::function<void()> on_wait;
  /// Of 100 requests, so many are spoiled in one way or another.
  int fault_percent = 0;
  bool is_down = false;  ///< no request arrives at all
  std::size_t requests = 0;
  std::map<std::string, std::size_t> faults;  ///< how many of each, by name

 private:
  friend class SimulatedTransport;
  enum class Fault : unsigned char {
    kNone,
    kLostRequest,
    kLostAnswer,
    kSlow,  ///< arrives after the client's timeout
    kThrottled,
    kConflict,
    kErrorBefore,  ///< 500, not done
    kErrorAfter,   ///< 500, done all the same
    kTruncated,
    kPage,  ///< done; the answer is a page of HTML with status 200
    kReasonless,
  };
  struct Flight {
    std::size_t client = 0;
    runtime::HttpRequestId id = 0;
    std::string body = {};
    Fault fault = Fault::kNone;
    SteadyTime arrives{};
    SteadyTime answers{};
    bool arrived = false;
    bool abandoned = false;
    std::optional<Result<runtime::HttpResponse>> answer = {};
  };

  void start(std::size_t client, runtime::HttpRequestId id, runtime::HttpRequest request);
  Fault draw_fault();
  void arrive(Flight& flight);
  Result<runtime::HttpResponse> answer_to(Flight& flight);
  std::list<Flight>::iterator next_arrival();

  Random& random_;
  Service& service_;
  SteadyTime steady_{std::chrono::hours(1)};
  std::list<Flight> flights_;
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
  /// What is in flight goes on without it.
  ~SimulatedTransport() override;

  runtime::HttpRequestId start(runtime::HttpRequest request) override;
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override;
  void cancel(runtime::HttpRequestId id) override;

 private:
  World& world_;
  const std::size_t client_;
  runtime::HttpRequestId last_id_ = 0;
};

}  // namespace streamonce::simulation
