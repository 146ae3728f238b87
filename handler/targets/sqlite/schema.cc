#include "handler/targets/sqlite/schema.h"

#include <algorithm>

namespace streamonce::handler::sqlite {
std::string identifier(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (const char c : name) {
    if (c == '\0')
      out += "\xE2\x90\x80";  // U+2400
    else
      out += c;
  }
  return out;
}

std::string sql_quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

Result<std::string> describe_columns(Database& database, std::string_view table) {
  Statement columns = STREAMONCE_TRY(database.prepare(
      "SELECT c.name, upper(c.type), c.pk,"
      " coalesce((SELECT k.coll FROM pragma_index_list(?1) AS i, pragma_index_xinfo(i.name) AS k"
      " WHERE i.origin = 'pk' AND k.key AND k.name = c.name), 'BINARY')"
      " FROM pragma_table_info(?1) AS c ORDER BY c.cid"));
  columns.bind_text(1, table);
  std::string out;
  while (STREAMONCE_TRY(columns.step())) {
    if (!out.empty()) out += ", ";
    out += sql_quoted(columns.text(0));
    out += ' ';
    out += columns.text(1);
    if (const auto place = columns.integer(2); place > 0) out += " key " + std::to_string(place);
    if (const auto collation = columns.text(3); collation != "BINARY")
      out.append(" COLLATE ").append(collation);
  }
  return out;
}

Status expect_columns(Database& database, const ExpectedTable& expected) {
  const std::string found = STREAMONCE_TRY(describe_columns(database, expected.name));
  if (found == expected.columns) return {};
  std::string message(expected.role);
  message.append(" table ").append(sql_quoted(expected.name)).append(" has the columns (");
  message.append(found).append(") where (").append(expected.columns).append(") are expected: ");
  return Error{ErrorCode::kRejected, message.append(expected.advice)};
}

}  // namespace streamonce::handler::sqlite
