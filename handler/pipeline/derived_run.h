// handler/pipeline/derived_run.h: applies a batch to a target that holds views, in rounds.
//
// Nearly always there is one round: one plan, one call of the target. A lane comes into another one
//
//   - where its mark turns out to stand for some of its records, whose rows must be left out;
//   - where a row that it puts is another item's, and a commit of this round was done: that row may
//     have been about to move;
//   - where a row that it removes is another item's, so that there is nothing to remove. The
//     removal is left out once that is certain: the mark is read, the row is another item's still,
//     and the commit without the removal has the condition that the mark is the one that was read.
//     In between, this item's row cannot have been put;
//   - where a record that a view has no value for turns out to be one that its mark stands for, so
//     that it is done, and those behind it wait for nothing.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <span>

#include "events/change.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/derived_tables.h"
#include "handler/pipeline/group.h"
#include "handler/pipeline/plan.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

/// The most rounds of one batch: some for each of the ways above, and for who comes in between.
inline constexpr int kRoundsMax = 16;

struct DerivedRun {
  DerivedTables& tables;
  Target& target;
  const Clock& clock;
  PlanOptions plan;
  bool tells_rows = false;  ///< whether BatchResult::rows is wanted
};

/// Applies `changes` and says what became of each. Returns by `deadline`, give or take one
/// statement of the target.
BatchResult run_derived(std::span<const events::Change> changes, const Groups& groups,
                        const DerivedRun& run, SteadyTime deadline);

}  // namespace streamonce::handler
