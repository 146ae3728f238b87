// runtime/base/file.h: reads whole files of bounded size, and writes lines.

#pragma once

#include <string>
#include <string_view>

#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce {

/// Reads the file `path`, or standard input for `-`, into `payload`, from its start.
/// @error kUnavailable  it cannot be opened or read; the message has the path and the reason
/// @error kTooLarge     it does not fit into the payload
Status read_file(const std::string& path, Payload& payload);

bool file_exists(const std::string& path);

/// Writes `text` to an open descriptor, in one call where the system takes it whole. An error ends
/// it: this is for logs, where there is nobody left to tell.
void write_to_descriptor(int descriptor, std::string_view text);

}  // namespace streamonce
