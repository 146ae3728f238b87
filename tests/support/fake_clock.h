// tests/support/fake_clock.h: time that moves only when it is told to.
//
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "runtime/base/clock.h"

namespace streamonce::testing {

class FakeClock final : public Clock {
 public:
  WallTime now() const override { return wall_; }
  SteadyTime steady_now() const override {
    const SteadyTime time = steady_;
    advance(tick);
    return time;
  }
  void sleep_for(std::chrono::milliseconds duration) override {
    sleeps.push_back(duration);
    advance(duration);
    if (on_sleep) on_sleep();
  }

  void advance(std::chrono::nanoseconds duration) const {
    steady_ += std::chrono::duration_cast<SteadyTime::duration>(duration);
    wall_ += std::chrono::duration_cast<WallTime::duration>(duration);
  }

  std::chrono::nanoseconds tick{0};  ///< how far each look at the steady time moves that time
  std::vector<std::chrono::milliseconds> sleeps;
  std::function<void()> on_sleep;

 private:
  mutable WallTime wall_{std::chrono::milliseconds(1'795'221'862'580)};  // 2026-11-21T00:44:22.580Z
  mutable SteadyTime steady_{std::chrono::hours(1)};
};

}  // namespace streamonce::testing
