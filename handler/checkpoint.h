// handler/checkpoint.h: what became of each record of a batch, and where Lambda has to go on.
//
// Threads: a pure function.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "events/batch_response.h"
#include "events/stream_batch.h"
#include "handler/plan.h"
#include "handler/target.h"

namespace streamonce::handler {

/// Every record of a batch is counted in exactly one of the last five (guarantee G5).
struct BatchCounts {
  std::size_t records = 0;
  std::size_t items = 0;
  std::size_t applied = 0;
  std::size_t already_applied = 0;  ///< the mark has this very version
  std::size_t stale = 0;            ///< the mark has a later version
  std::size_t superseded = 0;       ///< a later record of the item was applied, now or earlier
  std::size_t failed = 0;
};

/// Where a lane stopped.
struct Failure {
  RecordIndex record = 0;  ///< the lane's oldest record that is not done
  RecordIndex cause = 0;   ///< the record that could not be applied: it or a later one
  std::string reason;
};

struct Checkpoint {
  events::BatchResponse response;
  BatchCounts counts;
  std::vector<Failure> failures;  ///< by rising sequence number
};

/// `outcomes` has one for each commit of the plan, and is emptied of its reasons.
Checkpoint checkpoint(const events::StreamBatch& batch, Plan&& plan, std::span<Outcome> outcomes);

}  // namespace streamonce::handler
