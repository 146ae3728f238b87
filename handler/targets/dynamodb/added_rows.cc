#include "handler/targets/dynamodb/added_rows.h"

#include <algorithm>
#include <utility>

#include "events/decimal.h"
#include "events/item_key.h"
#include "runtime/base/check.h"

namespace streamonce::handler::dynamodb {
namespace {

bool is_zero(const Addend& addend) {
  return addend.number.coefficient == 0;
}

/// For each row the place that it has by the number of additions to it, the most first.
std::vector<RowNumber> ranks_by_count(const std::vector<RowNumber>& rows_met, std::size_t rows) {
  std::vector<std::size_t> counts(rows);
  for (const RowNumber row : rows_met) ++counts[row];
  std::vector<RowNumber> order(rows);
  for (std::size_t i = 0; i < rows; ++i) order[i] = static_cast<RowNumber>(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](RowNumber a, RowNumber b) { return counts[a] > counts[b]; });
  std::vector<RowNumber> ranks(rows);
  for (std::size_t i = 0; i < rows; ++i) ranks[order[i]] = static_cast<RowNumber>(i);
  return ranks;
}

/// A commit and the ranks of its rows, rising.
struct Ranked {
  const Commit* commit = nullptr;
  std::span<const RowNumber> ranks;
};

}  // namespace

RowNumber RowNumbers::number_of(const Addition& addition) {
  // Commits on one row come one after the other, and write its key alike.
  if (latest_ != nullptr && latest_->keys_json == addition.keys_json &&
      latest_->table == addition.table)
    return latest_number_;
  name_ = addition.table;
  name_ += '|';  // no table has it in its name
  events::append_canonical(name_, *addition.key);
  latest_ = &addition;
  latest_number_ =
      numbers_.try_emplace(name_, static_cast<RowNumber>(numbers_.size())).first->second;
  return latest_number_;
}

void RowNumbers::clear() {
  numbers_.clear();
  latest_ = nullptr;
}

bool RowSums::add(RowSum& row, const Addend& addend) {
  const auto place =
      std::lower_bound(row.addends.begin(), row.addends.end(), addend.name,
                       [](const Addend& each, std::string_view name) { return each.name < name; });
  if (place == row.addends.end() || place->name != addend.name) {
    row.addends.insert(place, addend);
    return true;
  }
  const Result<events::Decimal> sum = events::add(place->number, addend.number);
  if (!sum) return false;
  place->number = *sum;
  return true;
}

bool RowSums::add(const Commit& commit) {
  for (const Addition& addition : commit.additions) {
    const RowNumber number = numbers_.number_of(addition);
    if (number == rows_.size()) rows_.push_back({.first = &addition});
    for (const Addend& addend : addition.addends)
      if (!add(rows_[number], addend)) return false;
  }
  return true;
}

void RowSums::clear() {
  numbers_.clear();
  rows_.clear();
}

std::vector<RowSum> RowSums::take_updates() {
  for (RowSum& row : rows_) std::erase_if(row.addends, is_zero);
  std::erase_if(rows_, [](const RowSum& row) { return row.addends.empty(); });
  return std::move(rows_);
}

std::vector<RowSum> updates_of(std::span<const Commit* const> commits) {
  RowSums sums;
  for (const Commit* commit : commits) STREAMONCE_CHECK(sums.add(*commit));
  return sums.take_updates();
}

bool have_additions(std::span<const Commit* const> commits) {
  return std::any_of(commits.begin(), commits.end(),
                     [](const Commit* commit) { return !commit->additions.empty(); });
}

void bring_together(CommitList& commits) {
  RowNumbers numbers;
  std::vector<RowNumber> rows;
  for (const Commit* commit : commits)
    for (const Addition& addition : commit->additions) rows.push_back(numbers.number_of(addition));
  const std::vector<RowNumber> ranks = ranks_by_count(rows, numbers.size());
  std::vector<Ranked> ranked;
  ranked.reserve(commits.size());
  auto first = rows.begin();
  for (const Commit* commit : commits) {
    const auto last = first + static_cast<std::ptrdiff_t>(commit->additions.size());
    for (auto row = first; row != last; ++row) *row = ranks[*row];
    std::sort(first, last);
    ranked.push_back({.commit = commit, .ranks = {first, last}});
    first = last;
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return std::lexicographical_compare(a.ranks.begin(), a.ranks.end(), b.ranks.begin(),
                                        b.ranks.end());
  });
  for (std::size_t i = 0; i < ranked.size(); ++i) commits[i] = ranked[i].commit;
}

}  // namespace streamonce::handler::dynamodb
