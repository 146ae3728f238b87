#include "handler/compare/group_sums.h"

namespace streamonce::handler::compare {

void GroupSum::add(std::string_view name, const events::Decimal& amount) {
  auto found = amounts.find(name);
  if (found == amounts.end()) found = amounts.emplace(name, events::Decimal()).first;
  const Result<events::Decimal> total = events::add(found->second, amount);
  if (total)
    found->second = *total;
  else
    is_out_of_range = true;
}

std::vector<std::string> GroupSum::differing() const {
  std::vector<std::string> names;
  for (const auto& [name, amount] : amounts)
    if (amount.coefficient != 0) names.push_back(name);
  return names;
}

GroupSum& GroupSums::group(const events::ItemKey& key) {
  GroupSum& sum = groups_[events::canonical_of(key)];
  if (sum.keys_json.empty()) events::append_key_json(sum.keys_json, key);
  return sum;
}

void GroupSums::add(const ExpectedGroup& group_of_item) {
  GroupSum& sum = group(*group_of_item.key);
  for (std::size_t i = 0; i < group_of_item.names.size(); ++i)
    sum.add(group_of_item.names[i], group_of_item.amounts[i]);
}

void GroupSums::take(const views::RememberedView& remembered, bool is_added) {
  const std::size_t count = remembered.amount_names.size();
  for (std::size_t i = 0; i < remembered.keys.size(); ++i) {
    GroupSum& sum = group(remembered.keys[i]);
    for (std::size_t j = 0; j < count; ++j) {
      const events::Decimal& amount = remembered.amounts[i * count + j];
      sum.add(remembered.amount_names[j], is_added ? amount : events::negate(amount));
    }
  }
}

void GroupSums::add(const views::RememberedView& remembered) {
  take(remembered, /*is_added=*/true);
}

void GroupSums::subtract(const views::RememberedView& remembered) {
  take(remembered, /*is_added=*/false);
}

}  // namespace streamonce::handler::compare
