// handler/sources/lambda/serve.h: the pipeline as a Lambda function, on a stream or on a
// dead-letter queue.
//
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "handler/sources/lambda/queue.h"
#include "handler/sources/lambda/stream_event.h"
#include "handler/targets/figures.h"
#include "runtime/base/clock.h"
#include "runtime/lambda/loop.h"

namespace streamonce::handler {

/// What is kept back of an invocation's time to build the answer and post it. A function of 128 MB
/// has a fourteenth of a core, on which an answer and its request have been seen to take a few tens
/// of milliseconds; and the Runtime API is on the same machine.
inline constexpr std::chrono::milliseconds kAnswerReserve{250};

/// The most time that an invocation is given, whatever a clock or a deadline says, so that sums
/// with it do not overflow. Source: AWS Lambda quotas: 15 minutes; emulators give a debugger hours.
inline constexpr std::chrono::hours kInvocationTimeMax{24};

/// When the target must have come to an end, for an invocation that ends at `deadline`:
/// kAnswerReserve earlier, or half of what is left, if that is less. Now, if the deadline has
/// passed.
SteadyTime commit_deadline(WallTime deadline, const Clock& clock);

/// Where the metrics of invocations go.
struct MetricsOutput {
  /// Takes the line of each invocation, its end included, before the answer is given. Unset: no
  /// line is made.
  std::function<void(std::string_view line)> sink = {};
  /// What the target counts in; set to nothing before each invocation. Borrowed: it must outlive
  /// the handler. Never null with a sink.
  TargetFigures* figures = nullptr;
  /// The pipeline's name. Empty: the table that the records come from, as the event tells it, or
  /// the one before it.
  std::string pipeline = {};
  std::string level = {};  ///< as LogSettings::metrics_level
};

/// The handler of a function on a stream, or on the queue that its dead letters go to: the event
/// tells which. The account of the function's ARN is told to `pipeline`, on which both work.
/// Borrows its arguments, which must outlive the handler, but for `metrics`.
runtime::Handler make_handler(Pipeline& pipeline, StreamEventHandler& stream, QueueHandler& queue,
                              const Clock& clock, MetricsOutput metrics = {});

}  // namespace streamonce::handler
