// handler/targets/dynamodb/item_mark.h: marks that are kept in the items of the target.
//
// An item that is there has its mark in one attribute, whose name is reserved: a string with the
// version and, where a repair has written the item, `#` and its nonce behind it. `#` sorts before
// all that a later version may have there, so that the order of bytes stays the order of versions.
// What is not there has its mark in the ledger, from its removal on. So the mark of an item is the
// item's, or else the ledger's.
//
// While an item with a version is there, the ledger has nothing above that version: the transaction
// that removes an item is the one that writes the ledger's entry, and one that makes an item asks
// the ledger first. So a change of an item that is there need not ask the ledger, and is one plain
// request to put, on the condition that the item's version is below its own.
//
// An item without a version was there before, or somebody else has written it. It says nothing of
// the ledger, which is asked as for an item that is not there.
//
// Threads: pure functions.

#pragma once

#include <string>
#include <string_view>

#include "handler/targets/target.h"
#include "runtime/base/result.h"

namespace streamonce::handler::dynamodb {

/// The text of the attribute that an item gets by `commit`.
std::string item_mark_text(const Commit& commit);
/// The text that the item had when `mark`, which it held, was read.
std::string item_mark_text(const Mark& mark);

/// The mark that `text` is.
/// @error kProtocol  it is none: somebody else has written the attribute
Result<Mark> read_item_mark(std::string_view text);

/// Whether an item that is put would have an attribute of that name from its source.
bool has_attribute(std::string_view image_json, std::string_view name);

/// Whether an item has a mark in the attribute of that name.
bool has_item_mark(std::string_view item_json, std::string_view name);

/// Appends `image_json`, which is an object with attributes, with the mark of `commit` in it.
void append_marked_image(std::string& out, std::string_view image_json, std::string_view attribute,
                         const Commit& commit);

/// Why a condition on an item's version fails that the version does not explain.
std::string why_no_version(std::string_view attribute);

/// What is to be added to the service's reason for refusing an item; empty unless it is its size.
std::string why_too_large(std::string_view reason, std::string_view attribute);

/// What becomes of a commit without `seen` whose item, or whose entry in the ledger, has a version
/// that is not below its own: kAlreadyApplied or kStale. Any other text gives kFailed.
CommitResult judge_version(const Commit& commit, std::string_view text);

}  // namespace streamonce::handler::dynamodb
