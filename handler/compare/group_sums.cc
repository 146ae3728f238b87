#include "handler/compare/group_sums.h"

#include <utility>

namespace streamonce::handler::compare {
namespace {

void add_to(GroupSum& sum, std::string_view name, const events::Decimal& amount) {
  auto found = sum.amounts.find(name);
  if (found == sum.amounts.end()) found = sum.amounts.emplace(name, events::Decimal()).first;
  const Result<events::Decimal> total = events::add(found->second, amount);
  if (total)
    found->second = *total;
  else
    sum.is_out_of_range = true;
}

}  // namespace

std::vector<std::string> GroupSum::differing() const {
  std::vector<std::string> names;
  for (const auto& [name, amount] : amounts)
    if (amount.coefficient != 0) names.push_back(name);
  return names;
}

GroupSum& GroupSums::group(const events::ItemKey& key) {
  std::string canonical;
  events::append_canonical(canonical, key);
  GroupSum& sum = groups_[std::move(canonical)];
  if (sum.keys_json.empty()) events::append_key_json(sum.keys_json, key);
  return sum;
}

void GroupSums::add(const ExpectedGroup& group_of_item) {
  GroupSum& sum = group(*group_of_item.key);
  for (std::size_t i = 0; i < group_of_item.names.size(); ++i)
    add_to(sum, group_of_item.names[i], group_of_item.amounts[i]);
}

void GroupSums::take(const views::RememberedView& remembered, bool is_added) {
  const std::size_t count = remembered.amount_names.size();
  for (std::size_t i = 0; i < remembered.keys.size(); ++i) {
    GroupSum& sum = group(remembered.keys[i]);
    for (std::size_t j = 0; j < count; ++j) {
      const events::Decimal& amount = remembered.amounts[i * count + j];
      add_to(sum, remembered.amount_names[j], is_added ? amount : events::negate(amount));
    }
  }
}

void GroupSums::add(const views::RememberedView& remembered) {
  take(remembered, /*is_added=*/true);
}

void GroupSums::subtract(const views::RememberedView& remembered) {
  take(remembered, /*is_added=*/false);
}

void GroupSums::add(std::string_view key, std::string_view keys_json, std::string_view name,
                    const events::Decimal& amount) {
  GroupSum& sum = groups_[std::string(key)];
  if (sum.keys_json.empty()) sum.keys_json = keys_json;
  add_to(sum, name, amount);
}

}  // namespace streamonce::handler::compare
