// handler/commands/check/report.h: what settings and views mean and cost, for a person and for a
// program.
//
// Source:  DynamoDB developer guide, "DynamoDB on-demand capacity mode": a transaction takes two
//          write request units for each KB of an item, and a consistent read one read request unit
//          for each 4 KB; "Quotas": a transaction has 100 actions. Amazon DynamoDB pricing:
//          on-demand prices of us-east-1, November 2026.
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
