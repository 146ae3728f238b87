// tests/simulation/changing_source.h: a table that changes while it is looked at, and its stream.
//
// Changes are made one by one, when somebody asks for the next one, and have ordinals in that
// order. What the source has is what its newest changes have made. No two of its items have one
// place (see memory_views.h) at a time, so that each row of a view is one item's.
//
// Threads: one.

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "tests/simulation/memory_views.h"
#include "tests/simulation/random.h"
#include "tests/simulation/source.h"

namespace streamonce::simulation {

/// The table of a mirror.
inline constexpr const char* kMirror = "items";

class ChangingSource {
 public:
  /// Must be called once, and first.
  /// @param views  what the changes are for; null: for a mirror
  void begin(Random& random, const MemoryViews* views);
  /// Whether items have no amounts, so that one may take another's part in a group.
  bool is_without_amounts = false;

  /// Makes the next change, at `now`. `rows` and `groups` tell of the mirror too, as of one view.
  const Change& make_change(Random& random, WallTime now);

  const std::vector<Change>& changes() const { return changes_; }
  const std::vector<std::string>& keys() const { return keys_; }
  /// The ordinals of the item's changes, rising.
  const std::vector<std::size_t>& changes_of(const std::string& key) const;
  /// The change that has made the item as it is; null: none.
  const Change* newest(const std::string& key) const;
  /// The item as it is, as it was before its newest change; empty: there is none.
  std::string item(const std::string& key) const;
  std::string item_before(const std::string& key) const;
  /// The change that a version of the item belongs to; null: none.
  const Change* find(const std::string& key, const std::string& version) const;

 private:
  std::string draw_image(Random& random, const Change& change);

  const MemoryViews* views_ = nullptr;
  std::vector<std::string> keys_;
  std::vector<Change> changes_;
  std::map<std::string, std::vector<std::size_t>> by_key_;
  std::map<std::string, std::string> places_;  // that are had now, by key
  DrawnPlaces drawn_;
  std::size_t number_ = 0;
};

}  // namespace streamonce::simulation
