// runtime/base/clock.h: time as a dependency, so that tests decide what time it is.
//
// Threads: SystemClock may be shared.

#pragma once

#include <chrono>
#include <string>

namespace streamonce {

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall-clock time: comparable with times that come from outside; it may jump.
  virtual WallTime now() const = 0;
  /// Time that only moves forward: for deadlines and waits within the process.
  virtual SteadyTime steady_now() const = 0;
  virtual void sleep_for(std::chrono::milliseconds duration) = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime now() const override;
  SteadyTime steady_now() const override;
  void sleep_for(std::chrono::milliseconds duration) override;
};

/// RFC 3339 in UTC with milliseconds: `2026-11-21T00:44:22.580Z`.
std::string format_rfc3339(WallTime time);

}  // namespace streamonce
