// handler/commands/follow/follow_command.h: `bootstrap follow`, its options and its help.
//
// Threads: a value; read_follow_request() as read_options().

#pragma once

#include <variant>

#include "handler/commands/command.h"
#include "handler/commands/follow/follow.h"
#include "handler/commands/options.h"

namespace streamonce::handler::follow {

extern const Command kFollowCommand;

struct FollowCommandLine {
  CommonOptions common;  ///< without operands
  FollowRequest follow;
};

/// What the arguments behind `follow` ask for: its work, or a text to print instead.
std::variant<PrintedText, FollowCommandLine> read_follow_request(Arguments arguments);

}  // namespace streamonce::handler::follow
