#include "events/item_attributes.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "events/attribute_walk.h"
#include "events/copies.h"
#include "events/item_key.h"
#include "runtime/base/json_text.h"
#include "runtime/base/payload.h"
#include "runtime/json/json_walk.h"

namespace streamonce::events {
namespace {

namespace ondemand = simdjson::ondemand;

/// The attributes of an item whose types a key may have, and what they view.
class Scalars {
 public:
  explicit Scalars(std::string_view item_json) {
    // A walk takes the item for a member of a document.
    text_.reserve(item_json.size() + 8 + kPayloadPaddingBytes);
    text_.append(R"({"":)").append(item_json).append("}");
    is_item_ = walk() == simdjson::SUCCESS && problem_.empty() && members_ == 1;
  }

  bool is_item() const { return is_item_; }
  /// Whether there are nulls, which count as absent.
  bool has_nulls() const { return !copies_.empty(); }
  const std::vector<KeyAttribute>& all() const { return all_; }

  bool has(const KeyAttribute& wanted) const {
    return is_item_ && std::any_of(all_.begin(), all_.end(), [&](const KeyAttribute& attribute) {
             return attribute.name == wanted.name && same_value(attribute, wanted);
           });
  }

 private:
  simdjson::error_code walk() {
    ondemand::document document;
    STREAMONCE_JSON_TRY(json::open(parser_, {text_}, document));
    STREAMONCE_JSON_TRY(json::walk_members(document, [&](std::string_view, ondemand::value item) {
      std::string_view raw;
      ++members_;
      return walk_item(document, item, raw, all_, copies_, json::Problem(problem_));
    }));
    return json::at_end(document) ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
  }

  std::string text_;
  ondemand::parser parser_;
  Copies copies_;
  std::string problem_;
  std::vector<KeyAttribute> all_;
  int members_ = 0;  // of the document: more than one where the text is no item
  bool is_item_ = false;
};

/// `attributes` as an item.
std::string item_of(std::span<const RawAttribute> attributes) {
  std::string item = "{";
  for (const RawAttribute& attribute : attributes) {
    if (item.size() > 1) item += ',';
    append_json_string(item, attribute.name);
    item.append(":").append(attribute.value_json);
  }
  return item + '}';
}

}  // namespace

bool is_item(std::string_view item_json) {
  const Scalars scalars(item_json);
  return scalars.is_item() && !scalars.has_nulls();
}

bool has_attributes(std::string_view item_json, std::span<const RawAttribute> attributes) {
  const Scalars wanted(item_of(attributes));
  if (!wanted.is_item() || wanted.all().size() != attributes.size()) return false;
  const Scalars there(item_json);
  return std::all_of(wanted.all().begin(), wanted.all().end(),
                     [&](const KeyAttribute& attribute) { return there.has(attribute); });
}

}  // namespace streamonce::events
