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

/// Walks commits, each behind those that it waits for.
class MoveWalk {
 public:
  explicit MoveWalk(std::span<const Commit> commits) : commits_(commits), state_(commits.size()) {
    for (CommitPlace place = 0; place < commits.size(); ++place)
      for (const Write& write : commits[place].writes)
        if (write.operation == Operation::kRemove && !write.owner.empty())
          leavers_[item_name(write)].push_back(place);
  }

  std::vector<CommitPlace> run() {
    order_.reserve(commits_.size());
    for (CommitPlace place = 0; place < commits_.size(); ++place)
      if (state_[place] == State::kNew) walk_from(place);
    return std::move(order_);
  }

 private:
  enum class State : std::uint8_t { kNew, kBegun, kDone };
  /// A commit that is begun, and those that go first of which it has yet to be seen to.
  struct Step {
    CommitPlace place = 0;
    std::vector<CommitPlace> first;
  };

  /// Those that leave a row which the commit puts. They are told once for each row: whoever else
  /// puts it comes behind them as well.
  std::vector<CommitPlace> first_of(CommitPlace place) {
    std::vector<CommitPlace> first;
    if (leavers_.empty()) return first;
    for (const Write& write : commits_[place].writes) {
      if (write.operation != Operation::kPut || write.owner.empty()) continue;
      const auto found = leavers_.find(item_name(write));
      if (found == leavers_.end()) continue;
      first.insert(first.end(), found->second.rbegin(), found->second.rend());
      leavers_.erase(found);
    }
    return first;
  }

  void begin(CommitPlace place) {
    state_[place] = State::kBegun;
    steps_.push_back({.place = place, .first = first_of(place)});
  }

  void walk_from(CommitPlace place) {
    for (begin(place); !steps_.empty();) {
      Step& step = steps_.back();
      if (step.first.empty()) {
        state_[step.place] = State::kDone;
        order_.push_back(step.place);
        steps_.pop_back();
        continue;
      }
      const CommitPlace next = step.first.back();
      step.first.pop_back();
      if (state_[next] == State::kNew) begin(next);  // `step` is gone
    }
  }

  const std::span<const Commit> commits_;
  std::unordered_map<std::string, std::vector<CommitPlace>> leavers_;  // by row
  std::vector<State> state_;
  std::vector<Step> steps_;
  std::vector<CommitPlace> order_;
};

}  // namespace

std::vector<CommitPlace> order_of_moves(std::span<const Commit> commits) {
  return MoveWalk(commits).run();
}

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
