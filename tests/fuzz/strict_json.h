// tests/fuzz/strict_json.h: whether a text is JSON, asked of another library than the product's.
//
// nlohmann refuses two things that RFC 8259 takes: half a surrogate pair in an escape, and a number
// that no double holds. plain_json() takes both out, so that nothing but the grammar is left. And
// nlohmann takes a NUL for the end of the text, where RFC 8259 has no such byte.
//
// Source:  RFC 8259, sections 6 and 7.
// Threads: pure functions.

#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamonce::fuzz {

/// Whether `text` starts with an escape such as `\ud800`.
inline bool starts_with_surrogate(std::string_view text) {
  constexpr std::string_view kForm = R"(\ud800)";
  const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  return text.size() >= kForm.size() && text.starts_with("\\u") &&
         (text[2] == 'd' || text[2] == 'D') &&
         std::string_view("89abcdefABCDEF").find(text[3]) != std::string_view::npos &&
         is_hex(text[4]) && is_hex(text[5]);
}

/// `text` with `?` for each surrogate, and with at most two digits of each run that is outside of
/// strings. It is JSON if and only if `text` is.
inline std::string plain_json(std::string_view text) {
  std::string out;
  bool in_string = false;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      const bool surrogate = starts_with_surrogate(text.substr(i));
      out += surrogate ? std::string_view("?") : text.substr(i, 2);
      i += surrogate ? 5 : 1;
      continue;
    }
    if (c == '"') in_string = !in_string;
    digits = !in_string && c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits <= 2) out += c;
  }
  return out;
}

inline bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

inline bool is_json(std::string_view text) {
  return !has_nul(text) && nlohmann::json::accept(plain_json(text));
}

/// Whether `text`, as it is, is one JSON object and nothing around it.
inline bool is_bare_object(std::string_view text) {
  return text.starts_with('{') && text.ends_with('}') && !has_nul(text) &&
         nlohmann::json::accept(text);
}

/// The greatest number of lists and objects around a place of `text`.
inline std::size_t nesting_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t greatest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '[' || c == '{')) {
      greatest = std::max(greatest, ++depth);
    } else if (!in_string && (c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return greatest;
}

/// Whether some object of `text` has a name twice: such a text has no one meaning.
inline bool has_name_twice(std::string_view text) {
  using Event = nlohmann::json::parse_event_t;
  bool twice = false;
  std::vector<std::set<std::string>> open;
  const auto look = [&](int /*depth*/, Event event, nlohmann::json& parsed) {
    if (event == Event::object_start) open.emplace_back();
    if (event == Event::object_end) open.pop_back();
    if (event == Event::key && !open.back().insert(parsed.get<std::string>()).second) twice = true;
    return true;
  };
  const auto parsed = nlohmann::json::parse(plain_json(text), look, /*allow_exceptions=*/false);
  return twice && !parsed.is_discarded();
}

inline bool is_utf8(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += (c >= 0 && c < ' ') || c == '"' || c == '\\' ? '?' : c;
  return nlohmann::json::accept(quoted + '"');
}

/// Whether `text` is a message: something, and visible ASCII and blanks only.
inline bool is_message(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace streamonce::fuzz
