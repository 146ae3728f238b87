// handler/commands/unit_pace.h: keeps what is written, or read, below a number of units a second.
//
// Threads: one thread at a time. Borrows: clock; it must outlive the object.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "runtime/base/clock.h"

namespace streamonce::handler {

class UnitPace {
 public:
  /// @param units_max  units a second, 1 or more; none: no pause is ever made
  UnitPace(std::optional<std::uint64_t> units_max, Clock& clock)
      : units_max_(units_max),
        clock_(clock) {}

  /// Waits until that much time has passed since `began` as `tenths` of a unit may take; what was
  /// too much before counts. Asks `stopped` four times a second, and ends the wait if it says so.
  void wait(SteadyTime began, std::int64_t tenths, const std::function<bool()>& stopped);

  /// How many of `items_max` items, each of which takes `item_tenths`, 1 or more, are to go
  /// together, so that a batch takes about a second.
  std::size_t batch_items(std::size_t items_max, std::int64_t item_tenths) const;

 private:
  const std::optional<std::uint64_t> units_max_;
  Clock& clock_;
  SteadyTime free_at_ = {};  // when what was written so far is paid for
};

}  // namespace streamonce::handler
