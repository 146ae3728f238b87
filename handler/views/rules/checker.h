// handler/views/rules/checker.h: looks names up, holds the rules of sources and views, and
// classifies.
//
// Threads: a pure function.

#pragma once

#include <string_view>
#include <vector>

#include "handler/views/language/syntax.h"
#include "handler/views/rules/views.h"
#include "runtime/base/result.h"

namespace streamonce::handler::views {

struct CheckedViews {
  Views views;                  ///< good only if there is no fault
  std::vector<Fault> faults;    ///< all of them, by rising place
  std::vector<Fault> warnings;  ///< what is legal and surely not meant, by rising place
};

/// Checks a script that was read without a fault.
CheckedViews check(const Script& script);

/// Reads and checks a text.
CheckedViews check_text(std::string_view text);

/// `views.sql:3:14: ...`, a line for each fault.
std::string describe(std::string_view file, const std::vector<Fault>& faults);

}  // namespace streamonce::handler::views
