// handler/commands/invoke/invoke.h: runs recorded events through the very pipeline that Lambda
// runs.
//
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "handler/pipeline/pipeline.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace streamonce::handler {

struct InvokeOptions {
  std::vector<std::string> events;   ///< paths; `-` is standard input
  std::chrono::seconds timeout{60};  ///< for each event, since a person waits
};

/// Takes one line, its end included. @return whether it could be written
using WriteLine = std::function<bool(std::string_view line)>;

/// Runs the events in turn and writes one line of JSON for each to `out`: the response, or the
/// error that Lambda would be told. A file that cannot be read is logged, and writes nothing.
/// @return the exit status; kExitUnreadable if no file could be read
int invoke(const InvokeOptions& options, Pipeline& pipeline, const Clock& clock, Logger& logger,
           const WriteLine& out);

}  // namespace streamonce::handler
