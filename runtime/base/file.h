// runtime/base/file.h: reads and replaces whole files of bounded size, and writes lines.
//
// Source:  POSIX, rename().

#pragma once

#include <cstddef>
#include <optional>
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

/// How many bytes the file `path` has now. None: it is no regular file, or standard input, `-`, so
/// that nobody knows; or it is not there.
std::optional<std::size_t> file_bytes(const std::string& path);

/// Lets `path` be a file of `text` and mode 0600, at one instant: the text is written beside it
/// first, and is on the disk then. So it is always one text or another, whatever happens.
/// @error kUnavailable  it cannot be written: what was there is as it was; the message has the path
///                      and the reason
Status replace_file(const std::string& path, std::string_view text);

/// Writes `text` to an open descriptor, in one call where the system takes it whole. An error ends
/// it: this is for logs, where there is nobody left to tell.
void write_to_descriptor(int descriptor, std::string_view text);

}  // namespace streamonce
