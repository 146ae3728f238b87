// handler/commands/doctor/findings/findings.h: what is wrong with a deployment, why it bites, and
// the line of the AWS CLI that mends it.
//
// Each finding has a name that stays, so that programs may look for it. A remedy has the real names
// in it; what only its reader knows is in capital letters. Nothing here has a key or a value of an
// item.
//
// Source:  AWS Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB"; DynamoDB developer
//          guide, "Change data capture for DynamoDB Streams".
// Threads: values and pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "handler/commands/doctor/findings/deployment.h"

namespace streamonce::handler::doctor {

enum class Level : std::uint8_t {
  kError,    ///< records or rows are lost, or nothing is applied
  kWarning,  ///< it works, until something happens
  kInfo,     ///< worth knowing
};

/// `error`, `warning` or `info`.
std::string_view name_of(Level level);

struct Finding {
  Level level = Level::kError;
  std::string_view check;   ///< the finding's name, a constant of the program
  std::string what;         ///< what was found, and what is expected
  std::string why;          ///< what comes of it
  std::string remedy = {};  ///< a line of the AWS CLI; empty: there is none
};

struct Findings {
  std::vector<Finding> findings;
  std::vector<NotChecked> not_checked;
};

/// All that can be said of `deployment`, in order of level; within a level the function first, its
/// mappings behind it, and then the tables.
Findings look_over(const Deployment& deployment);

}  // namespace streamonce::handler::doctor
