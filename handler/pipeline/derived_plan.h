// handler/pipeline/derived_plan.h: what is to be done for each lane of a batch whose target holds
// views.
//
// A lane comes to one commit: the mark, and for each view of its source what the newest record that
// concerns the view makes of it. The commit's version is that of the newest record that concerns
// any view; records behind that one are filtered, and so is a lane that concerns none. A record
// that a view has no value for ends its lane as one that cannot be applied does, and those before
// it are planned as if the lane had no more.
//
// A lane whose entry in the ledger was seen comes to the difference between what that remembers and
// what the views make of the item now: see seen_lanes.h.
//
// Threads: one thread at a time. Ownership: a plan borrows from the changes, the lanes, the tables
// and the lanes that were seen.

#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "events/change.h"
#include "handler/pipeline/derived_tables.h"
#include "handler/pipeline/group.h"
#include "handler/pipeline/plan.h"
#include "handler/pipeline/seen_lanes.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

/// The most bytes of rows, and of what entries are to hold, of one plan, but for those of its last
/// lane: what views make of a batch may be many times as large as the batch.
inline constexpr std::uint64_t kPlanBytesMax = 16UL * 1024 * 1024;

/// The most bytes of rows that all views may have of one item; a record that makes more fails. That
/// is sixteen times what a transaction of DynamoDB takes.
inline constexpr std::uint64_t kItemRowsBytesMax = 64UL * 1024 * 1024;

/// Until when lanes are planned.
struct PlanTime {
  const Clock& clock;
  SteadyTime deadline;
};

struct ViewsPlanning {
  std::span<const events::Change> changes;
  DerivedTables& tables;
  const PlanOptions& options;
  PlanTime time;
  /// The lanes that were seen. One that is to leave its rows, and turns out to have none, is
  /// leaving no more; one that comes to no commit is taken out.
  SeenLanes& seen;
  std::mt19937_64& random;  ///< for nonces
  /// Whether the lanes, which were all seen, are those of a repair: views that need to know of
  /// events have no part in it, and stray rows go.
  bool repairs = false;
};

/// Plans `lanes`, which are some of the batch's or parts of them. Records of no lane are not looked
/// at. Of two commits that may write one row, the one that removes it is the earlier one. Lanes
/// that are not begun by the deadline are refused for that; those that have no room, and those
/// whose entries must be seen first, are left for another plan, with all that come behind them: see
/// Plan::lanes_left.
Plan plan_views(std::span<const Lane> lanes, const ViewsPlanning& planning);

}  // namespace streamonce::handler
