// runtime/json/json_walk.h: walks JSON with simdjson On-Demand and checks every byte on the way.
//
// On-Demand skips what nobody asks for without looking at it. These functions look: what they have
// walked is well-formed JSON. A JSON error ends the walk of the whole document; the functions
// return it.
//
// For .cc files that read JSON: this header includes simdjson.
//
// Threads: pure functions.

#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "runtime/base/payload.h"

/// Returns the error of a simdjson `expression` from the enclosing function, if there is one.
#define STREAMONCE_JSON_TRY(expression)                                                \
  do {                                                                                 \
    if (const simdjson::error_code so_error = (expression); so_error) return so_error; \
  } while (false)

namespace streamonce::json {

/// Where a walk notes the first thing that is not as it should be, in words that tell no value. The
/// walk goes on behind it.
class Problem {
 public:
  explicit Problem(std::string& text) : text_(text) {}
  /// Keeps `what` if it is the first.
  void note(std::string_view what) {
    if (text_.empty()) text_ = what;
  }
  bool noted() const { return !text_.empty(); }

 private:
  std::string& text_;
};

/// The most lists and maps around a value that is looked at, which bounds the recursion. A value
/// that is deeper belongs to nothing that is used, and is skipped.
inline constexpr int kJsonDepthMax = 128;

/// Opens the document that `text` is, in place.
inline simdjson::error_code open(simdjson::ondemand::parser& parser, PayloadView text,
                                 simdjson::ondemand::document& document) {
  static_assert(kPayloadPaddingBytes >= simdjson::SIMDJSON_PADDING);
  const simdjson::padded_string_view padded(text.text.data(), text.text.size(),
                                            text.text.size() + kPayloadPaddingBytes);
  return parser.iterate(padded).get(document);
}

/// Whether nothing is left behind what was read.
inline bool at_end(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

/// Hands each member of `json`, which must be an object, to `take(name, value)`. `take` must walk
/// the value, and returns its error.
template <class Json, class Take>
simdjson::error_code walk_members(Json&& json, Take take) {
  simdjson::ondemand::object members;
  STREAMONCE_JSON_TRY(json.get_object().get(members));
  for (auto field : members) {
    std::string_view name;
    STREAMONCE_JSON_TRY(field.unescaped_key().get(name));
    simdjson::ondemand::value member;
    STREAMONCE_JSON_TRY(field.value().get(member));
    STREAMONCE_JSON_TRY(take(name, member));
  }
  return simdjson::SUCCESS;
}

/// Hands each element of `json`, which must be an array, to `take(value)`. `take` must walk the
/// value, and returns its error.
template <class Json, class Take>
simdjson::error_code walk_elements(Json&& json, Take take) {
  simdjson::ondemand::array elements;
  STREAMONCE_JSON_TRY(json.get_array().get(elements));
  for (auto each : elements) {
    simdjson::ondemand::value element;
    STREAMONCE_JSON_TRY(each.get(element));
    STREAMONCE_JSON_TRY(take(element));
  }
  return simdjson::SUCCESS;
}

/// Takes a JSON string. Without escapes, `text` is a view into the document; with escapes, it is in
/// the parser's buffer, and is valid until the parser is used again.
simdjson::error_code take_string(simdjson::ondemand::value value, std::string_view& text);

/// Takes a JSON string as take_string() does, and notes in `problem` an escape that stands for no
/// character (half a surrogate pair); `text` is empty then.
simdjson::error_code take_text(simdjson::ondemand::value value, std::string_view& text,
                               Problem problem);

/// Checks a value of any kind, to its end.
simdjson::error_code walk_any(simdjson::ondemand::value value, int depth = 0);

/// Checks a value in an object or array, to its end, and takes its raw JSON.
simdjson::error_code walk_raw(simdjson::ondemand::document& document,
                              simdjson::ondemand::value value, std::string_view& raw,
                              int depth = 0);

/// Takes the raw JSON of a value without a look at what is in it: for what was checked before.
simdjson::error_code skip_raw(simdjson::ondemand::value value, std::string_view& raw);

/// The JSON of a value that is neither an object nor an array; of those, the bracket. Does not go
/// behind the value.
std::string_view token_of(simdjson::ondemand::value value);

/// Takes what lies between the `start` of a walked value and the next token, where the walk stands.
simdjson::error_code raw_between(const char* start, simdjson::ondemand::document& document,
                                 std::string_view& raw);

}  // namespace streamonce::json
