// handler/targets/sqlite/schema.h: names and columns of tables in a SQLite file.
//
// Source:  SQLite documentation: "SQL As Understood By SQLite", keywords and CREATE TABLE; "PRAGMA
//          table_info".
// Threads: one thread at a time, as the database.

#pragma once

#include <string>
#include <string_view>

#include "handler/targets/sqlite/database.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

/// `name` as SQLite can take it: a zero byte, which would end a statement's text, becomes U+2400
/// (the picture of a zero byte).
std::string identifier(std::string_view name);

/// `name`, which identifier() has made, quoted for a statement's text.
std::string sql_quoted(std::string_view name);

/// The columns of a table, for a person and for comparison: `"id" TEXT key 1, "item" TEXT`; empty
/// if there is no such table. Generated columns are left out. A key column with another collation
/// than BINARY is told with it.
Result<std::string> describe_columns(Database& database, std::string_view table);

struct ExpectedTable {
  std::string_view role;  ///< what the table is for, as in `target`
  std::string_view name;
  std::string_view columns;  ///< as describe_columns() has them
  std::string_view advice;   ///< what to do about another table of that name
};

/// @error kRejected  the table has other columns; the message names the table, and both
Status expect_columns(Database& database, const ExpectedTable& expected);

}  // namespace streamonce::handler::sqlite
