#include "runtime/lambda/loop.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <utility>

namespace streamonce::runtime {
namespace {

constexpr int kExitStatus = 1;

// After a broken connection next() is called again at once, then after waits that begin with
// kNextWaitFirst and double, kNextAttempts times in all. The Runtime API is on the same machine: if
// it does not answer for so long, it will not come back.
constexpr int kNextAttempts = 5;
constexpr std::chrono::milliseconds kNextWaitFirst{50};

/// Calls next(), again while the connection is at fault. That is safe: the same event comes.
/// Source: Lambda runtime interface emulator, core/states.go, RuntimeRunningState.
Result<Invocation> next_with_patience(RuntimeApi& api, Logger& logger, Clock& clock) {
  std::chrono::milliseconds wait{0};
  for (int attempt = 1;; ++attempt) {
    Result<Invocation> invocation = api.next();
    if (invocation || invocation.error().code != ErrorCode::kUnavailable ||
        attempt == kNextAttempts)
      return invocation;
    logger.log(LogLevel::kWarn, "next failed, asking again",
               {{"attempt", attempt}, {"reason", invocation.error().message}});
    if (wait.count() > 0) clock.sleep_for(wait);
    wait = std::max(kNextWaitFirst, 2 * wait);
  }
}

HandlerResult call(const Handler& handler, const Invocation& invocation) {
  try {
    return handler(invocation);
  } catch (const std::exception& exception) {
    return FunctionError{.type = "Function.Exception", .message = exception.what()};
  } catch (...) {
    return FunctionError{.type = "Function.Exception",
                         .message = "the handler threw something that is no std::exception"};
  }
}

/// Sets the variable where X-Ray's libraries look for the trace. Source: Runtime API, "Next
/// invocation".
void set_trace_id(const std::string& trace_id) {
  constexpr const char* kVariable = "_X_AMZN_TRACE_ID";
  // setenv() keeps each text that it was ever given. This one is written over: the environment has
  // the place itself.
  static std::array<char, 1024> place{};
  const std::string text = std::string(kVariable) + '=' + trace_id;
  if (trace_id.empty() || text.size() >= place.size()) {
    ::unsetenv(kVariable);
    return;
  }
  place[text.copy(place.data(), text.size())] = '\0';
  ::putenv(place.data());
}

Status report(RuntimeApi& api, const Invocation& invocation, HandlerResult result, Logger& logger) {
  if (auto* body = std::get_if<std::string>(&result))
    return api.respond(invocation, std::move(*body));
  const FunctionError& error = std::get<FunctionError>(result);
  logger.log(LogLevel::kError, "invocation failed",
             {{"errorType", error.type}, {"reason", error.message}});
  return api.report_error(invocation, error);
}

}  // namespace

int run_loop(RuntimeApi& api, const Handler& handler, Logger& logger, Clock& clock) {
  while (true) {
    logger.set_request_id({});
    const Result<Invocation> invocation = next_with_patience(api, logger, clock);
    if (!invocation) {
      logger.log(LogLevel::kFatal, "no next invocation", {{"reason", invocation.error().message}});
      return kExitStatus;
    }
    logger.set_request_id(invocation->request_id);
    set_trace_id(invocation->trace_id);
    const Status told = report(api, *invocation, call(handler, *invocation), logger);
    if (told) continue;
    if (told.error().code == ErrorCode::kFatal) {
      logger.log(LogLevel::kFatal, "answer not taken", {{"reason", told.error().message}});
      return kExitStatus;
    }
    logger.log(LogLevel::kError, "answer not taken", {{"reason", told.error().message}});
  }
}

}  // namespace streamonce::runtime
