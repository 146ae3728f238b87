// runtime/json/answer_json.h: reads the JSON of answers.
//
// Every byte is looked at, also of members that do not matter. A function that returns false has
// met what is not JSON, or not of the documented type; nothing more can be read then.
//
// For .cc files that read answers: this header includes simdjson.
//
// Threads: pure functions.

#pragma once

#include <simdjson.h>

#include <string_view>

#include "runtime/json/json_walk.h"

namespace streamonce::json {

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
  return walk_any(value) == simdjson::SUCCESS;
}

/// Hands each member of `json`, which must be an object, to `take`, which must read it.
template <class Json, class Take>
bool each_member(Json& json, Take take) {
  return walk_members(json, [&](std::string_view name, ondemand::value content) {
           return take(name, content) ? simdjson::SUCCESS : simdjson::INCORRECT_TYPE;
         }) == simdjson::SUCCESS;
}

/// Reads the one member `wanted` of an object with `read`, and passes over the others.
template <class Json, class Read>
bool read_member(Json& json, std::string_view wanted, Read read) {
  return each_member(json, [&](std::string_view name, ondemand::value content) {
    return name == wanted ? read(content) : pass_over(content);
  });
}

/// Reads the one member `wanted`, which must be a string, of an object into `text`. An object
/// without it leaves `text` as it is.
inline bool read_text_member(ondemand::value json, std::string_view wanted,
                             std::string_view& text) {
  return read_member(json, wanted, [&](ondemand::value value) {
    return value.get_string().get(text) == simdjson::SUCCESS;
  });
}

}  // namespace streamonce::json
