// events/attribute_walk.h: walks JSON with simdjson On-Demand and checks every byte on the way.
//
// On-Demand skips what nobody asks for without looking at it. These functions look: what they have
// walked is well-formed JSON, and what walk_item() has not complained of is one DynamoDB item.
//
// A JSON error ends the walk of the whole document; the functions return it. An error of shape
// ("S" is not a string) is noted in `problem`, and the walk goes on behind it. Neither kind tells a
// value.
//
// A member of an attribute value that is null counts as absent, at every level of an item and in
// keys: `{"S":"x","N":null,"BOOL":null}` is `{"S":"x"}`. So the AWS SDKs' own structures print
// where they are marshalled as they are. DynamoDB takes no such nulls: where there are some, the
// raw JSON that is handed out is a copy without them.
//
// For events/*.cc and for the reader of DynamoDB's answers: this header includes simdjson.

#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_key.h"

/// Returns the error of a simdjson `expression` from the enclosing function, if there is one.
#define STREAMONCE_JSON_TRY(expression)                                                \
  do {                                                                                 \
    if (const simdjson::error_code so_error = (expression); so_error) return so_error; \
  } while (false)

namespace streamonce::events {

/// Where a walk notes the first thing that is not as it should be.
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

/// Takes a JSON string. Without escapes, `text` is a view into the document; with escapes, it is in
/// the parser's buffer, and is valid until the parser is used again.
simdjson::error_code take_string(simdjson::ondemand::value value, std::string_view& text);

/// Takes a JSON string as take_string() does, and notes in `problem` an escape that stands for no
/// character (half a surrogate pair).
simdjson::error_code take_text(simdjson::ondemand::value value, std::string_view& text,
                               Problem problem);

/// Checks a value of any kind, to its end.
simdjson::error_code walk_any(simdjson::ondemand::value value, int depth = 0);

/// Checks a value in an object or array, to its end, and takes its raw JSON.
simdjson::error_code walk_raw(simdjson::ondemand::document& document,
                              simdjson::ondemand::value value, std::string_view& raw);

/// The raw JSON of items and keys that had nulls, without these: texts that the document lacks.
using Copies = std::vector<std::unique_ptr<const std::string>>;

/// Checks a DynamoDB item (`{"name":{"S":"..."},...}`), takes its raw JSON, and puts its attributes
/// of the types that a key may have into `scalars`, which is emptied first. `raw` is a view into
/// the document, or into a text that is added to `copies`.
simdjson::error_code walk_item(simdjson::ondemand::document& document,
                               simdjson::ondemand::value value, std::string_view& raw,
                               std::vector<KeyAttribute>& scalars, Copies& copies, Problem problem);

/// Checks an item's key, takes its raw JSON as walk_item() does, and puts the attributes into
/// `key`.
simdjson::error_code walk_key(simdjson::ondemand::document& document,
                              simdjson::ondemand::value value, std::string_view& raw, ItemKey& key,
                              Copies& copies, Problem problem);

}  // namespace streamonce::events
