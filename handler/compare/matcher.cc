#include "handler/compare/matcher.h"

#include <utility>

namespace streamonce::handler::compare {

void Matcher::add(Side side, PendingRow row) {
  Waiting& others = waiting(side == Side::kExpected ? Side::kFound : Side::kExpected);
  if (const auto other = others.rows.find(row.key); other != others.rows.end()) {
    const bool is_equal = other->second.digest == row.digest;
    others.rows.erase(other);
    if (is_equal)
      takers_.equal();
    else
      takers_.different(row);
    return;
  }
  Waiting& own = waiting(side);
  std::string key = row.key;
  if (own.rows.insert_or_assign(key, std::move(row)).second) own.order.push_back(std::move(key));
  if (own.rows.size() > pending_max_) hand_out(side, pending_max_ / 2);
  forget_met(own);
}

/// Drops the keys of rows that have met their other half, now and then.
void Matcher::forget_met(Waiting& waiting) {
  constexpr std::size_t kSpare = 1'000;
  if (waiting.order.size() < 2 * waiting.rows.size() + kSpare) return;
  std::erase_if(waiting.order, [&](const std::string& key) { return !waiting.rows.contains(key); });
}

/// Hands out the oldest rows of one side, until so many are left.
void Matcher::hand_out(Side side, std::size_t keep) {
  Waiting& own = waiting(side);
  while (own.rows.size() > keep && !own.order.empty()) {
    const auto found = own.rows.find(own.order.front());
    own.order.pop_front();
    if (found == own.rows.end()) continue;
    const PendingRow row = std::move(found->second);
    own.rows.erase(found);
    takers_.unpaired(side, row);
  }
}

void Matcher::finish() {
  hand_out(Side::kExpected, 0);
  hand_out(Side::kFound, 0);
}

}  // namespace streamonce::handler::compare
