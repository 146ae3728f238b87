#include "handler/redact.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <vector>

namespace streamonce::handler {
namespace {

using nlohmann::json;

void collect_values(const json& value, std::vector<std::string>& values) {
  if (value.is_string()) values.push_back(value.get<std::string>());
  if (value.is_structured())
    for (const json& member : value) collect_values(member, values);
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Whether text[start, end) is not just a part of a longer word.
bool stands_alone(std::string_view text, std::size_t start, std::size_t end) {
  const bool joined_before = start > 0 && is_word(text[start - 1]) && is_word(text[start]);
  const bool joined_behind = end < text.size() && is_word(text[end - 1]) && is_word(text[end]);
  return !joined_before && !joined_behind;
}

void replace_word(std::string& text, const std::string& word) {
  constexpr std::string_view kMask = "***";
  std::size_t at = text.find(word);
  while (at != std::string::npos) {
    if (stands_alone(text, at, at + word.size())) {
      text.replace(at, word.size(), kMask);
      at += kMask.size();
    } else {
      ++at;
    }
    at = text.find(word, at);
  }
}

}  // namespace

std::string redact(std::string_view message, std::string_view keys_json,
                   std::string_view image_json) {
  std::vector<std::string> values;
  for (const std::string_view text : {keys_json, image_json})
    collect_values(json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false), values);
  // Longest first: a value may hold another.
  std::sort(values.begin(), values.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::string text(message);
  for (const std::string& value : values)
    if (!value.empty()) replace_word(text, value);
  return text;
}

}  // namespace streamonce::handler
