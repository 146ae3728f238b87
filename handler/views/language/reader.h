// handler/views/language/reader.h: reads the text of a views.sql.
//
// Grammar: keywords in any case; names as they are written, "odd name" in double quotes, 'text' in
// single ones, each doubled inside; `--` to the end of the line and `/* */` are comments;
// statements end with `;`.
//
// Threads: a pure function.

#pragma once

#include <string_view>
#include <vector>

#include "handler/views/language/syntax.h"

namespace streamonce::handler::views {

struct ReadScript {
  Script script;               ///< the statements that could be read, be it with faults
  std::vector<Fault> faults;   ///< by rising place; empty: the script is the whole text
  bool lacks_sources = false;  ///< whether a CREATE SOURCE could not be read
};

/// Reads `text`, which is any bytes, in a time and into a memory that grow with its length. The
/// script has a copy of it.
///
/// All faults are told, in one run: what is refused by design, and what is missing and can be
/// guessed, is read over. Where a statement cannot be read on, reading begins anew behind the next
/// `;` that is not quoted, or with the next CREATE SOURCE or CREATE VIEW.
ReadScript read_script(std::string_view text);

}  // namespace streamonce::handler::views
