// handler/commands/follow/summary.h: what a follower did, for a person and for a program.
//
// Threads: pure functions.

#pragma once

#include <string>

#include "handler/sources/stream/follower.h"

namespace streamonce::handler::follow {

/// The summary as several lines of text. `letters_path` is where records are that were given up;
/// empty: nowhere.
std::string to_text(const FollowEnd& end, const std::string& letters_path);

/// The summary as a JSON object and the end of a line. Its members are part of the outside
/// contract, and all of them numbers: `records`, `applied`, `already_applied`, `stale`,
/// `superseded`, `filtered`, `failed`, `gaps` and `shards`.
std::string to_json(const FollowEnd& end);

}  // namespace streamonce::handler::follow
