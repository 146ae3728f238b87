// handler/redact.h: takes item values out of a message before it reaches a log (guarantee G9).
//
// A database sometimes quotes what it refuses ("cannot be converted to a numeric value: 12x").
//
// Threads: a pure function.

#pragma once

#include <string>
#include <string_view>

namespace streamonce::handler {

/// `message` with every value of the DynamoDB JSON objects `keys_json` and `image_json` replaced by
/// `***`, wherever it stands as a word of its own. Empty objects may be empty texts.
std::string redact(std::string_view message, std::string_view keys_json,
                   std::string_view image_json);

}  // namespace streamonce::handler
