#include "handler/sources/lambda/serve.h"

#include <algorithm>
#include <utility>

#include "events/event_kind.h"
#include "handler/sources/lambda/event_error.h"
#include "handler/sources/lambda/metrics_line.h"
#include "runtime/base/arn.h"

namespace streamonce::handler {
namespace {

/// What stands for the pipeline's name as long as no event has told a table.
constexpr std::string_view kNoTable = "unknown";

runtime::HandlerResult answer_of(Result<std::string> response) {
  if (!response) return event_error(response.error());
  return *std::move(response);
}

runtime::HandlerResult answer_of(Result<StreamEventResult> result) {
  if (!result) return event_error(result.error());
  return std::move(*result).response;
}

}  // namespace

SteadyTime commit_deadline(WallTime deadline, const Clock& clock) {
  const std::chrono::milliseconds left = std::clamp<std::chrono::milliseconds>(
      deadline - clock.now(), std::chrono::milliseconds(0), kInvocationTimeMax);
  const std::chrono::milliseconds reserve = std::min(kAnswerReserve, left / 2);
  return clock.steady_now() + (left - reserve);
}

runtime::Handler make_handler(Pipeline& pipeline, StreamEventHandler& stream, QueueHandler& queue,
                              const Clock& clock, MetricsOutput metrics) {
  return [&, metrics = std::move(metrics), table = std::string(kNoTable)](
             const runtime::Invocation& invocation) mutable -> runtime::HandlerResult {
    if (const auto function = Arn::split(invocation.function_arn))
      pipeline.set_own_account(function->account);
    const SteadyTime deadline = commit_deadline(invocation.deadline, clock);
    const bool is_of_queue = events::is_queue_event(invocation.body);
    if (metrics.figures != nullptr) *metrics.figures = {};
    runtime::HandlerResult result = is_of_queue ? answer_of(queue.run(invocation.body, deadline))
                                                : answer_of(stream.run(invocation.body, deadline));
    if (metrics.sink) {
      const EventFigures& event = is_of_queue ? queue.figures() : stream.figures();
      if (!event.source_table.empty()) table = event.source_table;
      metrics.sink(metrics_line({.pipeline = metrics.pipeline.empty() ? table : metrics.pipeline,
                                 .level = metrics.level,
                                 .time = clock.now(),
                                 .event = event,
                                 .target = *metrics.figures}));
    }
    return result;
  };
}

}  // namespace streamonce::handler
