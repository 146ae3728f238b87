#include "handler/commands/console.h"

#include <unistd.h>

#include <string_view>

namespace streamonce::handler {
namespace {

Progress::Options progress_options() {
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  return {.medium = is_terminal ? Progress::Medium::kTerminal : Progress::Medium::kLog,
          .columns = [] { return terminal_columns(STDERR_FILENO); },
          .sink = write_to_stderr};
}

}  // namespace

LogLevel level_of(bool is_verbose, LogLevel usual, const LogSettings& log,
                  const Environment& environment) {
  if (is_verbose) return LogLevel::kDebug;
  return environment("AWS_LAMBDA_LOG_LEVEL") ? log.level : usual;
}

Console::Console(const Clock& clock, LogLevel level, LogFormat format)
    : progress_(clock, progress_options()),
      logger_({.level = level,
               .format = format,
               .sink =
                   [this](std::string_view line) {
                     progress_.clear();
                     write_to_stderr(line);
                   }},
              clock) {}

}  // namespace streamonce::handler
