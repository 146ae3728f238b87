// handler/commands/follow/status_line.h: tells a waiting person, or a log, how far a follower is.
//
// Threads: one thread at a time. Borrows: clock and logger; they must outlive the object.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "handler/sources/stream/follower.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace streamonce::handler::follow {

/// How often a log is told.
inline constexpr std::chrono::seconds kLogPause{60};
/// How often a terminal is.
inline constexpr std::chrono::milliseconds kTerminalPause{500};

/// How far behind the source the target is, in seconds, as the newest record tells that was done;
/// -1: no record was done. It grows while nothing is written to the source.
std::int64_t lag_seconds(const FollowState& state, WallTime now);

/// One line without its end, in ASCII:
/// `shards 3 open 1 waiting 12 done, 123456 records, 45/s, 4 s behind: 3 failed, 1 shard blocked`.
///
/// @param rate  records a second, of late
std::string status_text(const FollowState& state, std::uint64_t rate, WallTime now);

class StatusLine {
 public:
  enum class Medium : std::uint8_t {
    kTerminal,  ///< one line, written over in place
    kLog,       ///< a line of the log each minute
  };
  struct Options {
    Medium medium = Medium::kLog;
    std::function<unsigned()> columns;  ///< of the terminal, asked before each line; 0 means 80
    std::function<void(std::string_view)> sink;  ///< takes what is written to the terminal
  };

  StatusLine(const Clock& clock, Options options);

  /// Shows `state` if it is time for that, to `logger` unless there is a terminal.
  void update(const FollowState& state, Logger& logger);
  /// Removes the line from the terminal, so that something else may be written.
  void clear();

 private:
  std::uint64_t rate(const FollowState& state, SteadyTime now);

  const Clock& clock_;
  const Options options_;
  SteadyTime next_;
  SteadyTime latest_;                 // when the line was last shown
  std::uint64_t records_before_ = 0;  // by then
  bool is_drawn_ = false;
};

}  // namespace streamonce::handler::follow
