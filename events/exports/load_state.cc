#include "events/exports/load_state.h"

#include <simdjson.h>

#include <algorithm>

#include "runtime/base/json_text.h"
#include "runtime/base/text.h"
#include "runtime/json/json_walk.h"

namespace streamonce::events {
namespace {

using simdjson::error_code;
using simdjson::INCORRECT_TYPE;
using simdjson::SUCCESS;
using simdjson::ondemand::value;

constexpr std::string_view kLoad = "load";
constexpr std::string_view kStamp = "stamp";
constexpr std::string_view kDone = "done";
constexpr std::string_view kInHand = "inHand";

error_code take_text(value json, std::string& text) {
  std::string_view found;
  STREAMONCE_JSON_TRY(json.get_string().get(found));
  text = found;
  return SUCCESS;
}

error_code read_in_hand(value json, std::optional<FileInHand>& in_hand) {
  in_hand.emplace();
  return json::walk_members(json, [&](std::string_view name, value member) {
    if (name == "file") return take_text(member, in_hand->file);
    if (name == "lines") return member.get_uint64().get(in_hand->lines);
    if (name == "failed") return member.get_uint64().get(in_hand->failed);
    return INCORRECT_TYPE;
  });
}

error_code read_member(std::string_view name, value json, LoadState& state, bool& has_load) {
  if (name == kLoad && !std::exchange(has_load, true)) {
    return json::walk_members(json, [&](std::string_view part, value text) {
      auto& [_, content] = state.identity.emplace_back(std::string(part), std::string());
      return take_text(text, content);
    });
  }
  if (name == kStamp) return take_text(json, state.stamp);
  if (name == kDone) {
    return json::walk_elements(json, [&](value file) {
      std::string text;
      STREAMONCE_JSON_TRY(take_text(file, text));
      state.done.insert(std::move(text));
      return SUCCESS;
    });
  }
  if (name == kInHand) return read_in_hand(json, state.in_hand);
  return INCORRECT_TYPE;
}

}  // namespace

std::string to_text(const LoadState& state) {
  std::string text = "{";
  append_json_string(text, kLoad);
  text += ":{";
  for (const auto& [name, content] : state.identity) {
    if (text.back() != '{') text += ',';
    append_json_string(text, name);
    text += ':';
    append_json_string(text, content);
  }
  text += "},\n";
  if (!state.stamp.empty()) {
    append_json_string(text, kStamp);
    text += ':';
    append_json_string(text, state.stamp);
    text += ",\n";
  }
  append_json_string(text, kDone);
  text += ":[";
  for (const std::string& file : state.done) {
    text += text.back() == '[' ? "\n" : ",\n";
    append_json_string(text, file);
  }
  text += ']';
  if (state.in_hand) {
    text += ",\n";
    append_json_string(text, kInHand);
    text += R"(:{"file":)";
    append_json_string(text, state.in_hand->file);
    text += R"(,"lines":)" + std::to_string(state.in_hand->lines);
    text += R"(,"failed":)" + std::to_string(state.in_hand->failed) + '}';
  }
  return text + "}\n";
}

Result<LoadState> parse_load_state(PayloadView text) {
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  LoadState state;
  bool has_load = false;
  if (json::open(parser, text, document) != SUCCESS ||
      json::walk_members(document,
                         [&](std::string_view name, value member) {
                           return read_member(name, member, state, has_load);
                         }) != SUCCESS ||
      !json::at_end(document) || !has_load)
    return invalid_argument("is not the state of a load");
  return state;
}

std::string why_other_load(const LoadState::Identity& found, const LoadState::Identity& wanted) {
  for (const auto& [name, content] : wanted) {
    const auto same_name = [&name = name](const auto& each) { return each.first == name; };
    const auto there = std::find_if(found.begin(), found.end(), same_name);
    if (there != found.end() && there->second == content) continue;
    return "it is of a load with the " + name + " " +
           (there == found.end() ? "unknown" : in_quotes(there->second)) + ", and this one has " +
           in_quotes(content);
  }
  return found.size() == wanted.size() ? "" : "it is of a load that more is known of";
}

}  // namespace streamonce::events
