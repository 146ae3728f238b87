// runtime/json/json_fault.h: says where a text stops being JSON, as a person looks it up in an
// editor.
//
// For events/*.cc alone: this header includes simdjson.
//
// Threads: pure functions.

#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace streamonce::events {

/// Says what `error` means and where it is in `text`, by line and column (both from 1, the column
/// in bytes) and by byte (from 0). Never tells a value.
/// @param json  the document that was walked when the error came; null: it came from iterate()
std::string describe_fault(simdjson::error_code error, simdjson::ondemand::document* json,
                           std::string_view text);

}  // namespace streamonce::events
