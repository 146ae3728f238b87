// handler/compare/look.h: one look at items: their marks, what the source has, what the target has,
// and their marks once more, each read strongly and in this order.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "events/item_digest.h"
#include "events/version.h"
#include "handler/compare/expectation.h"
#include "handler/compare/finding.h"
#include "handler/compare/item_changes.h"
#include "handler/items/item_reader.h"
#include "handler/pipeline/repair.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::compare {

/// The most items of one look, and the most bytes of items that it is meant to have in hand.
inline constexpr std::size_t kLookItemsMax = 200;
inline constexpr std::size_t kLookBytesMax = 8UL * 1024 * 1024;

struct LookParts {
  ItemReader& source;
  std::string source_table = {};  ///< a name or an ARN
  ItemReader& rows;               ///< of the target
  Target& target;
  Expecter& expecter;
  const ItemChanges& items;
  std::string ledger_prefix = {};  ///< of the source's entries: see append_ledger_prefix()
  Clock& clock;
  MarksOfRows marks = MarksOfRows::kStay;
  /// The version of an item without an entry: below those of all stream records.
  std::function<events::Version()> first_version;
};

/// A row of a view that tells an item to be its own.
struct StrayRow {
  std::size_t view = 0;
  std::string keys_json = {};  ///< of the row
};

/// An item, and what the look has told of it.
struct LookItem {
  std::string key = {};        ///< canonical
  std::string keys_json = {};  ///< the same as DynamoDB JSON
  std::vector<StrayRow> strays = {};

  SteadyTime looked_at = {};
  std::optional<Mark> mark = {};        ///< before all else
  std::optional<Mark> mark_after = {};  ///< where there are differences
  bool has_moved = false;               ///< whether the mark is another one afterwards
  events::ItemDigest item_digest = {};  ///< of the source's item; of none: all zeros
  /// What a repair is made of: the source's item and what the target is to have of it.
  events::Change change = {};
  std::vector<Finding> differences = {};
  std::uint64_t equal_rows = 0;
  /// The items, as keys in JSON, that have rows which are to be this one's.
  std::vector<std::string> in_the_way = {};
  std::string problem = {};  ///< why it cannot be compared; empty: it can
};

class Look {
 public:
  struct Input {
    const LookParts& parts;
    events::ItemDigester& digester;
    bool tells_values = false;
    SteadyTime deadline = {};
  };

  Look(const Input& input, std::vector<LookItem> items);

  /// @error  something could not be read: nothing was learnt
  Status work();
  std::vector<LookItem>& items() { return items_; }

  /// How many items to take next time, by what these have in bytes.
  std::size_t items_for_next(std::size_t items_now) const;

  /// What a repair of the item at `place` is made from. Borrows from the look.
  RepairInput repair_input(std::size_t place);

 private:
  /// One row that is looked for, for an item.
  struct Wanted {
    LookItem* item;
    ExpectedRow row = {};
  };

  Result<std::vector<std::optional<Mark>>> read_marks(const std::vector<LookItem*>& items) const;
  Status read_marks_before();
  Status read_items();
  void take_item(LookItem& item, std::string_view text);
  Status expect_all();
  void expect(LookItem& item);
  Status expect_gone(LookItem& item);
  void want_gone(LookItem& item, std::size_t view, const events::ItemKey& key);
  void compare_groups(LookItem& item, const Expectation& expected);
  Status read_rows();
  Status read_rows_of(const ComparedTable& table, const std::vector<Wanted*>& wanted);
  void compare_row(const ComparedTable& table, const Wanted& wanted, std::string_view found);
  bool is_anothers(const ComparedTable& table, const Wanted& wanted, std::string_view found);
  void note_owner(const ComparedTable& table, LookItem& item, std::string_view found);
  Finding& add_difference(LookItem& item, FindingClass what, const ComparedTable& table,
                          std::string_view row_key);
  Status read_marks_after();

  const LookParts& parts_;
  events::ItemDigester& digester_;
  const bool tells_values_;
  const SteadyTime deadline_;
  std::vector<LookItem> items_;
  std::vector<Wanted> wanted_;
  std::uint64_t bytes_ = 0;  // of all items and rows
  std::pmr::monotonic_buffer_resource arena_;
};

}  // namespace streamonce::handler::compare
