// handler/pipeline/repair.h: makes anew what the target has of an item, without losing anything
// newer.
//
// A repair is a compare-and-swap. The item's entry in the ledger is read first, then the item from
// its source, consistently, and then one transaction writes what follows from the item on the
// condition that the entry is still the one that was read:
//
//   - A change of the stream that is applied between the reading of the entry and the transaction
//     changes the entry: the transaction fails, and nothing is lost.
//   - One that was applied before was made at the source before that, and so the item that was read
//     has it.
//
// The entry keeps its version, so that every later change of the stream is above it, and gets a new
// nonce, so that of two repairs that overlap one fails. Where there is no entry, the version is
// below those of all records of the stream.
//
// What this cannot see: a change whose version is above the entry's, but that was made before the
// item was read, as from an old dead letter, is applied later and shows an older state until the
// newer ones of its item are applied too. So dead letters are replayed before a repair.
//
// Where items take rows of each other, a repair may give a row to its new item before the stream
// has told of the one that had it before. A record in flight that puts that row for the old item is
// then refused, and its lane waits, until a newer record of that item comes with it, or it is given
// up and its dead letter is replayed.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "handler/pipeline/derived_tables.h"
#include "handler/pipeline/plan.h"
#include "handler/pipeline/seen_lanes.h"
#include "handler/targets/target.h"
#include "handler/views/difference.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

/// What was read of an item.
struct RepairInput {
  /// The item as it was read from its source after `seen`: a put of it, or a removal where there is
  /// none. Its version is that of `seen`; without an entry one below those of all stream records.
  events::Change item = {};
  const Mark* seen = nullptr;  ///< the entry, with Reading::kTold; null: there was none
  /// With views: rows that tell this item to be theirs. Those that it is not to have are removed,
  /// also where its entry knows nothing of them.
  std::vector<views::StrayRow> strays = {};
};

struct RepairRun {
  std::string_view pipeline = {};  ///< as PipelineOptions::name
  DerivedTables* tables;           ///< null: the target is a mirror
  Target& target;
  const Clock& clock;
  PlanOptions plan;
  std::mt19937_64& random;  ///< for nonces
};

/// Repairs items, which are distinct. Of views only those are written whose rows follow from the
/// newest image whatever the event: see views::follows_from_image().
/// @return one outcome for each: kApplied; kChanged: the entry is another one by now, and both are
///         to be read anew; kFailed, with the reason; kAlreadyApplied: no view is concerned
std::vector<Outcome> repair(std::span<const RepairInput> inputs, const RepairRun& run,
                            SteadyTime deadline);

}  // namespace streamonce::handler
