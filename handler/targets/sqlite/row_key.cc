#include "handler/targets/sqlite/row_key.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "events/item_attributes.h"
#include "events/item_key.h"
#include "handler/targets/sqlite/schema.h"
#include "runtime/base/base64.h"

namespace streamonce::handler::sqlite {
namespace {

/// An attribute of a key, without its value.
struct NamedType {
  std::string name;
  char type = 'S';
};

/// Reads `id (N)`. None: it is not of that form.
std::optional<NamedType> read_attribute(std::string_view text) {
  constexpr std::size_t kTypeBytes = 4;  // " (N)"
  if (text.size() <= kTypeBytes) return std::nullopt;
  const std::string_view type = text.substr(text.size() - kTypeBytes);
  if (type != " (S)" && type != " (N)" && type != " (B)") return std::nullopt;
  return NamedType{.name = std::string(text.substr(0, text.size() - kTypeBytes)), .type = type[2]};
}

/// Reads a text of ItemKey::shape() with `count` attributes. Empty: it is none.
std::vector<NamedType> read_shape(std::string_view shape, std::size_t count) {
  if (count == 1) {
    const auto only = read_attribute(shape);
    return only ? std::vector{*only} : std::vector<NamedType>();
  }
  // A name may hold a comma, too.
  constexpr std::string_view kBetween = ", ";
  for (std::size_t at = shape.find(kBetween); at != std::string_view::npos;
       at = shape.find(kBetween, at + 1)) {
    const auto first = read_attribute(shape.substr(0, at));
    const auto second = read_attribute(shape.substr(at + kBetween.size()));
    if (first && second) return {*first, *second};
  }
  return {};
}

/// The names of the columns of the table's primary key, in its order.
Result<std::vector<std::string>> read_key_columns(Database& database, const std::string& table) {
  Statement find = STREAMONCE_TRY(
      database.prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk"));
  find.bind_text(1, table);
  std::vector<std::string> columns;
  while (STREAMONCE_TRY(find.step())) columns.emplace_back(find.text(0));
  return columns;
}

/// What the file has noted for the key of the table; empty: nothing.
Result<std::string> read_noted_shape(Database& database, const std::string& table) {
  Statement has_notes = STREAMONCE_TRY(
      database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1"));
  has_notes.bind_text(1, "_streamonce_tables");
  if (!STREAMONCE_TRY(has_notes.step())) return std::string();
  Statement find =
      STREAMONCE_TRY(database.prepare("SELECT key FROM _streamonce_tables WHERE name = ?1"));
  find.bind_text(1, table);
  return STREAMONCE_TRY(find.step()) ? std::string(find.text(0)) : std::string();
}

}  // namespace

Result<std::string> key_of_row(Database& database, const std::string& table, std::int64_t rowid) {
  const std::string none = "{}";
  const std::vector<std::string> columns = STREAMONCE_TRY(read_key_columns(database, table));
  if (columns.empty() || columns.size() > events::ItemKey::kAttributesMax) return none;
  const std::string shape = STREAMONCE_TRY(read_noted_shape(database, table));
  const std::vector<NamedType> noted = read_shape(shape, columns.size());
  std::string sql = "SELECT ";
  for (const std::string& column : columns)
    sql.append(sql_quoted(column)).append(", typeof(").append(sql_quoted(column)).append("), ");
  Statement find =
      STREAMONCE_TRY(database.prepare(sql + "1 FROM " + sql_quoted(table) + " WHERE rowid = ?1"));
  find.bind_integer(1, rowid);
  if (!STREAMONCE_TRY(find.step())) return none;
  std::vector<std::string> values;
  events::ItemKey key;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int column = static_cast<int>(2 * i);
    const bool is_blob = find.text(column + 1) == "blob";
    const std::string_view text = find.text(column);
    values.push_back(is_blob ? to_base64(text) : std::string(text));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool is_blob = find.text(static_cast<int>(2 * i + 1)) == "blob";
    const char type = noted.empty() ? (is_blob ? 'B' : 'S') : noted[i].type;
    if (is_blob != (type == 'B')) return none;
    if (!key.add({.name = noted.empty() ? columns[i] : noted[i].name,
                  .type = static_cast<events::KeyType>(type),
                  .value = values[i]}))
      return none;
  }
  std::string json;
  events::append_key_json(json, key);
  return events::is_item(json) ? json : none;
}

}  // namespace streamonce::handler::sqlite
