// handler/pipeline/seen_lanes.h: lanes whose rows are, or are to be, other items', so that their
// marks are read; and what becomes of their commits then.
//
// A removal of a row that is another item's is left out once that is certain: the mark is read, the
// row is another item's still, and the commit without the removal has the condition that the mark
// is the one that was read. In between, this item's row cannot have been put.
//
// A lane that puts a row of another item may have rows itself that others wait for. So it leaves
// them first: a commit of its own, the departure, removes them and keeps the mark's version under a
// new nonce. The lane's next commit is made from that entry, and has nothing to remove any more.
//
// Threads: pure functions, but for the generator. Ownership: a plan borrows from the lanes here.

#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "handler/pipeline/plan.h"
#include "handler/targets/target.h"

namespace streamonce::handler {

/// What is known of such a lane.
struct SeenLane {
  bool is_read = false;           ///< whether the mark was read
  std::optional<Mark> mark = {};  ///< as it was read, or left by a departure; none: there was none
  std::vector<std::size_t> left_out = {};  ///< the views whose rows the item does not have
  bool is_leaving = false;                 ///< whether its next commit is a departure
  std::string nonce = {};                  ///< of the departure
  Outcome collision = {};                  ///< why it is leaving
};

/// By where the lanes' ledger ids lie.
using SeenLanes = std::unordered_map<const char*, SeenLane>;

/// Whether the lane of `commit` has rows that it may leave, as far as is known; `lane` is what is
/// known of it, null: nothing.
bool can_leave(const Commit& commit, const SeenLane* lane);

/// Gives the commits whose marks were read that condition, takes the removals out of them that are
/// left out, and makes departures of those that are leaving. One that turns out to have nothing to
/// leave is leaving no more.
void make_from_seen(Plan& plan, SeenLanes& lanes, std::mt19937_64& random);

/// Notes that a departure was applied.
void note_departure(const Plan& plan, const Commit& departure, SeenLane& lane);

}  // namespace streamonce::handler
