#include "handler/compare/matcher.h"

#include <utility>

namespace streamonce::handler::compare {
namespace {

std::size_t pending_bytes(const PendingRow& row) {
  return row.key.size() + row.keys_json.size();
}

}  // namespace

void Matcher::add(Side side, PendingRow row) {
  Waiting& others = waiting(side == Side::kExpected ? Side::kFound : Side::kExpected);
  if (const auto other = others.rows.find(row.key); other != others.rows.end()) {
    if (take_out(others, other).digest == row.digest)
      takers_.equal();
    else
      takers_.different(row);
    return;
  }
  Waiting& own = waiting(side);
  // One that comes again stands where the older one stood.
  if (const auto before = own.rows.find(row.key); before != own.rows.end()) {
    own.bytes -= pending_bytes(before->second);
    own.bytes += pending_bytes(row);
    before->second = std::move(row);
    return;
  }
  own.order.push_back(row.key);
  own.bytes += pending_bytes(row);
  std::string key = row.key;
  own.rows.emplace(std::move(key), std::move(row));
  if (own.rows.size() > pending_max_ || own.bytes > kPendingBytesMax)
    hand_out(side, pending_max_ / 2, kPendingBytesMax / 2);
  forget_met(own);
}

/// Takes a row from those that wait.
PendingRow Matcher::take_out(Waiting& waiting, Rows::iterator row) {
  PendingRow taken = std::move(row->second);
  waiting.bytes -= pending_bytes(taken);
  waiting.rows.erase(row);
  return taken;
}

/// Drops the keys of rows that have met their other half, now and then.
void Matcher::forget_met(Waiting& waiting) {
  constexpr std::size_t kSpare = 1'000;
  if (waiting.order.size() < 2 * waiting.rows.size() + kSpare) return;
  std::erase_if(waiting.order, [&](const std::string& key) { return !waiting.rows.contains(key); });
}

/// Hands out the oldest rows of one side, until no more are left than that.
void Matcher::hand_out(Side side, std::size_t keep, std::size_t keep_bytes) {
  Waiting& own = waiting(side);
  while ((own.rows.size() > keep || own.bytes > keep_bytes) && !own.order.empty()) {
    const auto found = own.rows.find(own.order.front());
    own.order.pop_front();
    if (found == own.rows.end()) continue;
    takers_.unpaired(side, take_out(own, found));
  }
}

void Matcher::finish() {
  hand_out(Side::kExpected, 0, 0);
  hand_out(Side::kFound, 0, 0);
}

}  // namespace streamonce::handler::compare
