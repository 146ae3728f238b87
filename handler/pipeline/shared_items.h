// handler/pipeline/shared_items.h: which commits write an item of the target that another one
// writes too, and which of them is to go first.
//
// Changes of one source item are one commit, but two source items may have one item of the target:
// where two source tables with equal keys go to one table, or a view gives both the same key. Such
// commits must not be in one transaction, and go one after the other: see Commit::after.
//
// Threads: pure functions. Ownership: what it writes into the commits lies in memory that the
// caller keeps.

#pragma once

#include <span>
#include <vector>

#include "handler/targets/target.h"

namespace streamonce::handler {

/// The places of `commits`, in the order in which rows that have owners can move from one item to
/// another: a commit that removes such a row stands before one that puts it. Otherwise, and where
/// commits wait for each other in a ring, they stand as they came.
std::vector<CommitPlace> order_of_moves(std::span<const Commit> commits);

/// Sets Commit::after of each of `commits` to the places of those before it that were the latest to
/// write one of its items. All writes must have keys. The places are kept in `places`, which must
/// stay as it is as long as the commits are used.
///
/// The cost is a hash for each write: it need not be called where the items are known to differ.
void note_shared_items(std::span<Commit> commits, std::vector<CommitPlace>& places);

}  // namespace streamonce::handler
