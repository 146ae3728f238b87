// handler/targets/dynamodb/row_gate.h: lets one transaction at a time add to a row.
//
// Two of them would meet in conflicts, each of which costs a whole transaction.
//
// Threads: a value.

#pragma once

#include <vector>

#include "handler/targets/dynamodb/added_rows.h"

namespace streamonce::handler::dynamodb {

class RowGate {
 public:
  /// The distinct rows that `commits` add to.
  std::vector<RowNumber> rows_of(const CommitList& commits);

  /// Takes all of `rows`, or none. @return whether they were free, each of them
  [[nodiscard]] bool enter(const std::vector<RowNumber>& rows);
  /// Frees `rows`, which were taken.
  void leave(const std::vector<RowNumber>& rows);

 private:
  RowNumbers numbers_;
  std::vector<bool> is_taken_;  // by row; those behind its end are free
};

}  // namespace streamonce::handler::dynamodb
