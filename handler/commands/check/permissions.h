// handler/commands/check/permissions.h: what whoever writes the tables of a report must be allowed.
//
// Source:  AWS service authorization reference, "Actions, resources, and condition keys for Amazon
//          DynamoDB".
// Threads: a pure function.

#pragma once

#include <string>

#include "handler/commands/check/report.h"

namespace streamonce::handler::check {

/// The permissions on the tables in DynamoDB, in words. The role of deploy/template.yaml has those.
std::string permissions_text(const Report& report);

}  // namespace streamonce::handler::check
