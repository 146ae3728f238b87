// events/event_kind.h: which service an event of Lambda's comes from, told before it is parsed.
//
// Threads: a pure function.

#pragma once

#include "runtime/base/payload.h"

namespace streamonce::events {

/// Whether `event` comes from an SQS queue: the eventSource of its first record says so. No more is
/// looked at than it takes to find that, and nothing is checked: of text that is no JSON, or that
/// does not say, the answer is false, and a parser has to say what is wrong with it.
bool is_queue_event(PayloadView event);

}  // namespace streamonce::events
