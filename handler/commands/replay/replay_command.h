// handler/commands/replay/replay_command.h: `bootstrap replay`, its options and its help.
//
// Threads: a value; read_replay_request() as read_options().

#pragma once

#include <variant>

#include "handler/commands/command.h"
#include "handler/commands/options.h"
#include "handler/commands/replay/replay_options.h"

namespace streamonce::handler::replay {

extern const Command kReplayCommand;

struct ReplayRequest {
  CommonOptions common;  ///< but for the operands and the time limit, which `replay` has
  ReplayOptions replay;
};

/// What the arguments behind `replay` ask for: its work, or a text to print instead.
std::variant<PrintedText, ReplayRequest> read_replay_request(Arguments arguments);

}  // namespace streamonce::handler::replay
