#include "handler/commands/unit_pace.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace streamonce::handler {
namespace {

using std::chrono::milliseconds;

/// The longest sleep between two looks at whether to stop.
constexpr milliseconds kSleepMax{250};

/// The longest time that one batch may cost, whatever it is said to have taken: a bound for what
/// comes from outside.
constexpr std::chrono::hours kWaitMax{1};

}  // namespace

void UnitPace::wait(SteadyTime began, std::int64_t tenths, const std::function<bool()>& stopped) {
  if (!units_max_) return;
  const double seconds = static_cast<double>(tenths) / 10.0 / static_cast<double>(*units_max_);
  const double bounded = std::clamp(seconds, 0.0, std::chrono::duration<double>(kWaitMax).count());
  free_at_ = std::max(free_at_, began) + std::chrono::duration_cast<SteadyTime::duration>(
                                             std::chrono::duration<double>(bounded));
  while (!stopped()) {
    const auto left = std::chrono::ceil<milliseconds>(free_at_ - clock_.steady_now());
    if (left <= milliseconds(0)) return;
    clock_.sleep_for(std::min(left, kSleepMax));
  }
}

std::size_t UnitPace::batch_items(std::size_t items_max, std::int64_t item_tenths) const {
  if (!units_max_) return items_max;
  const std::uint64_t items = *units_max_ * 10 / static_cast<std::uint64_t>(item_tenths);
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(items, 1, items_max));
}

}  // namespace streamonce::handler
