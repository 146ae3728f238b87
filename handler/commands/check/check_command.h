// handler/commands/check/check_command.h: `bootstrap check`, its options, its help and its work.
//
// Threads: a value; read_check_request() as read_options().

#pragma once

#include <variant>

#include "handler/commands/command.h"
#include "handler/commands/options.h"

namespace streamonce::handler::check {

extern const Command kCheckCommand;

struct CheckRequest {
  CommonOptions common;
  bool json = false;  ///< a JSON object instead of a text
};

/// What the arguments behind `check` ask for: its work, or a text to print instead.
std::variant<PrintedText, CheckRequest> read_check_request(Arguments arguments);

}  // namespace streamonce::handler::check
