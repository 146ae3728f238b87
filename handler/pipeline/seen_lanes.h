// handler/pipeline/seen_lanes.h: lanes whose entries in the ledger were read, or came back with a
// refusal, and what is known of them beside.
//
// A commit of such a lane has the condition that its entry is still the one that was seen, and does
// what makes the difference between what that remembers and what the views have of the item. All
// lanes of a source with a view that remembers are seen before they are planned. Others are once
// that turns out to be needed: see derived_run.h.
//
// A removal of a row that is another item's is left out once that is certain: the row is another
// item's still while the entry is the one that was seen. In between, this item's row cannot have
// been put.
//
// A lane that puts a row of another item may have rows itself that others wait for. So it leaves
// them first: a commit of its own, the departure, removes them and keeps the entry's version under
// a new nonce. The lane's next commit is made from that entry, and has nothing to remove any more.
//
// Threads: pure functions. Ownership: commits borrow from the lanes here.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "events/item_key.h"
#include "handler/pipeline/plan.h"
#include "handler/targets/target.h"
#include "handler/views/difference.h"

namespace streamonce::handler {

/// A row of a view.
struct ViewRow {
  std::size_t view = 0;
  std::string key;  ///< canonical
};

/// What is known of such a lane.
struct SeenLane {
  bool is_seen = false;           ///< whether the entry is known; until then it is to be read
  std::optional<Mark> mark = {};  ///< whole, as it was seen or left by a departure; none: no entry
  std::vector<ViewRow> left_out = {};        ///< rows that are other items', and not to be removed
  bool is_leaving = false;                   ///< whether its next commit is a departure
  std::string nonce = {};                    ///< of the departure
  std::vector<views::StrayRow> strays = {};  ///< as RepairInput::strays
  Outcome collision = {};                    ///< why it is leaving
};

/// By where the lanes' ledger ids lie.
using SeenLanes = std::unordered_map<const char*, SeenLane>;

/// Whether `write` removes a row that another item may have.
bool is_row_left(const Write& write);

/// Whether the lane of `commit` has rows that it may leave, as far as is known; `lane` is what is
/// known of it, null: nothing.
bool can_leave(const Commit& commit, const SeenLane* lane);

/// Notes that the row which the write at a place of the commit removes is another item's.
void leave_out(const Plan& plan, const Commit& commit, std::size_t write, SeenLane& lane);

/// Whether that was noted of the row of a view.
bool is_left_out(const SeenLane& lane, std::size_t view, const events::ItemKey& key);

/// Notes that a departure was applied.
void note_departure(const Plan& plan, const Commit& departure, SeenLane& lane);

}  // namespace streamonce::handler
