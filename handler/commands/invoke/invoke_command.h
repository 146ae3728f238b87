// handler/commands/invoke/invoke_command.h: `bootstrap invoke`, its options and its help.
//
// Threads: a value; read_invoke_request() as read_options().

#pragma once

#include <variant>

#include "handler/commands/command.h"
#include "handler/commands/invoke/invoke.h"
#include "handler/commands/options.h"

namespace streamonce::handler {

extern const Command kInvokeCommand;

struct InvokeRequest {
  CommonOptions common;  ///< but for the operands and the time limit, which `invoke` has
  InvokeOptions invoke;
};

/// What the arguments behind `invoke` ask for: its work, or a text to print instead.
std::variant<PrintedText, InvokeRequest> read_invoke_request(Arguments arguments);

}  // namespace streamonce::handler
