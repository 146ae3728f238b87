#include "events/attribute_walk.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "events/stream_batch.h"
#include "runtime/base/base64.h"

namespace streamonce::events {
namespace {

using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::array;
using simdjson::ondemand::document;
using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

/// A JSON token without the white space that follows it.
std::string_view trimmed(std::string_view token) {
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

error_code type_of(value json, json_type& type) {
  return json.type().get(type);
}

/// Takes a string, or notes that `json` is none and walks it all the same.
error_code expect_string(value json, std::string_view& text, std::string_view complaint,
                         Problem problem) {
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  if (type == json_type::string) return take_text(json, text, problem);
  problem.note(complaint);
  return walk_any(json);
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
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
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

/// What the walk of one item or key comes upon.
struct Findings {
  Problem problem;
  bool has_nulls = false;  ///< whether members of attribute values were null, and count as absent
};

/// Walks a member of an attribute value if it is null, which `is_null` tells.
error_code walk_null(value json, bool& is_null, Findings& findings) {
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  is_null = type == json_type::null;
  if (!is_null) return SUCCESS;
  findings.has_nulls = true;
  return walk_any(json);
}

error_code walk_attribute(value json, int depth, Findings& findings,
                          KeyAttribute* scalar = nullptr);

error_code walk_number(value json, std::string_view& text, Problem problem) {
  STREAMONCE_JSON_TRY(expect_string(json, text, "an N is not a string", problem));
  if (!problem.noted() && !is_number(text)) problem.note("an N is not a number of DynamoDB's");
  return SUCCESS;
}

error_code walk_binary(value json, std::string_view& text, Problem problem) {
  STREAMONCE_JSON_TRY(expect_string(json, text, "a B is not a string", problem));
  if (!problem.noted() && !is_canonical_base64(text)) problem.note("a B is not base64");
  return SUCCESS;
}

error_code walk_text(value json, std::string_view& text, Problem problem) {
  return expect_string(json, text, "an S is not a string", problem);
}

using WalkMember = error_code (*)(value, std::string_view&, Problem);

error_code walk_set(value json, WalkMember walk_member, Problem problem) {
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  if (type != json_type::array) {
    problem.note("a set is not a JSON array");
    return walk_any(json);
  }
  array members;
  STREAMONCE_JSON_TRY(json.get_array().get(members));
  bool empty = true;
  for (auto element : members) {
    value member;
    STREAMONCE_JSON_TRY(element.get(member));
    std::string_view text;
    STREAMONCE_JSON_TRY(walk_member(member, text, problem));
    empty = false;
  }
  if (empty) problem.note("a set is empty");
  return SUCCESS;
}

error_code walk_list(value json, int depth, Findings& findings) {
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  if (type != json_type::array) {
    findings.problem.note("an L is not a JSON array");
    return walk_any(json);
  }
  array members;
  STREAMONCE_JSON_TRY(json.get_array().get(members));
  for (auto element : members) {
    value member;
    STREAMONCE_JSON_TRY(element.get(member));
    STREAMONCE_JSON_TRY(walk_attribute(member, depth, findings));
  }
  return SUCCESS;
}

error_code walk_map(value json, int depth, Findings& findings) {
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  if (type != json_type::object) {
    findings.problem.note("an attribute map is not a JSON object");
    return walk_any(json);
  }
  object members;
  STREAMONCE_JSON_TRY(json.get_object().get(members));
  for (auto field : members) {
    std::string_view name;
    STREAMONCE_JSON_TRY(field.unescaped_key().get(name));
    if (name.empty()) findings.problem.note("an attribute has an empty name");
    value member;
    STREAMONCE_JSON_TRY(field.value().get(member));
    STREAMONCE_JSON_TRY(walk_attribute(member, depth, findings));
  }
  return SUCCESS;
}

error_code walk_boolean(value json, Problem problem, bool must_be_true) {
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  if (type != json_type::boolean) {
    problem.note("a BOOL or NULL is not a JSON boolean");
    return walk_any(json);
  }
  bool truth = false;
  STREAMONCE_JSON_TRY(json.get_bool().get(truth));
  if (must_be_true && !truth) problem.note("a NULL is not true");
  return SUCCESS;
}

/// Walks the value of a type that a key may have.
error_code walk_scalar(std::string_view type, value json, Problem problem, KeyAttribute* scalar) {
  std::string_view text;
  const WalkMember walk = type == "S" ? walk_text : type == "N" ? walk_number : walk_binary;
  STREAMONCE_JSON_TRY(walk(json, text, problem));
  if (scalar == nullptr) return SUCCESS;
  scalar->type = static_cast<KeyType>(type.front());
  scalar->value = text;
  return SUCCESS;
}

/// Walks the value of any of the ten types. Source: DynamoDB API, AttributeValue.
error_code walk_typed(std::string_view type, value json, int depth, Findings& findings,
                      KeyAttribute* scalar) {
  Problem& problem = findings.problem;
  if (type == "S" || type == "N" || type == "B") return walk_scalar(type, json, problem, scalar);
  if (type == "BOOL") return walk_boolean(json, problem, /*must_be_true=*/false);
  if (type == "NULL") return walk_boolean(json, problem, /*must_be_true=*/true);
  if (type == "SS") return walk_set(json, walk_text, problem);
  if (type == "NS") return walk_set(json, walk_number, problem);
  if (type == "BS") return walk_set(json, walk_binary, problem);
  if (type == "M" || type == "L") {
    if (depth == kNestingMax) {
      problem.note("an item nests deeper than 32 levels");
      return walk_any(json);
    }
    return type == "M" ? walk_map(json, depth + 1, findings) : walk_list(json, depth + 1, findings);
  }
  problem.note("an attribute has a type that is none of DynamoDB's ten");
  return walk_any(json);
}

/// Walks an attribute value, `{"S":"..."}`: one member, named by its type. If a key may have that
/// type, it and the value go to `scalar`, whose name stays as it is.
error_code walk_attribute(value json, int depth, Findings& findings, KeyAttribute* scalar) {
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  if (type != json_type::object) {
    findings.problem.note("an attribute value is not an object such as {\"S\":\"...\"}");
    return walk_any(json);
  }
  object members;
  STREAMONCE_JSON_TRY(json.get_object().get(members));
  int count = 0;
  for (auto field : members) {
    std::string_view name;
    STREAMONCE_JSON_TRY(field.unescaped_key().get(name));
    value member;
    STREAMONCE_JSON_TRY(field.value().get(member));
    bool is_null = false;
    STREAMONCE_JSON_TRY(walk_null(member, is_null, findings));
    if (is_null) continue;
    STREAMONCE_JSON_TRY(walk_typed(name, member, depth, findings, scalar));
    ++count;
  }
  if (count != 1) findings.problem.note("an attribute value has not exactly one type");
  return SUCCESS;
}

/// Walks a key attribute's value, `{"S":"..."}`, and adds the attribute to `key`.
error_code walk_key_attribute(std::string_view name, value json, ItemKey& key, Findings& findings) {
  Problem& problem = findings.problem;
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  if (type != json_type::object) {
    problem.note("Keys: an attribute value is not an object such as {\"S\":\"...\"}");
    return walk_any(json);
  }
  object members;
  STREAMONCE_JSON_TRY(json.get_object().get(members));
  int count = 0;
  for (auto field : members) {
    std::string_view type_name;
    STREAMONCE_JSON_TRY(field.unescaped_key().get(type_name));
    value member;
    STREAMONCE_JSON_TRY(field.value().get(member));
    bool is_null = false;
    STREAMONCE_JSON_TRY(walk_null(member, is_null, findings));
    if (is_null) continue;
    ++count;
    if (count > 1 || (type_name != "S" && type_name != "N" && type_name != "B")) {
      problem.note("Keys: a key attribute is not exactly one of S, N and B");
      STREAMONCE_JSON_TRY(walk_any(member));
      continue;
    }
    std::string_view text;
    STREAMONCE_JSON_TRY(expect_string(member, text, "Keys: a value is not a string", problem));
    if (problem.noted()) continue;
    const Status added =
        key.add({.name = name, .type = static_cast<KeyType>(type_name[0]), .value = text});
    if (!added) problem.note("Keys: " + added.error().message);
  }
  if (count == 0) problem.note("Keys: a key attribute has no value");
  return SUCCESS;
}

/// Takes what lies between the start of a walked value and the next token, where the walk stands.
error_code raw_between(const char* start, document& json, std::string_view& raw) {
  const char* next = nullptr;
  STREAMONCE_JSON_TRY(json.current_location().get(next));
  raw = trimmed({start, static_cast<std::size_t>(next - start)});
  return SUCCESS;
}

/// An item or key without the members that are null, and without white space. The walk of it noted
/// nothing, so that null stands nowhere but as a member of an attribute value.
std::string without_nulls(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  std::size_t name = 0;  // where the latest string begins
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      const std::size_t start = i++;
      for (; json[i] != '"'; ++i)
        if (json[i] == '\\') ++i;
      name = out.size();
      out += json.substr(start, i + 1 - start);
    } else if (c == 'n') {
      i += std::string_view("null").size() - 1;
      out.resize(name);
      if (out.back() == ',') out.pop_back();
    } else if (c == ',' && out.back() == '{') {
      // Behind a first member that was null.
    } else if (std::string_view(" \t\r\n").find(c) == std::string_view::npos) {
      out += c;
    }
  }
  return out;
}

/// Takes the raw JSON of an item or key that was walked from `start` on.
error_code take_raw(const char* start, document& json, const Findings& findings, Copies& copies,
                    std::string_view& raw) {
  STREAMONCE_JSON_TRY(raw_between(start, json, raw));
  if (!findings.has_nulls || findings.problem.noted()) return SUCCESS;
  raw = *copies.emplace_back(std::make_unique<const std::string>(without_nulls(raw)));
  return SUCCESS;
}

}  // namespace

error_code take_string(value json, std::string_view& text) {
  const std::string_view token = trimmed(json.raw_json_token());
  if (std::memchr(token.data(), '\\', token.size()) != nullptr) return json.get_string().get(text);
  simdjson::ondemand::raw_json_string raw;
  STREAMONCE_JSON_TRY(json.get_raw_json_string().get(raw));
  // The first stage of the parser has seen to it that every string is closed.
  text = token.substr(1, token.size() - 2);
  return SUCCESS;
}

error_code take_text(value json, std::string_view& text, Problem problem) {
  const std::string_view token = trimmed(json.raw_json_token());
  const error_code error = take_string(json, text);
  if (error != simdjson::STRING_ERROR || !has_json_escapes(token)) return error;
  text = {};
  problem.note("a string has an escape that stands for no character");
  return SUCCESS;
}

error_code walk_any(value json, int depth) {
  if (depth > kJsonDepthMax) return SUCCESS;  // the walk around the value skips it
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  switch (type) {
    case json_type::array: {
      array members;
      STREAMONCE_JSON_TRY(json.get_array().get(members));
      for (auto element : members) {
        value member;
        STREAMONCE_JSON_TRY(element.get(member));
        STREAMONCE_JSON_TRY(walk_any(member, depth + 1));
      }
      return SUCCESS;
    }
    case json_type::object: {
      object members;
      STREAMONCE_JSON_TRY(json.get_object().get(members));
      for (auto field : members) {
        std::string_view name;
        STREAMONCE_JSON_TRY(field.unescaped_key().get(name));
        value member;
        STREAMONCE_JSON_TRY(field.value().get(member));
        STREAMONCE_JSON_TRY(walk_any(member, depth + 1));
      }
      return SUCCESS;
    }
    case json_type::string: {
      std::string_view text;
      std::string ignored;
      return take_text(json, text, Problem(ignored));
    }
    case json_type::number:
      return is_json_number(trimmed(json.raw_json_token())) ? SUCCESS : simdjson::NUMBER_ERROR;
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

error_code walk_raw(document& json_document, value json, std::string_view& raw) {
  const std::string_view token = trimmed(json.raw_json_token());
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  STREAMONCE_JSON_TRY(walk_any(json));
  if (type == json_type::object || type == json_type::array)
    return raw_between(token.data(), json_document, raw);
  raw = token;
  return SUCCESS;
}

error_code walk_item(document& json_document, value json, std::string_view& raw,
                     std::vector<KeyAttribute>& scalars, Copies& copies, Problem problem) {
  Findings findings{.problem = problem};
  scalars.clear();
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  if (type != json_type::object) {
    problem.note("an image is not a JSON object");
    return walk_any(json);
  }
  const char* start = json.raw_json_token().data();
  object members;
  STREAMONCE_JSON_TRY(json.get_object().get(members));
  for (auto field : members) {
    KeyAttribute scalar;
    STREAMONCE_JSON_TRY(field.unescaped_key().get(scalar.name));
    if (scalar.name.empty()) problem.note("an attribute has an empty name");
    value member;
    STREAMONCE_JSON_TRY(field.value().get(member));
    STREAMONCE_JSON_TRY(walk_attribute(member, /*depth=*/0, findings, &scalar));
    if (scalar.value.data() != nullptr) scalars.push_back(scalar);
  }
  return take_raw(start, json_document, findings, copies, raw);
}

error_code walk_key(document& json_document, value json, std::string_view& raw, ItemKey& key,
                    Copies& copies, Problem problem) {
  Findings findings{.problem = problem};
  json_type type;
  STREAMONCE_JSON_TRY(type_of(json, type));
  if (type != json_type::object) {
    problem.note("Keys is not an object");
    return walk_any(json);
  }
  const char* start = json.raw_json_token().data();
  object members;
  STREAMONCE_JSON_TRY(json.get_object().get(members));
  for (auto field : members) {
    std::string_view name;
    STREAMONCE_JSON_TRY(field.unescaped_key().get(name));
    value member;
    STREAMONCE_JSON_TRY(field.value().get(member));
    STREAMONCE_JSON_TRY(walk_key_attribute(name, member, key, findings));
  }
  return take_raw(start, json_document, findings, copies, raw);
}

}  // namespace streamonce::events
