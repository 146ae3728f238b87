// handler/commands/load/state_file.h: the file that keeps how far a load has come.
//
// It is written whole, beside itself, and put in its place by its name, so that it is always one
// state or another. It holds names of files and tables, and no item.
//
// Source:  POSIX, rename().
// Threads: one thread at a time.

#pragma once

#include <string>

#include "events/exports/load_state.h"
#include "runtime/base/result.h"

namespace streamonce::handler::load {

/// Reads the state of a load of `identity`. A file that is not there is the state of a load that
/// has not begun, and so is that of another one of which nothing is done.
/// @error kInvalidArgument  the file is no state, or that of another load; the message says which,
///                          and what to do
/// @error kUnavailable      it cannot be read
Result<events::LoadState> read_state(const std::string& path,
                                     const events::LoadState::Identity& identity);

/// @error kUnavailable  the file cannot be written: it is as it was
Status write_state(const std::string& path, const events::LoadState& state);

}  // namespace streamonce::handler::load
