#include "handler/serve.h"

#include <algorithm>
#include <utility>

namespace streamonce::handler {

SteadyTime commit_deadline(WallTime deadline, const Clock& clock) {
  const std::chrono::milliseconds left = deadline - clock.now();
  const std::chrono::milliseconds reserve = std::min(kAnswerReserve, left / 2);
  return clock.steady_now() + std::max(left - reserve, std::chrono::milliseconds(0));
}

runtime::FunctionError invalid_event(const Error& error) {
  return {.type = "Function.InvalidEvent", .message = error.message};
}

runtime::Handler make_handler(Pipeline& pipeline, const Clock& clock) {
  return [&pipeline, &clock](const runtime::Invocation& invocation) -> runtime::HandlerResult {
    Result<BatchResult> result =
        pipeline.run(invocation.body, commit_deadline(invocation.deadline, clock));
    if (!result) return invalid_event(result.error());
    return std::move(*result).response;
  };
}

}  // namespace streamonce::handler
