// handler/sources/lambda/serve.h: the pipeline as a Lambda function, on a stream or on a
// dead-letter queue.
//
// Threads: one thread at a time.

#pragma once

#include <chrono>

#include "handler/sources/lambda/queue.h"
#include "handler/sources/lambda/stream_event.h"
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

/// The handler of a function on a stream, or on the queue that its dead letters go to: the event
/// tells which. Borrows its arguments, which must outlive the handler.
runtime::Handler make_handler(StreamEventHandler& stream, QueueHandler& queue, const Clock& clock);

}  // namespace streamonce::handler
