// handler/config/environment.h: the environment as a dependency, so that tests decide what it
// holds.
//
// Threads: what is looked up must not change in the meantime; nothing in this program changes it.

#pragma once

#include <functional>
#include <optional>
#include <string>

namespace streamonce::handler {

/// Looks an environment variable up. An empty value counts as none.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// The environment of this process.
Environment process_environment();

}  // namespace streamonce::handler
