// tests/support/source_table.h: a table's history, and what is left at its end.

#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/support/stream_event.h"

namespace streamonce::testing {

/// The table `orders` of kStreamArn.
class SourceTable {
 public:
  explicit SourceTable(unsigned seed) : random_(seed) {}

  /// Makes `count` changes of `items` items: three puts for one remove.
  void change_at_random(int count, unsigned items) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "k" + std::to_string(random_() % items);
      if (random_() % 4 == 0)
        remove(id);
      else
        put(id);
    }
  }
  void put(const std::string& id) {
    const std::string number = next_number();
    const std::string value = "v" + number;
    items_[id] = {{"id", {{"S", id}}}, {"value", {{"S", value}}}};
    ever_[id] = true;
    records_.push_back(testing::put(id, number, value));
  }
  void remove(const std::string& id) {
    items_.erase(id);
    ever_[id] = true;
    records_.push_back(testing::remove(id, next_number()));
  }
  void remove_all() {
    while (!items_.empty()) remove(std::string(items_.begin()->first));
  }

  /// The records, in their order.
  const std::vector<std::string>& records() const { return records_; }
  /// The items that are left, sorted.
  std::vector<nlohmann::json> items() const {
    std::vector<nlohmann::json> items;
    for (const auto& [_, item] : items_) items.push_back(item);
    std::sort(items.begin(), items.end());
    return items;
  }
  /// How many items there ever were.
  std::size_t items_ever() const { return ever_.size(); }

 private:
  std::string next_number() { return std::to_string(last_number_ += 3); }

  std::mt19937 random_;
  int last_number_ = 60;  // near 100, so that numbers become longer on the way
  std::vector<std::string> records_;
  std::map<std::string, nlohmann::json> items_;
  std::map<std::string, bool> ever_;
};

}  // namespace streamonce::testing
