#include "handler/targets/dynamodb/row_gate.h"

#include <algorithm>

namespace streamonce::handler::dynamodb {

std::vector<RowNumber> RowGate::rows_of(const CommitList& commits) {
  std::vector<RowNumber> rows;
  for (const Commit* commit : commits)
    for (const Addition& addition : commit->additions) rows.push_back(numbers_.number_of(addition));
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  if (is_taken_.size() < numbers_.size()) is_taken_.resize(numbers_.size());
  return rows;
}

bool RowGate::enter(const std::vector<RowNumber>& rows) {
  const bool is_free =
      std::none_of(rows.begin(), rows.end(), [this](RowNumber row) { return is_taken_[row]; });
  if (is_free)
    for (const RowNumber row : rows) is_taken_[row] = true;
  return is_free;
}

void RowGate::leave(const std::vector<RowNumber>& rows) {
  for (const RowNumber row : rows) is_taken_[row] = false;
}

}  // namespace streamonce::handler::dynamodb
