// runtime/json/answer_json.h: reads the JSON of answers. Private to this folder.
//
// Every byte is looked at, also of members that do not matter. A function that returns false has
// met what is not JSON, or not of the documented type; nothing more can be read then.
//
// For this folder's .cc files only: this header includes simdjson.

#pragma once

#include <simdjson.h>

#include <string_view>

#include "events/attribute_walk.h"

namespace streamonce::handler::dynamodb {

namespace ondemand = simdjson::ondemand;

/// Reads a member that is a string, or null as some emulators write an absent one. The text is good
/// until the parser is used again.
inline bool read_text(ondemand::value value, std::string_view& text) {
  bool is_null = false;
  if (value.is_null().get(is_null) != simdjson::SUCCESS) return false;
  return is_null || value.get_string().get(text) == simdjson::SUCCESS;
}

/// Passes over a member that does not matter, but must be JSON all the same.
inline bool pass_over(ondemand::value value) {
  return events::walk_any(value) == simdjson::SUCCESS;
}

/// Hands each member of `json`, which must be an object, to `take`, which must read it.
template <class Json, class Take>
bool each_member(Json& json, Take take) {
  ondemand::object members;
  if (json.get_object().get(members) != simdjson::SUCCESS) return false;
  for (auto member : members) {
    std::string_view name;
    ondemand::value content;
    if (member.unescaped_key().get(name) != simdjson::SUCCESS) return false;
    if (member.value().get(content) != simdjson::SUCCESS) return false;
    if (!take(name, content)) return false;
  }
  return true;
}

/// Reads the one member `wanted` of an object with `read`, and passes over the others.
template <class Json, class Read>
bool read_member(Json& json, std::string_view wanted, Read read) {
  return each_member(json, [&](std::string_view name, ondemand::value content) {
    return name == wanted ? read(content) : pass_over(content);
  });
}

/// Whether nothing is left behind what was read.
inline bool at_end(ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

}  // namespace streamonce::handler::dynamodb
