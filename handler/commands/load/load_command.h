// handler/commands/load/load_command.h: `bootstrap load`: its options, its help, and what it opens.
//
// Threads: one thread at a time, since getopt keeps its place in variables of the process.

#pragma once

#include <variant>

#include "handler/commands/command.h"
#include "handler/commands/load/load_options.h"
#include "handler/commands/options.h"

namespace streamonce::handler::load {

extern const Command kLoadCommand;

struct LoadRequest {
  CommonOptions common;  ///< but for the operands and the time limit, which `load` has
  LoadOptions load;
};

/// What the arguments behind `load` ask for: its work, or a text to print instead.
std::variant<PrintedText, LoadRequest> read_load_request(Arguments arguments);

}  // namespace streamonce::handler::load
