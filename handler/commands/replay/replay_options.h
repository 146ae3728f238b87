// handler/commands/replay/replay_options.h: what the command line asks of a replay.
//
// Threads: a value.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace streamonce::handler::replay {

struct ReplayOptions {
  std::vector<std::string> dumps;          ///< files and folders; `-` is standard input
  std::optional<std::string> failed_path;  ///< none: one file for each dump, see free_failed_path()
  std::string stream_arn;                  ///< for records that name no stream; empty: none
  std::chrono::seconds timeout{60};        ///< for each batch, and for each pointer
  bool dry_run = false;
  bool json = false;  ///< a JSON object on standard output, instead of a text
};

}  // namespace streamonce::handler::replay
