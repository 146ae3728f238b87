#include "runtime/base/json_text.h"

#include <array>
#include <cstddef>

#include "runtime/base/text.h"

namespace streamonce {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += kHexDigits[static_cast<unsigned char>(c) >> 4];
      out += kHexDigits[static_cast<unsigned char>(c) & 15];
  }
}

/// By byte: whether it stands for itself. Every request has kilobytes of these.
constexpr std::array<bool, 256> kNeedsNoEscape = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

bool needs_no_escape(char c) {
  return kNeedsNoEscape[static_cast<unsigned char>(c)];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && needs_no_escape(text[end])) ++end;
    out += text.substr(at, end - at);
    at = end;
    if (at == text.size()) break;
    const std::size_t length = utf8_length_at(text, at);
    if (length > 1) {
      out += text.substr(at, length);
    } else if (length == 1) {
      append_escaped(out, text[at]);
    } else {
      out += kReplacement;
    }
    at += length == 0 ? 1 : length;
  }
  out += '"';
}

}  // namespace streamonce
