// handler/targets/sqlite/added_item.h: an item whose numbers were added to.
//
// Sums are those of exact decimals, as DynamoDB's own; SQLite's numbers have 15 digits. What is not
// added to stays as it is, byte for byte.
//
// Threads: a pure function.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "handler/targets/target.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

/// `item_json`, an item as DynamoDB JSON, with the numbers that Addition::addends make of it, in
/// plain form. An attribute that is absent comes to stand behind the others; one that comes to 0
/// stays, with 0. The text may be one that others have changed.
/// @error kRejected  it is no item; an attribute is there twice or is no number; or a sum is not
///                   one of DynamoDB's numbers. The message names the attribute, and no value.
Result<std::string> added_item(std::string_view item_json, std::span<const Addend> addends);

}  // namespace streamonce::handler::sqlite
