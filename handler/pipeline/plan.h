// handler/pipeline/plan.h: what is to be done for each lane of a batch.
//
// The target mirrors the source: an inserted or modified item is put, a removed one is deleted, and
// only the newest record of a lane counts. A record that cannot be applied ends its lane: those
// before it are applied, it and those behind it have failed (guarantee G2).
//
// Threads: a pure function. Ownership: a plan borrows from the batch and the groups.

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/pipeline/group.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// A record that will not be applied, whatever the target says.
struct RefusedRecord {
  /// The record itself, and those of its lane behind it that are refused for its sake. Never empty.
  std::span<const RecordIndex> records;
  bool is_expired = false;  ///< whether only its age is wrong: see PlanOptions::retain
  std::string reason;
};

struct Plan {
  std::vector<Commit> commits;
  /// The records that each commit stands for, oldest first: it applies the last one, and the others
  /// are superseded.
  std::vector<std::span<const RecordIndex>> records_of;
  std::vector<RefusedRecord> refused;
  std::size_t items = 0;  ///< lanes of the batch
  // What the commits' views look at.
  std::vector<Write> writes;
  std::vector<CommitPlace> places;
};

struct PlanOptions {
  /// The table of the target that is written; empty: the one that has the source table's name.
  std::string_view target_table = {};
  /// How long marks are kept; older records, and those whose age is not known, are refused. None:
  /// marks are kept for ever.
  std::optional<std::chrono::days> retain;
  WallTime now;
};

/// Whether the record has no image to apply because its stream was set up without one, so that no
/// change of that stream can be applied.
bool lacks_image_by_view_type(const events::StreamRecord& record);

/// @error kInvalidArgument  the stream's view type lacks the new image: the whole batch is refused,
///                          and the message names the view type that is needed
Result<Plan> plan(const events::StreamBatch& batch, const Groups& groups,
                  const PlanOptions& options);

}  // namespace streamonce::handler
