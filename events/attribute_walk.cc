#include "events/attribute_walk.h"

#include "runtime/base/base64.h"

namespace streamonce::events {
namespace {

using json::Problem;
using json::take_text;
using json::walk_any;
using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::document;
using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

/// Whether `json` is of the type `wanted`, which `is_wanted` tells. If not, that is noted with
/// `complaint`, and `json` is walked all the same.
inline error_code expect(json_type wanted, value json, std::string_view complaint, Problem problem,
                         bool& is_wanted) {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  is_wanted = type == wanted;
  if (is_wanted) return SUCCESS;
  problem.note(complaint);
  return walk_any(json);
}

/// Hands each member of an object to `take(name, value)`, or notes that `json` is none.
template <class Take>
error_code expect_members(value json, std::string_view complaint, Problem problem, Take take) {
  bool is_object = false;
  STREAMONCE_JSON_TRY(expect(json_type::object, json, complaint, problem, is_object));
  return is_object ? json::walk_members(json, take) : SUCCESS;
}

/// Hands each element of an array to `take(value)`, or notes that `json` is none.
template <class Take>
error_code expect_elements(value json, std::string_view complaint, Problem problem, Take take) {
  bool is_array = false;
  STREAMONCE_JSON_TRY(expect(json_type::array, json, complaint, problem, is_array));
  return is_array ? json::walk_elements(json, take) : SUCCESS;
}

/// Takes a string, or notes that `json` is none.
error_code expect_string(value json, std::string_view& text, std::string_view complaint,
                         Problem problem) {
  bool is_string = false;
  STREAMONCE_JSON_TRY(expect(json_type::string, json, complaint, problem, is_string));
  return is_string ? take_text(json, text, problem) : SUCCESS;
}

/// What the walk of one item or key comes upon.
struct Findings {
  Problem problem;
  bool has_nulls = false;  ///< whether members of attribute values were null, and count as absent
};

/// Walks a member of an attribute value if it is null, which `is_null` tells.
error_code walk_null(value json, bool& is_null, Findings& findings) {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
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
  bool empty = true;
  const auto walk = [&](value member) {
    std::string_view text;
    empty = false;
    return walk_member(member, text, problem);
  };
  STREAMONCE_JSON_TRY(expect_elements(json, "a set is not a JSON array", problem, walk));
  if (empty) problem.note("a set is empty");
  return SUCCESS;
}

error_code walk_list(value json, int depth, Findings& findings) {
  return expect_elements(json, "an L is not a JSON array", findings.problem,
                         [&](value member) { return walk_attribute(member, depth, findings); });
}

error_code walk_map(value json, int depth, Findings& findings) {
  return expect_members(json, "an attribute map is not a JSON object", findings.problem,
                        [&](std::string_view name, value member) {
                          if (name.empty()) findings.problem.note("an attribute has an empty name");
                          return walk_attribute(member, depth, findings);
                        });
}

error_code walk_boolean(value json, Problem problem, bool must_be_true) {
  bool is_boolean = false;
  STREAMONCE_JSON_TRY(expect(json_type::boolean, json, "a BOOL or NULL is not a JSON boolean",
                             problem, is_boolean));
  if (!is_boolean) return SUCCESS;
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
  bool is_object = false;
  STREAMONCE_JSON_TRY(expect(json_type::object, json,
                             "an attribute value is not an object such as {\"S\":\"...\"}",
                             findings.problem, is_object));
  if (!is_object) return SUCCESS;
  int count = 0;
  const auto take = [&](std::string_view type, value member) {
    bool is_null = false;
    STREAMONCE_JSON_TRY(walk_null(member, is_null, findings));
    if (is_null) return SUCCESS;
    ++count;
    return walk_typed(type, member, depth, findings, scalar);
  };
  STREAMONCE_JSON_TRY(json::walk_members(json, take));
  if (count != 1) findings.problem.note("an attribute value has not exactly one type");
  return SUCCESS;
}

/// Walks the value of a key attribute, of the type that is named `type`, and adds it to `key`.
error_code walk_key_value(std::string_view name, std::string_view type, value json, ItemKey& key,
                          Problem problem) {
  std::string_view text;
  STREAMONCE_JSON_TRY(expect_string(json, text, "Keys: a value is not a string", problem));
  if (problem.noted()) return SUCCESS;
  const Status added =
      key.add({.name = name, .type = static_cast<KeyType>(type[0]), .value = text});
  if (!added) problem.note("Keys: " + added.error().message);
  return SUCCESS;
}

/// Walks a key attribute's value, `{"S":"..."}`, and adds the attribute to `key`.
error_code walk_key_attribute(std::string_view name, value json, ItemKey& key, Findings& findings) {
  Problem& problem = findings.problem;
  bool is_object = false;
  STREAMONCE_JSON_TRY(expect(json_type::object, json,
                             "Keys: an attribute value is not an object such as {\"S\":\"...\"}",
                             problem, is_object));
  if (!is_object) return SUCCESS;
  int count = 0;
  const auto take = [&](std::string_view type, value member) {
    bool is_null = false;
    STREAMONCE_JSON_TRY(walk_null(member, is_null, findings));
    if (is_null) return SUCCESS;
    if (++count == 1 && (type == "S" || type == "N" || type == "B"))
      return walk_key_value(name, type, member, key, problem);
    problem.note("Keys: a key attribute is not exactly one of S, N and B");
    return walk_any(member);
  };
  STREAMONCE_JSON_TRY(json::walk_members(json, take));
  if (count == 0) problem.note("Keys: a key attribute has no value");
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
  STREAMONCE_JSON_TRY(json::raw_between(start, json, raw));
  if (!findings.has_nulls || findings.problem.noted()) return SUCCESS;
  raw = *copies.emplace_back(std::make_unique<const std::string>(without_nulls(raw)));
  return SUCCESS;
}

}  // namespace

error_code walk_item(document& json_document, value json, std::string_view& raw,
                     std::vector<KeyAttribute>& scalars, Copies& copies, Problem problem) {
  Findings findings{.problem = problem};
  scalars.clear();
  const char* start = json.raw_json_token().data();
  bool is_object = false;
  STREAMONCE_JSON_TRY(
      expect(json_type::object, json, "an image is not a JSON object", problem, is_object));
  if (!is_object) return SUCCESS;
  const auto take = [&](std::string_view name, value member) {
    KeyAttribute scalar;
    scalar.name = name;
    if (name.empty()) problem.note("an attribute has an empty name");
    STREAMONCE_JSON_TRY(walk_attribute(member, /*depth=*/0, findings, &scalar));
    if (scalar.value.data() != nullptr) scalars.push_back(scalar);
    return SUCCESS;
  };
  STREAMONCE_JSON_TRY(json::walk_members(json, take));
  return take_raw(start, json_document, findings, copies, raw);
}

error_code walk_key(document& json_document, value json, std::string_view& raw, ItemKey& key,
                    Copies& copies, Problem problem) {
  Findings findings{.problem = problem};
  const char* start = json.raw_json_token().data();
  bool is_object = false;
  STREAMONCE_JSON_TRY(expect(json_type::object, json, "Keys is not an object", problem, is_object));
  if (!is_object) return SUCCESS;
  const auto take = [&](std::string_view name, value member) {
    return walk_key_attribute(name, member, key, findings);
  };
  STREAMONCE_JSON_TRY(json::walk_members(json, take));
  return take_raw(start, json_document, findings, copies, raw);
}

}  // namespace streamonce::events
