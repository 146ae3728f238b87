#include "runtime/json/json_fault.h"

#include <algorithm>
#include <optional>

#include "runtime/base/text.h"

namespace streamonce::events {
namespace {

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

/// How many bytes the character has that `text` starts with, which is not ASCII; 0: it is no UTF-8.
std::size_t character_bytes(std::string_view text) {
  constexpr std::size_t kBytesMax = 4;
  for (std::size_t bytes = 2; bytes <= std::min(kBytesMax, text.size()); ++bytes)
    if (simdjson::validate_utf8(text.substr(0, bytes))) return bytes;
  return 0;
}

/// Where the first character begins that is no UTF-8. None: there is none.
std::optional<std::size_t> find_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = is_ascii(text[at]) ? 1 : character_bytes(text.substr(at));
    if (bytes == 0) return at;
    at += bytes;
  }
  return std::nullopt;
}

/// Where a string holds a control character, or else where a string begins that does not end.
/// None: every string ends, and holds no control character.
std::optional<std::size_t> find_bad_string(std::string_view text) {
  std::optional<std::size_t> open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!open) {
      if (text[i] == '"') open = i;
    } else if (static_cast<unsigned char>(text[i]) < ' ') {
      return i;
    } else if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      open.reset();
    }
  }
  return open;
}

/// Where the object or list that `text` begins with is not ended as it should be: at a bracket that
/// does not fit, at what stands behind the whole, or at the end. Its strings must have no fault.
std::size_t find_bad_end(std::string_view text) {
  std::string open;  // the brackets that are to come, the next one last
  bool in_string = false;
  bool whole = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      continue;
    } else if (whole) {
      return i;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      open += c == '{' ? '}' : ']';
    } else if (c == '}' || c == ']') {
      if (open.empty() || open.back() != c) return i;
      open.pop_back();
    }
    whole = open.empty() && !in_string && (c == '"' || c == '}' || c == ']');
  }
  return text.size();
}

/// Where in `text` the fault is. simdjson looks at the characters and strings of a whole text
/// before it reads the text, and tells no place of what it finds then; for an object or list that
/// is not ended it tells the start.
std::optional<std::size_t> find_fault(simdjson::error_code error,
                                      simdjson::ondemand::document* json, std::string_view text) {
  if (error == simdjson::UTF8_ERROR) return find_bad_utf8(text);
  if (error == simdjson::UNESCAPED_CHARS || error == simdjson::UNCLOSED_STRING)
    return find_bad_string(text);
  if (error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT || error == simdjson::TRAILING_CONTENT)
    return find_bad_end(text);
  const char* location = nullptr;
  if (json == nullptr || json->current_location().get(location) != simdjson::SUCCESS)
    return std::nullopt;
  if (location < text.data() || location > text.data() + text.size()) return std::nullopt;
  return static_cast<std::size_t>(location - text.data());
}

}  // namespace

std::string describe_fault(simdjson::error_code error, simdjson::ondemand::document* json,
                           std::string_view text) {
  // A document that ends right behind a part of it lets simdjson step out of it.
  if (error == simdjson::OUT_OF_BOUNDS) error = simdjson::INCOMPLETE_ARRAY_OR_OBJECT;
  const std::optional<std::size_t> at = find_fault(error, json, text);
  // A document with something behind it has its last bracket missing at its end, for simdjson.
  if (error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT && at < text.size())
    error = simdjson::TAPE_ERROR;
  std::string description = simdjson::error_message(error);
  if (description.ends_with('.')) description.pop_back();
  if (at) description += ", near " + place_in(text, *at);
  return description + ", of " + std::to_string(text.size()) + " bytes";
}

}  // namespace streamonce::events
