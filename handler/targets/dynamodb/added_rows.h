// handler/targets/dynamodb/added_rows.h: the rows that commits add to, and what is added to each.
//
// A transaction may touch a row but once. So what its commits add to one is summed, exactly, and
// each row gets one update. A sum that comes to 0 is left out, and so is an update of nothing.
//
// Threads: values and pure functions. Borrows: the commits.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "handler/targets/target.h"

namespace streamonce::handler::dynamodb {

using CommitList = std::vector<const Commit*>;

using RowNumber = std::uint32_t;

/// Numbers rows from 0 on, in the order in which they are met.
class RowNumbers {
 public:
  /// Two additions have one number if they are to one row, however its key is written.
  RowNumber number_of(const Addition& addition);
  std::size_t size() const { return numbers_.size(); }
  void clear();

 private:
  std::unordered_map<std::string, RowNumber> numbers_;  // by table and canonical key
  std::string name_;                                    // kept for its memory
  const Addition* latest_ = nullptr;                    // the one that was asked for last
  RowNumber latest_number_ = 0;
};

/// What is added to one row.
struct RowSum {
  const Addition* first = nullptr;   ///< of several additions to it: tells table and key
  std::vector<Addend> addends = {};  ///< sorted by name
};

/// The sums of some commits, in the order in which the rows are met.
class RowSums {
 public:
  /// @return whether each sum is a number that DynamoDB has; if not, the sums are good for nothing.
  ///         Those of one commit always are.
  [[nodiscard]] bool add(const Commit& commit);
  std::size_t size() const { return rows_.size(); }
  void clear();
  /// The sums that are not 0, of the rows that have some.
  std::vector<RowSum> take_updates();

 private:
  bool add(RowSum& row, const Addend& addend);

  RowNumbers numbers_;
  std::vector<RowSum> rows_;  // by number
};

/// The updates of a transaction of `commits`, which pack_commits() made one pack of.
std::vector<RowSum> updates_of(std::span<const Commit* const> commits);

/// Whether one of `commits` adds to a row.
bool have_additions(std::span<const Commit* const> commits);

/// Puts commits with additions one after the other that add to the same rows: first by the row that
/// most of them add to. What is equal in that stays in its order.
void bring_together(CommitList& commits);

}  // namespace streamonce::handler::dynamodb
