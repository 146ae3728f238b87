// handler/compare/group_sums.h: what items come to in the groups of one view with GROUP BY.
//
// Threads: values.

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "events/decimal.h"
#include "handler/compare/expectation.h"
#include "handler/views/memory.h"

namespace streamonce::handler::compare {

/// The amounts of one group.
struct GroupSum {
  std::string keys_json = {};  ///< as DynamoDB JSON
  std::map<std::string, events::Decimal, std::less<>> amounts = {};
  /// Whether an amount came to what no number of DynamoDB's can hold, so that nothing can be said.
  bool is_out_of_range = false;

  /// The names of the amounts that are not 0, sorted.
  std::vector<std::string> differing() const;
  /// Adds to the amount of that name, which is 0 if there was none.
  void add(std::string_view name, const events::Decimal& amount);
};

class GroupSums {
 public:
  void add(const ExpectedGroup& group);
  void add(const views::RememberedView& remembered);
  void subtract(const views::RememberedView& remembered);

  /// By canonical key.
  using Groups = std::map<std::string, GroupSum, std::less<>>;
  Groups& groups() { return groups_; }
  const Groups& groups() const { return groups_; }

 private:
  void take(const views::RememberedView& remembered, bool is_added);
  GroupSum& group(const events::ItemKey& key);

  Groups groups_;
};

}  // namespace streamonce::handler::compare
