// events/item_attributes.h: whether a text is an item, and has attributes with these values.
//
// Source:  DynamoDB developer guide, "Condition expressions", comparators: two values are equal if
//          they have one type and one value, and a number has many spellings.
// Threads: pure functions.

#pragma once

#include <span>
#include <string_view>

#include "events/attribute_value.h"

namespace streamonce::events {

/// Whether `item_json` is one item as DynamoDB JSON, in each of its bytes, and without the null
/// members that attribute values have in other programs' texts: what attribute_value.h can look
/// into. For a text that others may have changed.
bool is_item(std::string_view item_json);

/// Whether `item_json` has each of `attributes` with an equal value, as DynamoDB's `=` has it. Of
/// another type than S, N and B, none is equal. A text that is no item has none.
bool has_attributes(std::string_view item_json, std::span<const RawAttribute> attributes);

}  // namespace streamonce::events
