// runtime/base/command_output.h: runs a command of the user's, and takes what it prints.
//
// Threads: one thread at a time; nobody else may wait for the child.

#pragma once

#include <chrono>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce {

/// Runs `command` with `/bin/sh -c`, and puts its standard output into `output`, from its start.
/// Its standard input is empty; its standard error, environment and terminal are those of this
/// process, so that it may ask its user something; nothing else that is open here is open there,
/// and SIGPIPE ends it, whatever it does here. The shell is killed if it does not end in time,
/// or prints more than fits; what it has started is not, since it stays in the terminal's own
/// group.
/// @error kUnavailable      it could not be started, or its output not be read
/// @error kTimeout          it did not end within `time`
/// @error kTooLarge         it printed more than `output` takes
/// @error kRejected         it ended with another status than 0, or by a signal, which is told; no
///                          message has a part of the command or of its output
Status run_command(const std::string& command, std::chrono::milliseconds time, const Clock& clock,
                   Payload& output);

}  // namespace streamonce
