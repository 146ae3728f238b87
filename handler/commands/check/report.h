// handler/commands/check/report.h: what settings and views mean and cost, for a person and for a
// program.
//
// Threads: values and pure functions.

#pragma once

#include <string>
#include <vector>

#include "handler/commands/views_file.h"
#include "handler/config/settings.h"

namespace streamonce::handler::check {

/// All that was found.
struct Report {
  CheckedSettings settings;
  ViewsFile file;                   ///< empty: there are no views, or they have faults
  std::vector<std::string> faults;  ///< of settings and views
  std::vector<std::string> absent;  ///< what must be set before a start
  bool has_views = false;           ///< whether a file of views is named
};

/// Puts together what is wrong. `file` is empty if the settings name no views.
Report make_report(CheckedSettings settings, ViewsFile file);

/// What the views or the mirror come to, as lines; empty if the views have faults.
std::string to_text(const Report& report);

/// What is wrong, and what is surely not meant, as lines.
std::string complaints(const Report& report);

/// All of it as one line: a JSON object.
std::string to_json(const Report& report);

}  // namespace streamonce::handler::check
