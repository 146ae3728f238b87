// handler/commands/follow/follow.h: the work of `bootstrap follow`: opens what a follower is made
// of, and lets it run.
//
// Threads: one thread at a time.

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "handler/commands/follow/status_line.h"
#include "handler/commands/parts.h"
#include "handler/config/environment.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace streamonce::handler::follow {

/// What the command line asks of a follower.
struct FollowRequest {
  std::string source;      ///< a table's name or ARN; empty: the stream is named
  std::string stream_arn;  ///< empty: the newest stream of `source`
  bool from_latest = false;
  bool once = false;
  std::string checkpoint = "ledger";  ///< `ledger`, `none` or the path of a file
  int attempts = 10;
  std::string letters_path;  ///< empty: no record is given up
  bool json = false;         ///< the summary as a JSON object
};

/// What a follower works with. Borrows all of it.
struct FollowTools {
  OpenPipeline& pipeline;
  const Environment& environment;
  Clock& clock;
  Logger& logger;
  StatusLine& status;
  std::function<bool()> stopped;
  /// Takes what goes to standard output. @return whether it could be written
  std::function<bool(std::string_view text)> out;
};

/// Follows. @return the exit status
int run_follow(const FollowRequest& request, const FollowTools& tools);

}  // namespace streamonce::handler::follow
