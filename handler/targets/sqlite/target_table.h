// handler/targets/sqlite/target_table.h: the table that mirrors one source table.
//
//     CREATE TABLE "orders"("id" TEXT NOT NULL, "line" TEXT NOT NULL, "item" TEXT NOT NULL,
//                           PRIMARY KEY("id", "line"))
//
// Key columns are named after the key attributes and sorted by name. A string is TEXT; a number is
// TEXT in plain decimal form (no 38 digits fit a number of SQLite's); a binary is a BLOB of its
// bytes. `item` is the whole item as DynamoDB JSON, byte for byte as the record has it.
//
// SQLite tells no capital ASCII letters from small ones in names. So, where the name of a key
// attribute is the same as `item` or as that of a column before it, `_` is put behind it until it
// is not.
//
// The number 7 and the string "7" would be one row. So the file keeps which key each table has, and
// a key of another type is refused:
//
//     _streamonce_tables(name TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID
//
// where `key` is as ItemKey::shape() has it: `id (N)`. A table that is not in it was made by an
// earlier version or by hand: all its items are read once for the types that they tell. If they
// tell two types for one attribute, the table is refused; if they tell none, the first key decides.
// A table without rows takes a key of any type, whatever is noted.
//
// Threads: one thread at a time, as the database.

#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/attribute_value.h"
#include "events/item_key.h"
#include "handler/targets/sqlite/database.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

/// The names of the key's columns, in the order of its attributes.
std::vector<std::string> key_columns(const events::ItemKey& key);

/// The texts that a key is converted to; they must outlive the run that the key is bound for.
using KeyTexts = std::array<std::string, events::ItemKey::kAttributesMax>;

/// Binds the values of the key's columns to the first parameters of `statement`.
/// @error kInvalidArgument  a number that DynamoDB would not take; the statement is reset
Status bind_key(Statement& statement, const events::ItemKey& key, KeyTexts& converted);

/// `SELECT "item" FROM "t" WHERE "id" = ?1`, for bind_key().
std::string find_statement(std::string_view table_name, const events::ItemKey& key);

/// By attribute, the types that the items of a table have for it: `S`, or `NS` where they differ.
using TypesTold = std::map<std::string, std::string>;
/// The types told by each table that was read in the transaction in hand, so that none is read
/// twice. They stay true: a table that is not noted has had no write in it.
using TypesByTable = std::map<std::string, TypesTold>;

class TargetTable {
 public:
  /// Whether the table `table_name` is there and has rows. If not, there is nothing to remove from
  /// it.
  /// @error kRejected  the file has a table whose name SQLite takes for the same, or a view
  static Result<bool> has_items(Database& database, std::string_view table_name);

  /// Prepares the table `table_name`; creates it if it is absent, which `created` tells.
  /// `told_by_table` must be empty at the start of a transaction.
  /// @error kRejected  the name is reserved, or the file has a table with other columns, of items
  ///                   whose keys have other types, with a name that SQLite takes for the same, or
  ///                   a view in its place
  static Result<TargetTable> open(Database& database, std::string_view table_name,
                                  const events::ItemKey& key, TypesByTable& told_by_table,
                                  bool& created);

  /// Why `key` does not fit the table `table_name`, whose items have keys of the shape `expected`,
  /// and what to do.
  static Error other_key(std::string_view table_name, const std::string& expected,
                         const events::ItemKey& key);

  /// Whether the file had no such key for the table before open(), so that an undone savepoint
  /// takes that knowledge away again.
  bool is_newly_noted() const { return is_newly_noted_; }

  /// Whether `key` has the attributes that the table was opened for.
  bool fits(const events::ItemKey& key) const;

  /// The item of the row of `key`, which must fit, as it stands there; none: there is no row.
  Result<std::optional<std::string>> find(const events::ItemKey& key);

  /// Whether the row of `key`, which must fit, is absent, or its item has each attribute of `owner`
  /// with an equal value: see Write::owner.
  Result<bool> is_free_for(const events::ItemKey& key, std::span<const events::RawAttribute> owner);

  /// Puts or removes the row of `key`, which must fit.
  /// @error kRejected  the file refuses the row, or a trigger of the user's has it ignored
  Status put(const events::ItemKey& key, std::string_view image_json);
  Status remove(const events::ItemKey& key);  ///< the item may be absent

 private:
  struct Attribute {
    std::string name;
    events::KeyType type;
  };
  struct ItemStatements {
    Statement put;
    Statement remove;
    Statement find;
  };
  TargetTable(Database& database, const events::ItemKey& key, ItemStatements statements);

  /// @return whether the statement has a row, whose first column goes into `text`
  Result<bool> run(Statement& statement, const events::ItemKey& key, std::string* text = nullptr);

  Database* database_;
  std::vector<Attribute> key_;
  bool is_newly_noted_ = false;
  Statement put_;
  Statement remove_;
  Statement find_;
};

}  // namespace streamonce::handler::sqlite
