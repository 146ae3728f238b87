// tests/support/view_tables.h: the tables of some views in an empty database of either kind, which
// the binary is to keep.
//
// Threads: one thread at a time.

#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamonce::testing {

/// A view, and name and type (S, N or B) of each attribute of its table's key.
struct ViewTable {
  std::string view;
  std::vector<std::pair<std::string, std::string>> key;
};

class ViewTables {
 public:
  virtual ~ViewTables() = default;
  /// The variables that the binary's environment must have, but for STREAMONCE_VIEWS.
  virtual std::vector<std::string> environment() const = 0;
  /// The name of a view's table.
  virtual std::string table(const std::string& view) const = 0;
  /// All rows of a view, sorted.
  virtual std::vector<nlohmann::json> rows(const std::string& view) = 0;
};

/// Makes those of `kind`, which is `sqlite`, `dynamodb`, or `items`, which is DynamoDB with marks
/// in the rows, and rows() leaves these out.
std::unique_ptr<ViewTables> make_view_tables(std::string_view kind,
                                             const std::vector<ViewTable>& views);

}  // namespace streamonce::testing
