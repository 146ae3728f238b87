// handler/targets/owner.h: a row that two items want, as it is told to a person.
//
// Threads: pure functions.

#pragma once

#include <string>

#include "handler/targets/target.h"

namespace streamonce::handler {

/// Why `write`, which has an owner, met a row of another one. Names the table and the attributes,
/// and tells no value.
std::string why_collides(const Write& write);

}  // namespace streamonce::handler
