// handler/pipeline/derived_run.h: applies a batch to a target that holds views, in rounds.
//
// Nearly always there is one round: one plan, one call of the target, and before it one call that
// reads the entries of the lanes whose source has a view that remembers. Where the rows or entries
// of a batch are too large for one plan, a pass over its lanes has one round after the other. A
// lane comes into another pass
//
//   - where its entry turns out to have been replaced since it was seen, or to hold a content
//     though no view of the source remembers by now: a difference is made from what came back;
//   - where its mark turns out to stand for some of its records, whose rows must be left out;
//   - where a row that it removes is another item's, so that there is nothing to remove: see
//     seen_lanes.h;
//   - where a row that it puts is another item's, as long as any other lane of the pass is done or
//     goes on: that row may be about to move;
//   - where no lane moves any more: then each of those leaves the rows that it no longer has, in a
//     commit of its own, and is tried again. So items that exchange their rows, in one batch or in
//     two, all arrive, and none waits for another for ever: what it has left stays left;
//   - where a record that a view has no value for turns out to be one that its mark stands for, so
//     that it is done, and those behind it wait for nothing.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <random>
#include <span>

#include "events/change.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/derived_tables.h"
#include "handler/pipeline/group.h"
#include "handler/pipeline/plan.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

/// The most passes in which nothing is done, one after the other: some for each of the ways above,
/// and for who comes in between. What has moved stays moved: the next delivery goes on.
inline constexpr int kPassesMax = 16;

/// What an entry may hold before any was read.
inline constexpr std::size_t kEntryBytesAtFirst = 100'000;

struct DerivedRun {
  DerivedTables& tables;
  Target& target;
  const Clock& clock;
  PlanOptions plan;
  std::mt19937_64& random;  ///< for nonces
  /// The bytes that the content of the largest entry had when entries were read last, or somewhat
  /// more: how many are read at once depends on it.
  std::size_t& entry_bytes;
  bool tells_rows = false;  ///< whether BatchResult::rows is wanted
};

/// Applies `changes` and says what became of each. Returns by `deadline`, give or take one
/// statement of the target.
BatchResult run_derived(std::span<const events::Change> changes, const Groups& groups,
                        const DerivedRun& run, SteadyTime deadline);

}  // namespace streamonce::handler
