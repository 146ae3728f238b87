// handler/compare/rows_part.h: walks through the rows of a table, and asks for each whether the
// item that it tells to be its own has such a row.
//
// Threads: one thread at a time. Borrows the comparison.

#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "handler/compare/comparison.h"
#include "runtime/base/result.h"

namespace streamonce::handler::compare {

class RowsPart {
 public:
  RowsPart(Comparison& comparison, const Part& part);

  /// @return false: it was stopped
  Result<bool> work();

 private:
  /// Some rows of one item.
  struct Owned {
    events::ItemKey item = {};
    std::string_view item_json = {};
    std::vector<std::string_view> rows = {};  ///< their keys, as JSON
    std::vector<std::string> keys = {};       ///< the same, canonical
  };

  Status take_page(const ItemScan& rows, std::span<const std::string_view> page);
  /// The items of some rows, and their places by their canonical keys.
  struct Owners {
    std::vector<Owned> owned = {};
    std::unordered_map<std::string, std::size_t> places = {};
  };

  void take_row(std::string_view row, bool is_damaged, Owners& owners);
  void tell_foreign(const events::Change& row, bool is_damaged,
                    const Result<views::RowItem>& owner);
  Status ask_for(std::span<const Owned> owned);
  void compare(const Owned& owned, std::string_view item);
  void suspect_others(const Owned& owned, const std::vector<std::string>& wanted);
  bool is_sampled(std::string_view canonical) const;

  Comparison& comparison_;
  const Part& part_;
  const ComparedTable& table_;
  const ItemChanges rows_;      // of the table
  std::size_t items_together_;  // how many items are asked for together
  std::pmr::monotonic_buffer_resource arena_;
};

}  // namespace streamonce::handler::compare
