// handler/sqlite/target_table.h: the table that mirrors one source table.
//
//     CREATE TABLE "orders"("id" TEXT NOT NULL, "line" TEXT NOT NULL, "item" TEXT NOT NULL,
//                           PRIMARY KEY("id", "line"))
//
// Key columns are named after the key attributes and sorted by name. A string is TEXT; a number is
// TEXT in plain decimal form (no 38 digits fit a number of SQLite's); a binary is a BLOB of its
// bytes. `item` is the whole item as DynamoDB JSON, byte for byte as the stream had it.
//
// SQLite tells no capital ASCII letters from small ones in names. So, where the name of a key
// attribute is the same as `item` or as that of a column before it, `_` is put behind it until it
// is not.
//
// Threads: one thread at a time, as the database.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/item_key.h"
#include "handler/sqlite/database.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

/// The names of the key's columns, in the order of its attributes.
std::vector<std::string> key_columns(const events::ItemKey& key);

class TargetTable {
 public:
  /// Prepares the table named after `source_table`; creates it if it is absent, which `created`
  /// tells.
  /// @error kRejected  the name is reserved, or the file has a table with other columns, with a
  ///                   name that SQLite takes for the same, or a view in its place
  static Result<TargetTable> open(Database& database, std::string_view source_table,
                                  const events::ItemKey& key, bool& created);

  /// Whether `key` has the attributes that the table was opened for.
  bool fits(const events::ItemKey& key) const;

  /// Both: `key` fits.
  /// @error kRejected  the file refuses the row, or a trigger of the user's has it ignored
  Status put(const events::ItemKey& key, std::string_view image_json);
  Status remove(const events::ItemKey& key);  ///< the item may be absent

 private:
  struct Attribute {
    std::string name;
    events::KeyType type;
  };
  struct Statements {
    Statement put;
    Statement remove;
    Statement find;
  };
  TargetTable(Database& database, const events::ItemKey& key, Statements statements);

  /// @return whether the statement has a row
  Result<bool> run(Statement& statement, const events::ItemKey& key);

  Database* database_;
  std::vector<Attribute> key_;
  Statement put_;
  Statement remove_;
  Statement find_;
};

}  // namespace streamonce::handler::sqlite
