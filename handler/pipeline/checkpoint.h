// handler/pipeline/checkpoint.h: what became of each record of a batch, and where Lambda has to go on.
//
// Threads: a pure function.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/batch_response.h"
#include "events/stream_batch.h"
#include "handler/pipeline/plan.h"
#include "handler/targets/target.h"

namespace streamonce::handler {

/// What became of one record.
enum class Fate : std::uint8_t {
  kApplied,         ///< its change is in the target now
  kAlreadyApplied,  ///< its change was there before: the mark has this very version
  kStale,           ///< the mark has a later version
  kSuperseded,      ///< a later record of the item stood for it, and that one is done
  kFailed,          ///< the record could not be applied, or one of its item before it could not
  kExpired,         ///< refused for its age: see PlanOptions::retain
};

/// Whether the target has the record's change or a later one, so that it need not come again.
bool is_done(Fate fate);

/// The fate as people read it: `applied`, `already applied`, `stale`, `superseded`, `failed` or
/// `expired`.
std::string_view name_of(Fate fate);

/// Every record of a batch is counted in exactly one of `applied` to `failed` (guarantee G5).
struct BatchCounts {
  std::size_t records = 0;
  std::size_t items = 0;
  std::size_t applied = 0;
  std::size_t already_applied = 0;  ///< the mark has this very version
  std::size_t stale = 0;            ///< the mark has a later version
  std::size_t superseded = 0;       ///< a later record of the item was applied, now or earlier
  std::size_t failed = 0;           ///< not done, for whatever reason
  std::size_t expired = 0;          ///< those of `failed` that were refused for their age
};

/// Where a lane stopped.
struct Failure {
  RecordIndex record = 0;  ///< the lane's oldest record that is not done
  RecordIndex cause = 0;   ///< the record that could not be applied: that one or a later one
  std::string reason;
};

struct Checkpoint {
  events::BatchResponse response;
  BatchCounts counts;
  std::vector<Fate> fates;        ///< one for each record, in the batch's order
  std::vector<Failure> failures;  ///< by rising sequence number
};

/// What became of `batch`. `outcomes` has one for each commit of the plan; their reasons are moved
/// from.
Checkpoint checkpoint(const events::StreamBatch& batch, Plan&& plan, std::span<Outcome> outcomes);

}  // namespace streamonce::handler
