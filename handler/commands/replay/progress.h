// handler/commands/replay/progress.h: tells a waiting person, or a log, how far a replay is.
//
// Threads: one thread at a time. Borrows: clock; it must outlive the object.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"

namespace streamonce::handler::replay {

struct ProgressState {
  std::uint64_t bytes = 0;                         ///< how many were read, as the files lie there
  std::optional<std::uint64_t> bytes_in_all = {};  ///< none: not known, as for a pipe
  std::uint64_t records = 0;
  std::uint64_t applied = 0;
  std::uint64_t already_applied = 0;
  std::uint64_t stale = 0;
  std::uint64_t superseded = 0;
  std::uint64_t failed = 0;
  std::uint64_t expired = 0;
  std::uint64_t unreadable = 0;
  std::chrono::milliseconds elapsed{0};  ///< since the start

  bool operator==(const ProgressState&) const = default;
};

/// One line without its end, in ASCII:
/// `45% 450.0 of 1000.0 MB, 1,234,567 records, 45,123/s, 27 s left: 1,000 applied, 3 failed`.
///
/// A megabyte has 10^6 bytes. Percent and time left are told only where the size is known, and time
/// left only after three seconds, as if the bytes that are left need as long as those before. The
/// rate is that of the whole time so far. Outcomes that no record had are left out.
std::string progress_text(const ProgressState& state);

/// The columns of the terminal behind `descriptor`; 0: not known, or no terminal.
unsigned terminal_columns(int descriptor);

class Progress {
 public:
  enum class Medium : std::uint8_t {
    kTerminal,  ///< one line, written over in place at most ten times a second
    kLog,       ///< a line every ten seconds, the first after ten
  };
  struct Options {
    Medium medium = Medium::kLog;
    std::function<unsigned()> columns;  ///< asked before each line at a terminal; 0 means 80
    std::function<void(std::string_view)> sink;  ///< takes what is to be written, as it is
  };

  /// Begins to count the time.
  Progress(const Clock& clock, Options options);

  /// Shows `state` if it is time for that.
  void update(const ProgressState& state);
  /// Removes the line from the terminal, so that something else may be written; the next update
  /// draws it again at once. Does nothing for a log.
  void clear();

 private:
  void draw(const ProgressState& state);

  const Clock& clock_;
  Options options_;
  SteadyTime next_;     ///< the earliest time of the next line
  bool drawn_ = false;  ///< whether the line is on the terminal
};

}  // namespace streamonce::handler::replay
