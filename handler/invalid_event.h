// handler/invalid_event.h: what Lambda is told of an event that is refused as a whole.
//
// Threads: a pure function.

#pragma once

#include "runtime/base/result.h"
#include "runtime/runtime_api.h"

namespace streamonce::handler {

/// The error `Function.InvalidEvent`, with the message of `error`.
runtime::FunctionError invalid_event(const Error& error);

}  // namespace streamonce::handler
