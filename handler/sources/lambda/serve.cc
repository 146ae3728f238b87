#include "handler/sources/lambda/serve.h"

#include <algorithm>
#include <utility>

#include "events/event_kind.h"
#include "handler/sources/lambda/event_error.h"

namespace streamonce::handler {

SteadyTime commit_deadline(WallTime deadline, const Clock& clock) {
  const std::chrono::milliseconds left = std::clamp<std::chrono::milliseconds>(
      deadline - clock.now(), std::chrono::milliseconds(0), kInvocationTimeMax);
  const std::chrono::milliseconds reserve = std::min(kAnswerReserve, left / 2);
  return clock.steady_now() + (left - reserve);
}

runtime::Handler make_handler(StreamEventHandler& stream, QueueHandler& queue, const Clock& clock) {
  return [&](const runtime::Invocation& invocation) -> runtime::HandlerResult {
    const SteadyTime deadline = commit_deadline(invocation.deadline, clock);
    if (events::is_queue_event(invocation.body)) {
      Result<std::string> response = queue.run(invocation.body, deadline);
      if (!response) return event_error(response.error());
      return *std::move(response);
    }
    Result<StreamEventResult> result = stream.run(invocation.body, deadline);
    if (!result) return event_error(result.error());
    return std::move(*result).response;
  };
}

}  // namespace streamonce::handler
