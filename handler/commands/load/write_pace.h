// handler/commands/load/write_pace.h: keeps what is written below a number of write units a second.
//
// Threads: one thread at a time. Borrows: clock; it must outlive the object.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "runtime/base/clock.h"

namespace streamonce::handler::load {

/// What a commit of one small item and its mark takes, in tenths of a write unit: a transaction
/// bills double. It is taken for what the service does not tell: of transactions that it cancels,
/// as for items that are there already.
/// Source: DynamoDB developer guide, "Capacity unit consumption for transactions".
inline constexpr std::int64_t kUntoldItemTenths = 40;

class WritePace {
 public:
  /// @param units_max  write units a second, 1 or more; none: no pause is ever made
  WritePace(std::optional<std::uint64_t> units_max, Clock& clock)
      : units_max_(units_max),
        clock_(clock) {}

  /// Waits until that much time has passed since `began` as writing `tenths` of a write unit may
  /// take; what was too much before counts. Asks `stopped` four times a second, and ends the wait if
  /// it says so.
  void wait(SteadyTime began, std::int64_t tenths, const std::function<bool()>& stopped);

  /// How many of `items_max` items are to be written together, so that a batch takes about a second.
  std::size_t batch_items(std::size_t items_max) const;

 private:
  const std::optional<std::uint64_t> units_max_;
  Clock& clock_;
  SteadyTime free_at_ = {};  // when what was written so far is paid for
};

}  // namespace streamonce::handler::load
