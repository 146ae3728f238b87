#include "runtime/json/json_walk.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "runtime/base/text.h"

namespace streamonce::json {
namespace {

using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::document;
using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

/// JSON without the white space that follows it.
std::string_view trimmed(std::string_view token) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!token.empty() && is_space(token.back())) token.remove_suffix(1);
  return token;
}

/// Whether every escape in a string is one of JSON's, be it half a surrogate pair.
bool has_json_escapes(std::string_view token) {
  const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t i = token.find('\\'); i < token.size(); i = token.find('\\', i + 2)) {
    const std::string_view escape = token.substr(i + 1, 5);
    if (escape.empty()) return false;
    if (escape.front() == 'u') {
      if (escape.size() < 5 || !std::all_of(escape.begin() + 1, escape.end(), is_hex)) return false;
    } else if (std::string_view("\"\\/bfnrt").find(escape.front()) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

/// Whether `token` is a number as JSON has it, be it too large for any type of ours.
bool is_json_number(std::string_view token) {
  const auto skip_digits = [&] {
    const auto end = std::find_if_not(token.begin(), token.end(), is_digit);
    const bool any = end != token.begin();
    token.remove_prefix(static_cast<std::size_t>(end - token.begin()));
    return any;
  };
  if (token.starts_with('-')) token.remove_prefix(1);
  if (token.starts_with('0'))
    token.remove_prefix(1);
  else if (!skip_digits())
    return false;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (!skip_digits()) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    if (!skip_digits()) return false;
  }
  return token.empty();
}

}  // namespace

error_code raw_between(const char* start, document& json, std::string_view& raw) {
  const char* next = nullptr;
  STREAMONCE_JSON_TRY(json.current_location().get(next));
  raw = trimmed({start, static_cast<std::size_t>(next - start)});
  return SUCCESS;
}

error_code take_string(value json, std::string_view& text) {
  const std::string_view token = token_of(json);
  if (std::memchr(token.data(), '\\', token.size()) != nullptr) return json.get_string().get(text);
  simdjson::ondemand::raw_json_string raw;
  STREAMONCE_JSON_TRY(json.get_raw_json_string().get(raw));
  // The first stage of the parser has seen to it that every string is closed.
  text = token.substr(1, token.size() - 2);
  return SUCCESS;
}

error_code take_text(value json, std::string_view& text, Problem problem) {
  const std::string_view token = token_of(json);
  const error_code error = take_string(json, text);
  if (error != simdjson::STRING_ERROR || !has_json_escapes(token)) return error;
  text = {};
  problem.note("a string has an escape that stands for no character");
  return SUCCESS;
}

error_code walk_any(value json, int depth) {
  if (depth > kJsonDepthMax) return SUCCESS;  // the walk around the value skips it
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  switch (type) {
    case json_type::array:
      return walk_elements(json, [&](value element) { return walk_any(element, depth + 1); });
    case json_type::object:
      return walk_members(
          json, [&](std::string_view, value member) { return walk_any(member, depth + 1); });
    case json_type::string: {
      std::string_view text;
      std::string ignored;
      return take_text(json, text, Problem(ignored));
    }
    case json_type::number:
      return is_json_number(token_of(json)) ? SUCCESS : simdjson::NUMBER_ERROR;
    case json_type::boolean: {
      bool truth = false;
      return json.get_bool().get(truth);
    }
    case json_type::null: {
      bool null = false;
      STREAMONCE_JSON_TRY(json.is_null().get(null));
      return null ? SUCCESS : simdjson::N_ATOM_ERROR;
    }
  }
  return simdjson::UNEXPECTED_ERROR;
}

error_code walk_raw(document& json_document, value json, std::string_view& raw, int depth) {
  const std::string_view token = token_of(json);
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  STREAMONCE_JSON_TRY(walk_any(json, depth));
  if (type == json_type::object || type == json_type::array)
    return raw_between(token.data(), json_document, raw);
  raw = token;
  return SUCCESS;
}

error_code skip_raw(value json, std::string_view& raw) {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type == json_type::object) {
    simdjson::ondemand::object members;
    STREAMONCE_JSON_TRY(json.get_object().get(members));
    STREAMONCE_JSON_TRY(members.raw_json().get(raw));
  } else if (type == json_type::array) {
    simdjson::ondemand::array elements;
    STREAMONCE_JSON_TRY(json.get_array().get(elements));
    STREAMONCE_JSON_TRY(elements.raw_json().get(raw));
  } else {
    raw = json.raw_json_token();
  }
  raw = trimmed(raw);
  return SUCCESS;
}

std::string_view token_of(value json) {
  return trimmed(json.raw_json_token());
}

}  // namespace streamonce::json
