// handler/commands/verify/verify_command.h: `bootstrap verify` as its user types it.
//
// Threads: values and pure functions, but for the command's work.

#pragma once

#include <variant>

#include "handler/commands/command.h"
#include "handler/commands/options.h"
#include "handler/commands/verify/verify_options.h"

namespace streamonce::handler::verify {

extern const Command kVerifyCommand;

struct VerifyRequest {
  CommonOptions common;  ///< but for the time limit, which `verify` has
  VerifyOptions verify;
};

/// What the arguments behind `verify` ask for: its work, or a text to print instead.
std::variant<PrintedText, VerifyRequest> read_verify_request(Arguments arguments);

}  // namespace streamonce::handler::verify
