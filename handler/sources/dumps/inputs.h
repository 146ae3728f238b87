// handler/sources/dumps/inputs.h: the files that a path on the command line stands for.
//
// Threads: any.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace streamonce::handler::dumps {

struct Listing {
  std::vector<std::string> files;  ///< to read, in this order
  std::size_t failed_files = 0;    ///< how many failed files of a folder were left out
};

/// The files to read for `path`. A file, a FIFO and `-` are themselves. A folder is every regular
/// file below it, sorted bytewise by path; symbolic links are followed, and a link to a folder that
/// it lies in ends there. A link to nothing is listed, so that reading it tells. The failed files
/// of earlier replays, by their names, are left out: what they hold is in the folder's other files
/// too, and a replay that is run in the folder would read its own. A folder without files gives an
/// empty list.
/// @error kUnavailable  `path` does not exist, or a folder below it cannot be read; the message has
///                      the path of that and the reason
Result<Listing> list_files(const std::string& path);

/// Checks that no later replay of `dumps` reads the file `failed_path` as one of their own, since
/// what it holds is in the dumps too: it must not be below a folder of `dumps`, unless its name is
/// one that list_files() leaves out.
/// @error kInvalidArgument  it is read; the message says what to name instead
Status check_failed_path(const std::vector<std::string>& dumps, const std::string& failed_path);

}  // namespace streamonce::handler::dumps
