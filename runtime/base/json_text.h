// runtime/base/json_text.h: writes text as a JSON string. Reading JSON is a library's work.
//
// Source: RFC 8259, section 7 (strings) and 8.1 (UTF-8).

#pragma once

#include <string>
#include <string_view>

namespace streamonce {

/// Appends `text` to `out` as a JSON string, quotes included.
///
/// Quotes, backslashes and control characters are escaped; bytes that are not UTF-8 become U+FFFD,
/// so that what is appended is valid JSON whatever `text` holds.
void append_json_string(std::string& out, std::string_view text);

}  // namespace streamonce
