// runtime/lambda/loop.h: the life of a Lambda function: next, handler, response or error, again.
//
// Threads: one. Any C++ Lambda function can use this; it knows nothing of DynamoDB.

#pragma once

#include <functional>
#include <string>
#include <variant>

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/lambda/runtime_api.h"

namespace streamonce::runtime {

/// What a handler returns: the response's body, or why there is none.
using HandlerResult = std::variant<std::string, FunctionError>;

/// A function's own work. An exception that leaves it becomes an error `Function.Exception`.
using Handler = std::function<HandlerResult(const Invocation&)>;

/// Serves invocations until the Runtime API says that the process must end, or cannot be reached
/// any more. Sets `_X_AMZN_TRACE_ID` and the logger's request id for each invocation.
/// @return the exit status of the process; never 0, since Lambda itself ends a healthy one.
int run_loop(RuntimeApi& api, const Handler& handler, Logger& logger, Clock& clock);

}  // namespace streamonce::runtime
