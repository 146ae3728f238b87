// handler/commands/doctor/report.h: findings as text for a person, and as JSON for a program.
//
// Threads: pure functions.

#pragma once

#include <string>

#include "handler/commands/doctor/findings/findings.h"

namespace streamonce::handler::doctor {

/// A list, by level, and the counts in its last line: `2 errors, 3 warnings, 1 note, 1 not
/// checked`.
std::string to_text(const Findings& found);

/// One line: a JSON object with `findings`, `not_checked`, `errors`, `warnings` and `notes`.
std::string to_json(const Findings& found);

/// How many findings of a level there are.
std::size_t count_of(const Findings& found, Level level);

}  // namespace streamonce::handler::doctor
