// handler/targets/figures.h: what commits took of a target, counted for whoever tells it.
//
// A target counts where it is given figures, and whoever tells them resets them.
//
// Threads: a value; one thread at a time.

#pragma once

#include <chrono>
#include <cstdint>

namespace streamonce::handler {

struct TargetFigures {
  std::uint64_t transactions = 0;  ///< requests to write that were sent, answered or not
  /// Requests to write that another writer was in the way of, or an attempt of our own.
  std::uint64_t conflicts = 0;
  std::uint64_t throttles = 0;  ///< requests of which all or a part was throttled, reads with them
  std::uint64_t retries = 0;    ///< requests that were sent again, or were to be; reads with them
  /// Tenths of the write units that the service says it has charged. It says nothing of a
  /// transaction that it cancelled.
  std::int64_t write_unit_tenths = 0;
  bool has_committed = false;        ///< whether commits were handed to the target
  std::chrono::nanoseconds time{0};  ///< for which the target was waited for
};

}  // namespace streamonce::handler
