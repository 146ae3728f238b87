// handler/sources/lambda/event_error.h: what Lambda is told of an event of which nothing was
// applied.
//
// Threads: a pure function.

#pragma once

#include "runtime/base/result.h"
#include "runtime/lambda/runtime_api.h"

namespace streamonce::handler {

/// The error of StreamEventHandler::run() or QueueHandler::run(), with its message:
/// `Function.OutOfMemory` for kUnavailable, which says nothing of the event, and else
/// `Function.InvalidEvent`.
runtime::FunctionError event_error(const Error& error);

}  // namespace streamonce::handler
