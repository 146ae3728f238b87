// events/attribute_walk.h: walks DynamoDB's items and keys in JSON, and checks every byte on the
// way.
//
// What these functions have walked is well-formed JSON (see json_walk.h), and what they have not
// complained of is one DynamoDB item or key. An error of shape ("S" is not a string) is noted in
// `problem`, and the walk goes on behind it; it tells no value.
//
// A member of an attribute value that is null counts as absent, at every level of an item and in
// keys: `{"S":"x","N":null,"BOOL":null}` is `{"S":"x"}`. So the AWS SDKs' own structures print
// where they are marshalled as they are. DynamoDB takes no such nulls: where there are some, the
// raw JSON that is handed out is a copy without them.
//
// For events/*.cc: this header includes simdjson.
//
// Threads: pure functions.

#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/copies.h"
#include "events/item_key.h"
#include "runtime/json/json_walk.h"

namespace streamonce::events {

/// The most lists and maps around a value of an item.
/// Source: DynamoDB quotas, "Nesting depth: up to 32 levels".
inline constexpr int kNestingMax = 32;

/// Checks a DynamoDB item (`{"name":{"S":"..."},...}`), takes its raw JSON, and puts its attributes
/// of the types that a key may have into `scalars`, which is emptied first. `raw` is a view into
/// the document, or into a text that is added to `copies`.
simdjson::error_code walk_item(simdjson::ondemand::document& document,
                               simdjson::ondemand::value value, std::string_view& raw,
                               std::vector<KeyAttribute>& scalars, Copies& copies,
                               json::Problem problem);

/// Checks an item's key, takes its raw JSON as walk_item() does, and puts the attributes into
/// `key`.
simdjson::error_code walk_key(simdjson::ondemand::document& document,
                              simdjson::ondemand::value value, std::string_view& raw, ItemKey& key,
                              Copies& copies, json::Problem problem);

}  // namespace streamonce::events
