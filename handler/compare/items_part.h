// handler/compare/items_part.h: walks through a segment of the source, and holds what the target
// has of its items against what they are to have there.
//
// Threads: one thread at a time. Borrows the comparison.

#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "handler/compare/comparison.h"
#include "handler/compare/matcher.h"
#include "runtime/base/result.h"

namespace streamonce::handler::compare {

class ItemsPart {
 public:
  ItemsPart(Comparison& comparison, Segment segment);

  /// @return false: it was stopped
  Result<bool> work();

 private:
  /// A table whose same segment is walked beside the source's.
  struct Paired {
    const ComparedTable* table;
    std::unique_ptr<ItemScan> scan;
    std::unique_ptr<Matcher> matcher;
    std::uint64_t rows = 0;
    bool has_ended = false;
  };

  /// A row that is to be read by its key.
  struct Lookup {
    const events::Change* item;
    ExpectedRow row = {};
  };

  Status take_items();
  Status take_rows(Paired& paired);
  Status take_item(std::string_view text);
  void expect_paired(Paired& paired, const events::Change& item, const ExpectedRow& row);
  Status look_up();
  Status look_up_in(const ComparedTable& table, const std::vector<const Lookup*>& lookups);
  Paired* paired_of(std::size_t view);

  Comparison& comparison_;
  const Segment segment_;
  std::unique_ptr<ItemScan> items_;
  std::uint64_t items_walked_ = 0;
  bool has_ended_ = false;
  std::vector<Paired> paired_;
  std::deque<events::Change> changes_;  // of the items in hand, which stay where they are
  std::vector<Lookup> lookups_;
  std::size_t lookup_bytes_ = 0;
  std::pmr::monotonic_buffer_resource arena_;  // of the items in hand
};

}  // namespace streamonce::handler::compare
