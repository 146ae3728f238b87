#include "runtime/base/text.h"

#include <algorithm>

namespace streamonce {
namespace {

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

}  // namespace

std::string quoted_excerpt(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kQuotedBytesMax)) out += is_printable(c) && c != '"' ? c : '?';
  if (text.size() > kQuotedBytesMax) out += "...";
  return out + '"';
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  out += text;
  return out + '"';
}

std::string printable_excerpt(std::string_view text, std::size_t bytes_max) {
  std::string out(text.substr(0, bytes_max));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !is_printable(c); }, ' ');
  return out;
}

std::string without_control_characters(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '?');
  return out;
}

std::string place_in(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t column = at - (before.rfind('\n') + 1);  // npos + 1 is 0
  return "line " + std::to_string(lines + 1) + ", column " + std::to_string(column + 1) +
         " (byte " + std::to_string(at) + ')';
}

}  // namespace streamonce
