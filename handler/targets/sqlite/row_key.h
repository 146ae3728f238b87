// handler/targets/sqlite/row_key.h: the key of a row from its columns alone, for a row whose item
// tells none.
//
// Threads: one thread at a time, as the database.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "handler/targets/sqlite/database.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

/// The key of the row `rowid` of `table`, as DynamoDB JSON: `{"id":{"S":"7"}}`. Names and types are
/// those that the file has noted for the table, see target_table.h; where it has noted none, the
/// names are the columns', a blob is a B and all else an S. `{}` if the columns hold no key.
Result<std::string> key_of_row(Database& database, const std::string& table, std::int64_t rowid);

}  // namespace streamonce::handler::sqlite
