// tests/support/settings.h: an environment that a test makes up, and settings to go on with.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "handler/config/environment.h"

namespace streamonce::testing {

using Variables = std::map<std::string, std::string>;

inline handler::Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

/// What AWS's own tools want to know of a service that nothing listens for.
inline const Variables kAwsVariables = {{"AWS_REGION", "eu-west-1"},
                                        {"AWS_ACCESS_KEY_ID", "AKID"},
                                        {"AWS_SECRET_ACCESS_KEY", "SECRET"},
                                        {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}};

}  // namespace streamonce::testing
