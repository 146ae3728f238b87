// handler/commands/load/load_stamp.h: what a target keeps of a load, so that a state file does not
// stand for what another target has, or for what this one had before it was emptied.
//
// The stamp is a random number. It lies in the ledger, beside the positions of streams, and in the
// state file; it is written before the first item is. A load goes on only where both have the same
// one. Who begins a load anew writes a new stamp: a state that others still have is refused then.
//
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <string>

#include "events/exports/load_state.h"
#include "handler/targets/position_store.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::load {

/// The name that the stamp of a load of the export `export_name` has in the place of a shard's, in
/// a store that is for the export's table in the place of a stream. No mark has it, and no position
/// of a stream: see position_id().
std::string stamp_name(const std::string& export_name);

/// A stamp of 40 digits, of two numbers that are random.
std::string stamp_of(std::uint64_t one, std::uint64_t other);

/// Whether the target knows of the load that `state`, which is read from `path`, tells of.
/// @error kInvalidArgument  it does not: nothing must be written; the message says what to do
/// @error as PositionStore::load()
Status check_stamp(const events::LoadState& state, const std::string& path, PositionStore& store,
                   const std::string& name, SteadyTime deadline);

/// Lets the target and `state`, which has not begun, have `stamp`. The state must be written then,
/// before the first item is.
/// @error as PositionStore::save()  `state` is as it was
Status put_stamp(events::LoadState& state, std::string stamp, PositionStore& store,
                 const std::string& name, SteadyTime deadline);

}  // namespace streamonce::handler::load
