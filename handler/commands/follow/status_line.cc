#include "handler/commands/follow/status_line.h"

#include <algorithm>
#include <utility>

namespace streamonce::handler::follow {
namespace {

constexpr unsigned kColumns = 80;  // the width of a terminal that does not tell
constexpr std::string_view kToLineStart = "\r";
constexpr std::string_view kEraseToLineEnd = "\x1b[K";  // ECMA-48, EL

}  // namespace

std::int64_t lag_seconds(const FollowState& state, WallTime now) {
  if (!state.newest_time) return -1;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return std::max<std::int64_t>(0, seconds - *state.newest_time);
}

std::string status_text(const FollowState& state, std::uint64_t rate, WallTime now) {
  std::string text = "shards " + std::to_string(state.tree.reading) + " open " +
                     std::to_string(state.tree.waiting) + " waiting " +
                     std::to_string(state.tree.ended) + " done, " +
                     std::to_string(state.fates.all()) + " records, " + std::to_string(rate) + "/s";
  if (state.is_caught_up)
    text += ", caught up";
  else if (state.newest_time)
    text += ", " + std::to_string(lag_seconds(state, now)) + " s behind";
  bool is_first = true;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    text += std::exchange(is_first, false) ? ": " : ", ";
    text += std::to_string(count) + " " + std::string(what);
  };
  add(state.letters, "failed");
  add(state.blocked, state.blocked == 1 ? "shard blocked" : "shards blocked");
  add(state.gaps, state.gaps == 1 ? "gap" : "gaps");
  return text;
}

StatusLine::StatusLine(const Clock& clock, Options options)
    : clock_(clock),
      options_(std::move(options)),
      next_(clock.steady_now()),
      latest_(next_) {
  if (options_.medium == Medium::kLog) next_ += kLogPause;
}

/// The records a second since the line was last shown.
std::uint64_t StatusLine::rate(const FollowState& state, SteadyTime now) {
  const std::chrono::duration<double> time = now - std::exchange(latest_, now);
  const std::uint64_t records =
      state.fates.all() - std::exchange(records_before_, state.fates.all());
  if (time.count() <= 0) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(records) / time.count());
}

void StatusLine::update(const FollowState& state, Logger& logger) {
  const SteadyTime now = clock_.steady_now();
  if (now < next_) return;
  const std::uint64_t of_late = rate(state, now);
  if (options_.medium == Medium::kLog) {
    next_ = now + kLogPause;
    return logger.log(LogLevel::kInfo, "following",
                      {{"records", state.fates.all()},
                       {"records_per_second", of_late},
                       {"caught_up", state.is_caught_up},
                       {"lag_seconds", lag_seconds(state, clock_.now())},
                       {"shards_open", state.tree.reading},
                       {"shards_waiting", state.tree.waiting},
                       {"shards_done", state.tree.ended},
                       {"shards_blocked", state.blocked},
                       {"failed", state.letters},
                       {"gaps", state.gaps}});
  }
  next_ = now + kTerminalPause;
  const unsigned told = options_.columns ? options_.columns() : 0;
  // A character in the last column would make some terminals begin another line.
  const std::string text =
      status_text(state, of_late, clock_.now()).substr(0, (told == 0 ? kColumns : told) - 1);
  options_.sink(std::string(kToLineStart) + text + std::string(kEraseToLineEnd));
  is_drawn_ = true;
}

void StatusLine::clear() {
  if (!is_drawn_) return;
  options_.sink(std::string(kToLineStart) + std::string(kEraseToLineEnd));
  is_drawn_ = false;
  next_ = clock_.steady_now();
}

}  // namespace streamonce::handler::follow
