// handler/commands/options.h: what the command line asks for.
//
// Threads: pure functions.

#pragma once

#include <string>
#include <variant>
#include <vector>

#include "handler/commands/invoke/invoke.h"
#include "handler/commands/replay/replay_options.h"
#include "handler/config/config.h"

namespace streamonce::handler {

struct InvokeCommand {
  ConfigOptions config;
  InvokeOptions invoke;
  bool verbose = false;
};

struct ReplayCommand {
  ConfigOptions config;
  replay::ReplayOptions replay;
  bool verbose = false;
};

/// Text to print, and the status to exit with: help, version, or what is wrong.
struct PrintCommand {
  std::string text;
  int exit_status = 0;  ///< not 0: the text goes to standard error
};

using Command = std::variant<PrintCommand, InvokeCommand, ReplayCommand>;

/// `arguments` without the program's own name.
Command parse_command_line(const std::vector<std::string>& arguments);

}  // namespace streamonce::handler
