// handler/commands/exit_status.h: what the commands end with, which is part of the outside
// contract.

#pragma once

namespace streamonce::handler {

inline constexpr int kExitDone = 0;        ///< everything is done
inline constexpr int kExitFailed = 1;      ///< something failed and is named
inline constexpr int kExitUsage = 2;       ///< the command line or the configuration is wrong
inline constexpr int kExitUnreadable = 3;  ///< the input cannot be read at all

}  // namespace streamonce::handler
