// handler/sources/batch_log.h: what a log says of a batch that was applied.
//
// Threads: one thread at a time.

#pragma once

#include <span>
#include <string_view>

#include "events/change.h"
#include "handler/pipeline/checkpoint.h"
#include "runtime/base/log.h"

namespace streamonce::handler {

/// A batch that was applied. Views are borrowed.
struct AppliedBatch {
  std::span<const events::Change> changes;
  std::span<const std::string_view> sequence_numbers;  ///< one for each change, as it came
  const BatchResult& result;
};

/// Logs `record failed` for each of the first failures, and how many more there are.
void log_failures(Logger& logger, const AppliedBatch& batch);

/// Logs `batch done` with the counts.
void log_done(Logger& logger, const BatchResult& result);

}  // namespace streamonce::handler
