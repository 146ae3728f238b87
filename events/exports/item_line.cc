#include "events/exports/item_line.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory_resource>
#include <utility>

#include "events/attribute_walk.h"
#include "events/copies.h"
#include "events/dumps/dead_letter_line.h"
#include "runtime/base/json_text.h"
#include "runtime/base/text.h"
#include "runtime/json/json_fault.h"
#include "runtime/json/json_walk.h"

namespace streamonce::events {
namespace {

using json::Problem;
using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::document;
using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

constexpr std::size_t kNamesQuotedMax = 8;

bool lies_in(std::string_view part, std::string_view whole) {
  const std::less_equal<> not_behind;
  return not_behind(whole.data(), part.data()) &&
         not_behind(part.data() + part.size(), whole.data() + whole.size());
}

}  // namespace

struct ItemLineReader::Parts {
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    char* copy = static_cast<char*>(arena.allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  std::string_view keep_json_of(const ItemKey& key) {
    keys_json.clear();
    append_key_json(keys_json, key);
    return keep(keys_json);
  }

  simdjson::ondemand::parser parser{kItemLineBytesMax};
  std::vector<KeyAttribute> scalars;  // of the item in hand
  Copies copies;                      // items without their null members
  std::pmr::monotonic_buffer_resource arena;
  std::string keys_json;  // of the item in hand
  std::string line;       // an item as a line, with padding behind it
};

Result<KeyNames> parse_key_names(std::string_view text) {
  // Source: DynamoDB, "Naming rules": the name of a key attribute has 1 to 255 characters.
  constexpr std::size_t kNameBytesMax = 255;
  const auto is_name = [](std::string_view name) {
    return !name.empty() && name.size() <= kNameBytesMax;
  };
  const std::size_t comma = text.find(',');
  KeyNames names = {std::string(text.substr(0, comma))};
  if (comma != std::string_view::npos) names.emplace_back(text.substr(comma + 1));
  const bool is_twice = names.size() == 2 && names[0] == names[1];
  const bool is_more = names.size() == 2 && names[1].find(',') != std::string::npos;
  if (!std::all_of(names.begin(), names.end(), is_name) || is_twice || is_more)
    return invalid_argument("expected the names of the key's attributes, PK or PK,SK");
  return names;
}

ItemLineReader::ItemLineReader(ExportSource source, KeyNames key_names, LoadVersion version)
    : source_(std::move(source)),
      key_names_(std::move(key_names)),
      version_(std::move(version)),
      version_text_(version_.version()),
      parts_(std::make_unique<Parts>()) {}

ItemLineReader::~ItemLineReader() = default;

Change ItemLineReader::blank() const {
  Change change;
  change.source = source_.view();
  change.version = version_text_;
  change.created_at = version_.created_at;
  return change;
}

Change ItemLineReader::put_of(PayloadView line) {
  Change change = blank();
  document json;
  if (const error_code opened = json::open(parts_->parser, line, json)) {
    change.problem = "the line is not JSON: " + json::describe_fault(opened, nullptr, line.text);
    return change;
  }
  std::string problem;
  std::string names;
  std::size_t count = 0;
  bool has_item = false;
  parts_->scalars.clear();
  const auto take = [&](std::string_view name, value member) {
    if (name == "Item" && !std::exchange(has_item, true)) {
      return walk_item(json, member, change.image_json, parts_->scalars, parts_->copies,
                       Problem(problem));
    }
    if (++count <= kNamesQuotedMax) names += (names.empty() ? "" : ", ") + quoted_excerpt(name);
    return json::walk_any(member);
  };
  json_type type;
  error_code error = json.type().get(type);
  if (error == SUCCESS && type != json_type::object) {
    change.problem = "the line is not a JSON object: expected {\"Item\":{...}}";
    return change;
  }
  if (error == SUCCESS) error = json::walk_members(json, take);
  if (error == SUCCESS && !json::at_end(json)) error = simdjson::TRAILING_CONTENT;
  if (error != SUCCESS) {
    Change broken = blank();
    broken.problem = "the line is not JSON: " + json::describe_fault(error, &json, line.text);
    return broken;
  }
  if (!has_item || count > 0) {
    change.problem = "the line has " +
                     (has_item        ? "Item and " + names
                      : names.empty() ? "nothing"
                                      : "no Item, but " + names) +
                     ": expected {\"Item\":{...}}, as full exports have it";
    return change;
  }
  take_key(change, line.text);
  if (!problem.empty()) change.problem = std::move(problem);
  return change;
}

Change ItemLineReader::removal_of(std::string_view item) {
  std::string& line = parts_->line;
  line.assign(R"({"Item":)").append(item).append("}");
  const std::size_t size = line.size();
  line.append(kPayloadPaddingBytes, ' ');
  const Change put = put_of({std::string_view(line).substr(0, size)});
  Change change = blank();
  change.operation = Operation::kRemove;
  change.event_name = EventName::kRemove;
  change.problem = put.problem;
  if (!put.problem.empty()) return change;
  change.key = put.key;
  change.key.replace_texts(
      [&](std::string_view text) { return lies_in(text, line) ? parts_->keep(text) : text; });
  change.keys_json = put.keys_json;
  return change;
}

Change ItemLineReader::removal_of_key(std::string_view canonical) {
  Change change = blank();
  change.operation = Operation::kRemove;
  change.event_name = EventName::kRemove;
  Result<ItemKey> key = parse_canonical(parts_->keep(canonical));
  if (!key) {
    change.problem = key.error().message;
    return change;
  }
  change.key = *key;
  change.keys_json = parts_->keep_json_of(*key);
  return change;
}

/// Finds the key among the scalars of the item in hand, whose text is in `text`.
void ItemLineReader::take_key(Change& change, std::string_view text) {
  ItemKey key;
  for (const std::string& name : key_names_) {
    const KeyAttribute* found = nullptr;
    for (const KeyAttribute& scalar : parts_->scalars) {
      if (scalar.name != name) continue;
      if (found != nullptr) {
        change.problem = "the item has the key attribute " + name + " twice";
        return;
      }
      found = &scalar;
    }
    if (found == nullptr) {
      change.problem = "the item lacks the key attribute " + name + ", or it is none of S, N and B";
      return;
    }
    const std::string_view value =
        lies_in(found->value, text) ? found->value : parts_->keep(found->value);
    if (const Status added = key.add({.name = name, .type = found->type, .value = value}); !added) {
      change.problem = added.error().message;
      return;
    }
  }
  change.key = key;
  change.keys_json = parts_->keep_json_of(key);
}

void ItemLineReader::forget() {
  parts_->copies.clear();
  parts_->arena.release();
}

std::string record_line(const Change& change, const LoadVersion& version,
                        std::string_view table_arn) {
  std::string line = R"({"eventName":"INSERT","eventSource":"aws:dynamodb","eventSourceARN":)";
  append_json_string(line, std::string(table_arn).append("/stream/").append(version.label));
  line += R"(,"dynamodb":{"ApproximateCreationDateTime":)" + std::to_string(version.created_at);
  line.append(R"(,"Keys":)").append(change.keys_json);
  if (!change.image_json.empty()) line.append(R"(,"NewImage":)").append(change.image_json);
  line.append(R"(,"SequenceNumber":")").append(version.number);
  line.append(R"(","StreamViewType":"NEW_IMAGE"}})");
  return one_line(line);
}

}  // namespace streamonce::events
