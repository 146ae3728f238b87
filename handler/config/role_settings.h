// handler/config/role_settings.h: a role that AWS is called as.
//
// Threads: a value.

#pragma once

#include <string>

namespace streamonce::handler {

/// A role that is assumed before a service is called: see runtime/aws/role_names.h.
struct RoleSettings {
  std::string arn;          ///< empty: no role, but the credentials that there are
  std::string external_id;  ///< what the role's trust policy asks for; empty: nothing
};

}  // namespace streamonce::handler
