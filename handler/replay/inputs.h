// handler/replay/inputs.h: the files that a path on the command line stands for.
//
// Threads: any.

#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace streamonce::handler::replay {

/// The files to read for `path`, in this order. A file, a FIFO and `-` are themselves. A folder is
/// every regular file below it, sorted bytewise by path; symbolic links are followed, and a link to
/// a folder that it lies in ends there. A link to nothing is listed, so that reading it tells. A
/// folder without files gives an empty list.
/// @error kUnavailable  `path` does not exist, or a folder below it cannot be read; the message has
///                      the path of that and the reason
Result<std::vector<std::string>> list_files(const std::string& path);

}  // namespace streamonce::handler::replay
