// handler/commands/options.h: reads a command line, and the options that all commands share.
//
// Threads: one thread at a time, since getopt keeps its place in variables of the process.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "handler/commands/command.h"
#include "handler/config/settings.h"

namespace streamonce::handler {

/// The longest that Lambda gives an invocation. Source: AWS Lambda quotas, function timeout.
inline constexpr std::chrono::seconds kInvocationSecondsMax{900};

/// The codes of options that read_options() takes itself, for each command that lists them.
inline constexpr int kTimeoutCode = kFirstOwnCode - 1;
inline constexpr int kVerboseCode = 'v';

struct CommonOptions {
  SettingOptions settings;
  std::chrono::seconds timeout{60};  ///< for each piece of work, since a person waits
  bool verbose = false;
  std::vector<std::string> operands;
};

/// Takes an option of the command's own, and its value. @return what is wrong with it; empty:
/// nothing
using TakeOption = std::function<std::string(int code, const std::string& value)>;

/// Reads the options of `command`, wherever they stand among the operands; `--` ends them. Options
/// of its table that are not common go to `take`, which is not called if it has none.
/// @return what is to be printed instead of any work: its help, or what is wrong
std::optional<PrintedText> read_options(const Command& command, Arguments arguments,
                                        const TakeOption& take, CommonOptions& common);

}  // namespace streamonce::handler
