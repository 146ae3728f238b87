// handler/views/reader.h: reads the text of a views.sql.
//
// Grammar: keywords in any case; names as they are written, "odd name" in double quotes, 'text' in
// single ones, each doubled inside; `--` to the end of the line and `/* */` are comments;
// statements end with `;`.
//
// Threads: a pure function.

#pragma once

#include <string_view>
#include <vector>

#include "handler/views/syntax.h"

namespace streamonce::handler::views {

struct ReadScript {
  Script script;              ///< the statements that could be read
  std::vector<Fault> faults;  ///< by rising place; empty: the script is the whole text
};

/// Reads `text`, which is any bytes. Of a statement that cannot be read, the first fault is told,
/// and of a text all such statements.
ReadScript read_script(std::string_view text);

}  // namespace streamonce::handler::views
