// handler/commands/console.h: what a command tells a person while it works.
//
// Progress and log share standard error: a line of the log takes the line of the progress off the
// terminal first.
//
// Threads: one thread at a time. Borrows: clock; it must outlive the object.

#pragma once

#include "handler/commands/progress.h"
#include "handler/config/log_settings.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace streamonce::handler {

/// The level of a command's log: all where it `is_verbose`; else what the environment asks for;
/// else `usual`.
LogLevel level_of(bool is_verbose, LogLevel usual, const LogSettings& log,
                  const Environment& environment);

class Console {
 public:
  Console(const Clock& clock, LogLevel level, LogFormat format);
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  Progress& progress() { return progress_; }
  Logger& logger() { return logger_; }

 private:
  Progress progress_;
  Logger logger_;
};

}  // namespace streamonce::handler
