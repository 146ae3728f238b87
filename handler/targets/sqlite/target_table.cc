#include "handler/targets/sqlite/target_table.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "events/item_attributes.h"
#include "handler/targets/sqlite/schema.h"
#include "runtime/base/base64.h"
#include "runtime/base/text.h"

namespace streamonce::handler::sqlite {
namespace {

using events::ItemKey;
using events::KeyAttribute;
using events::KeyType;

constexpr std::string_view kItemColumn = "item";

Error rejected(std::string message) {
  return {ErrorCode::kRejected, std::move(message)};
}

std::string_view type_of(KeyType type) {
  return type == KeyType::kBinary ? "BLOB" : "TEXT";
}

/// Refuses reserved names. Names that begin with "sqlite_" are SQLite's own (source: CREATE TABLE),
/// those that begin with "_streamonce_" ours: the ledger, its index, and whatever comes later.
Status check_table_name(const std::string& name) {
  for (const std::string_view prefix : {"sqlite_", "_streamonce_"}) {
    if (same_word(std::string_view(name).substr(0, prefix.size()), prefix)) {
      return rejected("table " + sql_quoted(name) + " cannot be kept: names that begin with " +
                      std::string(prefix) + " are reserved in the file");
    }
  }
  return {};
}

/// @return whether there is a table of just this name
Result<bool> table_exists(Database& database, const std::string& name) {
  Statement find = STREAMONCE_TRY(
      database.prepare("SELECT name, type FROM sqlite_schema"
                       " WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')"));
  find.bind_text(1, name);
  if (!STREAMONCE_TRY(find.step())) return false;
  if (find.text(1) == "view") return rejected(sql_quoted(find.text(0)) + " is a view, not a table");
  if (find.text(0) != name) {
    return rejected("the file has a table " + sql_quoted(find.text(0)) +
                    ", whose name SQLite takes for the same as " + sql_quoted(name));
  }
  return true;
}

Error mixed_keys(const std::string& table, const std::string& name, std::string_view types) {
  std::string found;
  for (const char type : types) {
    found += found.empty() ? "items with " : " as well as items with ";
    found += name + " (" + type + ")";
  }
  return rejected("target table " + sql_quoted(table) + " holds " + found +
                  ", whose rows cannot be told apart: remove those of one type, or name another "
                  "file");
}

Result<bool> has_rows(Database& database, const std::string& table) {
  Statement find =
      STREAMONCE_TRY(database.prepare("SELECT 1 FROM " + sql_quoted(table) + " LIMIT 1"));
  return find.step();
}

/// The types that the items of `table` tell for the attributes of `key`: all of its rows are looked
/// at. An item that is not JSON, or has the name with escapes, says nothing.
Result<TypesTold> read_types(Database& database, const std::string& table, const ItemKey& key) {
  Statement types = STREAMONCE_TRY(database.prepare(
      "SELECT DISTINCT attribute.key, type.key"
      " FROM " +
      sql_quoted(table) +
      " AS row,"
      " json_each(CASE WHEN json_valid(row.item) THEN row.item ELSE '{}' END) AS attribute,"
      " json_each(CASE attribute.type WHEN 'object' THEN attribute.value ELSE '{}' END) AS type"
      " WHERE attribute.key IN (?1, ?2) AND type.key IN ('S', 'N', 'B')"));
  int parameter = 0;
  for (const KeyAttribute& attribute : key.attributes())
    types.bind_text(++parameter, attribute.name);
  TypesTold told;
  while (STREAMONCE_TRY(types.step())) told[std::string(types.text(0))] += types.text(1);
  for (auto& [name, found] : told) std::sort(found.begin(), found.end());
  return told;
}

/// Checks, for a table whose key is not noted, that the types of `key` are those of all its items.
Status expect_items_with(Database& database, const std::string& table, const ItemKey& key,
                         TypesByTable& told_by_table) {
  auto known = told_by_table.find(table);
  if (known == told_by_table.end()) {
    TypesTold told = STREAMONCE_TRY(read_types(database, table, key));
    known = told_by_table.emplace(table, std::move(told)).first;
  }
  std::string shape;
  bool same = true;
  for (const KeyAttribute& attribute : key.attributes()) {
    const std::string name(attribute.name);
    std::string type(1, static_cast<char>(attribute.type));
    if (const auto told = known->second.find(name); told != known->second.end()) {
      if (told->second.size() > 1) return mixed_keys(table, name, told->second);
      same = same && told->second == type;
      type = told->second;
    }
    if (!shape.empty()) shape += ", ";
    shape.append(name).append(" (").append(type).append(")");
  }
  return same ? Status() : TargetTable::other_key(table, shape, key);
}

/// Sees to it that the file has `key` for the key of `table`. A table without rows takes any.
/// @return whether the file had another, or none, before
/// @error kRejected  the table has rows, and the file or the rows tell another key
Result<bool> note_key(Database& database, const std::string& table, const ItemKey& key,
                      TypesByTable& told_by_table) {
  STREAMONCE_TRY(
      database.execute("CREATE TABLE IF NOT EXISTS _streamonce_tables("
                       "name TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID"));
  STREAMONCE_TRY(expect_columns(database, {.role = "target's own",
                                           .name = "_streamonce_tables",
                                           .columns = R"("name" TEXT key 1, "key" TEXT)",
                                           .advice = "the name is taken, so rename that table"}));
  const std::string shape = key.shape();
  Statement find =
      STREAMONCE_TRY(database.prepare("SELECT key FROM _streamonce_tables WHERE name = ?1"));
  find.bind_text(1, table);
  const bool is_noted = STREAMONCE_TRY(find.step());
  if (is_noted && find.text(0) == shape) return false;
  if (STREAMONCE_TRY(has_rows(database, table))) {
    if (is_noted) return TargetTable::other_key(table, std::string(find.text(0)), key);
    STREAMONCE_TRY(expect_items_with(database, table, key, told_by_table));
  }
  find.reset();
  Statement note = STREAMONCE_TRY(
      database.prepare("INSERT OR REPLACE INTO _streamonce_tables(name, key) VALUES(?1, ?2)"));
  note.bind_text(1, table);
  note.bind_text(2, shape);
  STREAMONCE_TRY(note.run());
  return true;
}

/// The texts of one table's statements. Lists have one member for each key column.
struct TableSql {
  TableSql(const std::string& table_name, const ItemKey& key);

  std::string columns;  ///< as describe_columns() has them
  std::string create;
  std::string put;
  std::string remove;
  std::string find;
};

TableSql::TableSql(const std::string& table_name, const ItemKey& key) {
  const std::string table = sql_quoted(table_name);
  const std::vector<std::string> names = key_columns(key);
  std::string definitions;
  std::string key_list;
  std::string parameters;
  std::string conditions;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = sql_quoted(names[i]);
    const std::string number = std::to_string(i + 1);
    const std::string_view type = type_of(key.attributes()[i].type);
    columns.append(name).append(" ").append(type).append(" key ").append(number).append(", ");
    definitions.append(name).append(" ").append(type).append(" NOT NULL, ");
    key_list.append(i == 0 ? "" : ", ").append(name);
    parameters.append("?").append(number).append(", ");
    conditions.append(i == 0 ? "" : " AND ").append(name).append(" = ?").append(number);
  }
  const std::string image = "?" + std::to_string(names.size() + 1);
  columns += R"("item" TEXT)";
  create = "CREATE TABLE " + table + "(" + definitions + R"("item" TEXT NOT NULL, PRIMARY KEY()" +
           key_list + "))";
  put = "INSERT INTO " + table + "(" + key_list + R"(, "item") VALUES()" + parameters + image +
        ") ON CONFLICT(" + key_list + R"() DO UPDATE SET "item" = excluded."item")";
  remove = "DELETE FROM " + table + " WHERE " + conditions;
  find = R"(SELECT "item" FROM )" + table + " WHERE " + conditions;
}

}  // namespace

std::vector<std::string> key_columns(const ItemKey& key) {
  std::vector<std::string> names;
  for (const KeyAttribute& attribute : key.attributes()) {
    std::string name = identifier(attribute.name);
    const auto taken = [&](const std::string& other) { return same_word(name, other); };
    while (same_word(name, kItemColumn) || std::any_of(names.begin(), names.end(), taken))
      name += '_';
    names.push_back(std::move(name));
  }
  return names;
}

Status bind_key(Statement& statement, const ItemKey& key, KeyTexts& converted) {
  int parameter = 0;
  for (const KeyAttribute& attribute : key.attributes()) {
    std::string& value = converted[static_cast<std::size_t>(parameter++)];
    switch (attribute.type) {
      case KeyType::kString:
        statement.bind_text(parameter, attribute.value);
        break;
      case KeyType::kNumber: {
        Result<std::string> number = events::canonical_number(attribute.value);
        if (!number) {
          statement.reset();
          return std::move(number).error();
        }
        value = *std::move(number);
        statement.bind_text(parameter, value);
        break;
      }
      case KeyType::kBinary:
        value = from_base64(attribute.value);
        statement.bind_blob(parameter, value);
        break;
    }
  }
  return {};
}

std::string find_statement(std::string_view table_name, const ItemKey& key) {
  return TableSql(identifier(table_name), key).find;
}

Result<bool> TargetTable::has_items(Database& database, std::string_view table_name) {
  const std::string name = identifier(table_name);
  return STREAMONCE_TRY(table_exists(database, name)) && STREAMONCE_TRY(has_rows(database, name));
}

Error TargetTable::other_key(std::string_view table_name, const std::string& expected,
                             const ItemKey& key) {
  return rejected("target table " + sql_quoted(identifier(table_name)) +
                  " is of items with the key " + expected + ": this one has the key " +
                  key.shape() +
                  ", perhaps of a table that was deleted and made again: for such items name "
                  "another file, or rename the table in the file");
}

Result<TargetTable> TargetTable::open(Database& database, std::string_view table_name,
                                      const ItemKey& key, TypesByTable& told_by_table,
                                      bool& created) {
  const std::string name = identifier(table_name);
  STREAMONCE_TRY(check_table_name(name));
  const TableSql sql(name, key);
  if (!STREAMONCE_TRY(table_exists(database, name))) {
    STREAMONCE_TRY(database.execute(sql.create));
    created = true;
  }
  STREAMONCE_TRY(expect_columns(database, {.role = "target",
                                           .name = name,
                                           .columns = sql.columns,
                                           .advice = "name another file, or rename the table"}));
  const bool newly_noted = STREAMONCE_TRY(note_key(database, name, key, told_by_table));
  Statement put = STREAMONCE_TRY(database.prepare(sql.put));
  Statement remove = STREAMONCE_TRY(database.prepare(sql.remove));
  Statement find = STREAMONCE_TRY(database.prepare(sql.find));
  TargetTable table(database, key, {std::move(put), std::move(remove), std::move(find)});
  table.is_newly_noted_ = newly_noted;
  return table;
}

TargetTable::TargetTable(Database& database, const ItemKey& key, ItemStatements statements)
    : database_(&database),
      put_(std::move(statements.put)),
      remove_(std::move(statements.remove)),
      find_(std::move(statements.find)) {
  for (const KeyAttribute& attribute : key.attributes())
    key_.push_back({std::string(attribute.name), attribute.type});
}

bool TargetTable::fits(const ItemKey& key) const {
  const auto attributes = key.attributes();
  return std::equal(key_.begin(), key_.end(), attributes.begin(), attributes.end(),
                    [](const Attribute& mine, const KeyAttribute& other) {
                      return mine.type == other.type && mine.name == other.name;
                    });
}

Result<std::optional<std::string>> TargetTable::find(const ItemKey& key) {
  std::string item;
  const bool is_there = STREAMONCE_TRY(run(find_, key, &item));
  return is_there ? std::optional(std::move(item)) : std::nullopt;
}

Result<bool> TargetTable::is_free_for(const ItemKey& key,
                                      std::span<const events::RawAttribute> owner) {
  const std::optional<std::string> item = STREAMONCE_TRY(find(key));
  return !item || events::has_attributes(*item, owner);
}

Status TargetTable::put(const ItemKey& key, std::string_view image_json) {
  put_.bind_text(static_cast<int>(key_.size()) + 1, image_json);
  STREAMONCE_TRY(run(put_, key));
  // RAISE(IGNORE) in a trigger skips the row without an error.
  if (database_->changes() == 0)
    return rejected("a trigger has the row ignored: it is not written");
  return {};
}

Status TargetTable::remove(const ItemKey& key) {
  STREAMONCE_TRY(run(remove_, key));
  if (database_->changes() > 0 || !STREAMONCE_TRY(run(find_, key))) return {};
  return rejected("a trigger has the row ignored: it is not removed");
}

Result<bool> TargetTable::run(Statement& statement, const ItemKey& key, std::string* text) {
  KeyTexts converted;
  STREAMONCE_TRY(bind_key(statement, key, converted));
  const bool found = STREAMONCE_TRY(statement.step());
  if (found && text != nullptr) *text = statement.text(0);
  if (found) statement.reset();
  return found;
}

}  // namespace streamonce::handler::sqlite
