#include "handler/config/environment.h"

#include <cstdlib>

namespace streamonce::handler {

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

}  // namespace streamonce::handler
