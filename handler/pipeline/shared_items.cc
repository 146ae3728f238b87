#include "handler/pipeline/shared_items.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "events/item_key.h"
#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

/// A name that no two items share, in one table or in two.
std::string item_name(const Write& write) {
  STREAMONCE_CHECK(write.key != nullptr);
  std::string name = std::to_string(write.table.size());
  name.append(":").append(write.table);
  events::append_canonical(name, *write.key);
  return name;
}

/// That the commit at `place` goes after the one at `earlier`.
struct Order {
  CommitPlace place = 0;
  CommitPlace earlier = 0;

  friend bool operator==(const Order&, const Order&) = default;
};

}  // namespace

void note_shared_items(std::span<Commit> commits, std::vector<CommitPlace>& places) {
  std::vector<std::string> names;
  std::size_t writes = 0;
  for (const Commit& commit : commits) writes += commit.writes.size();
  names.reserve(writes);  // never grows, so that views into it stay good
  std::unordered_map<std::string_view, CommitPlace> latest;  // by item, its last commit so far
  std::vector<Order> orders;                                 // by rising place
  for (CommitPlace place = 0; place < commits.size(); ++place) {
    const std::size_t first = orders.size();
    for (const Write& write : commits[place].writes) {
      const std::string_view name = names.emplace_back(item_name(write));
      const auto item = latest.find(name);
      if (item == latest.end()) {
        latest.emplace(name, place);
        continue;
      }
      const CommitPlace earlier = std::exchange(item->second, place);
      if (earlier == place) continue;
      const Order order{.place = place, .earlier = earlier};
      const auto known =
          std::find(orders.begin() + static_cast<std::ptrdiff_t>(first), orders.end(), order);
      if (known == orders.end()) orders.push_back(order);
    }
  }
  places.clear();
  places.reserve(orders.size());  // never grows, so that views into it stay good
  for (std::size_t i = 0; i < orders.size();) {
    const std::size_t first = i;
    for (; i < orders.size() && orders[i].place == orders[first].place; ++i)
      places.push_back(orders[i].earlier);
    commits[orders[first].place].after = {places.data() + first, i - first};
  }
}

}  // namespace streamonce::handler
