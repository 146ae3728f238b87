// handler/targets/dynamodb/item_actions.h: commits whose marks are in the items, as requests.
//
// Each commit writes one row, which is its item's: see item_mark.h. In a transaction it has two
// actions, in this order: the ledger's, which puts the entry of an item that is removed, and looks
// at it for one that is put; and the row's, on the condition that its version is below the
// commit's. A commit that leaves the version as it was seen asks that what was seen is there still.
//
// Source:  DynamoDB API reference, TransactWriteItems, ConditionCheck and PutItem.
// Threads: pure functions.

#pragma once

#include <string>
#include <string_view>

#include "handler/targets/target.h"

namespace streamonce::handler::dynamodb {

/// Appends both actions of `commit`, which has one write, no additions and no content, and whose
/// image has no attribute of the name `attribute`.
void append_item_actions(std::string& out, const Commit& commit, std::string_view ledger,
                         std::string_view attribute);

/// The body of the PutItem request that puts what `commit` puts, without `seen`, over an item that
/// is there and has a lower version.
std::string put_request(const Commit& commit, std::string_view attribute, bool tells_capacity);

}  // namespace streamonce::handler::dynamodb
