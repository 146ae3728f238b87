#include "events/json_fault.h"

#include <algorithm>
#include <optional>

namespace streamonce::events {
namespace {

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

/// Where the first characters begin that are no UTF-8. None: there are none.
std::optional<std::size_t> find_bad_utf8(std::string_view text) {
  auto begin = text.begin();
  while ((begin = std::find_if_not(begin, text.end(), is_ascii)) != text.end()) {
    const auto end = std::find_if(begin, text.end(), is_ascii);
    if (!simdjson::validate_utf8(std::string_view(begin, end)))
      return static_cast<std::size_t>(begin - text.begin());
    begin = end;
  }
  return std::nullopt;
}

/// Where a string holds a control character, or else where a string begins that does not end.
/// None: all strings are well.
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

/// Where in `text` the fault is. simdjson looks at the characters and strings of a whole text
/// before it reads the text, and tells no place of what it finds then.
std::optional<std::size_t> find_fault(simdjson::error_code error,
                                      simdjson::ondemand::document* json, std::string_view text) {
  if (error == simdjson::UTF8_ERROR) return find_bad_utf8(text);
  if (error == simdjson::UNESCAPED_CHARS || error == simdjson::UNCLOSED_STRING)
    return find_bad_string(text);
  const char* location = nullptr;
  if (json == nullptr || json->current_location().get(location) != simdjson::SUCCESS)
    return std::nullopt;
  if (location < text.data() || location > text.data() + text.size()) return std::nullopt;
  return static_cast<std::size_t>(location - text.data());
}

}  // namespace

std::string place_in(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t column = at - (before.rfind('\n') + 1);  // npos + 1 is 0
  return "line " + std::to_string(lines + 1) + ", column " + std::to_string(column + 1) +
         " (byte " + std::to_string(at) + ')';
}

std::string describe_fault(simdjson::error_code error, simdjson::ondemand::document* json,
                           std::string_view text) {
  std::string description = simdjson::error_message(error);
  if (description.ends_with('.')) description.pop_back();
  if (const auto at = find_fault(error, json, text)) description += ", near " + place_in(text, *at);
  return description + ", of " + std::to_string(text.size()) + " bytes";
}

}  // namespace streamonce::events
