// tests/support/skipping_clock.h: the system's time, but nobody waits: a sleep moves the clock.
//
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <vector>

#include "runtime/base/clock.h"

namespace streamonce::testing {

class SkippingClock final : public Clock {
 public:
  WallTime now() const override { return system_.now() + skipped_; }
  SteadyTime steady_now() const override { return system_.steady_now() + skipped_; }
  void sleep_for(std::chrono::milliseconds duration) override {
    sleeps.push_back(duration);
    skipped_ += duration;
  }

  std::vector<std::chrono::milliseconds> sleeps;

 private:
  SystemClock system_;
  std::chrono::milliseconds skipped_{0};
};

}  // namespace streamonce::testing
