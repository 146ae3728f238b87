// handler/commands/views_file.h: the views that settings name, read from their file, with their
// tables.
//
// Threads: functions of the settings and the file, which must not change meanwhile.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "handler/config/settings.h"
#include "handler/pipeline/derived_tables.h"
#include "handler/views/rules/checker.h"
#include "handler/views/rules/views.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// What a views' text says, and all that is wrong with it or with the tables of its names.
struct ViewsFile {
  views::Views views;                      ///< good only if there is no fault
  std::vector<std::string> source_tables;  ///< the table of each source
  std::vector<std::string> view_tables;    ///< the table of each view
  bool takes_any_table =
      false;  ///< whether any table is the source, the only one, which no setting
              ///< names a table for
  std::vector<std::string> faults;    ///< a line each, `views.sql:3:14: ...`
  std::vector<std::string> warnings;  ///< likewise, of what is legal and surely not meant
};

/// Reads the file of Settings::views, which must be named.
ViewsFile read_views_file(const Settings& settings);

/// Why `view`, which is a remembering one, has to remember, for a person: a clause.
std::string why_it_remembers(const views::Views& views, const views::View& view);

/// Why the rows of the view at `place` cannot have the marks of their items, for a person: a clause
/// whose subject is the view. Empty: they can. Either all views of a pipeline can, or its marks are
/// in the ledger.
std::string why_no_marks_in_items(const views::Views& views, std::size_t place);

/// The views to start with.
/// @error kInvalidArgument  something is wrong; the message tells all of it, a line each
Result<std::unique_ptr<DerivedTables>> load_views(const Settings& settings);

}  // namespace streamonce::handler
