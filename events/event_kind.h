// events/event_kind.h: which service an event of Lambda's comes from.
//
// Threads: pure functions.

#pragma once

#include "runtime/base/payload.h"

namespace streamonce::events {

/// Whether an event of Lambda's comes from an SQS queue, by its first record.
bool is_queue_event(PayloadView event);

}  // namespace streamonce::events
