// handler/compare/group_comparison.h: compares groups, whose rows are many items', and mends them.
//
// First the source is walked, and what its items come to is summed up in memory and held against
// the views' tables. What differs may only be on its way, since a walk sees no single instant. So
// of the groups that differ each item is looked at by itself (judge.h): its entry in the ledger
// remembers what it has added, and that must be what it is to add.
//
// What is left is a row that is not the sum of what was added to it. Each transaction changes entry
// and row together, so that this difference stays the same whatever else changes, until somebody
// writes the row from outside again. It is seen where entries and row are read as if at one
// instant: the row, all entries, the row again, and all entries again; if neither the row nor an
// entry that adds to it has changed, the sum is that of the row. A difference that was seen so
// twice, over the time to settle, is declared.
//
// A group is mended by adding the difference, in a transaction with an entry of its own,
// `<pipeline>|group|<table>|<canonical key>`, which was read before and must be the same still: of
// two repairs that overlap one fails, and what the stream adds meanwhile stays.
//
// Threads: one thread at a time. Borrows the comparison.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory_resource>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "handler/compare/comparison.h"
#include "handler/compare/group_sums.h"
#include "runtime/base/result.h"

namespace streamonce::handler::compare {

class GroupComparison {
 public:
  explicit GroupComparison(Comparison& comparison);

  /// @return false: it was stopped
  Result<bool> work();

 private:
  /// A group that seems to differ.
  struct Doubt {
    const ComparedTable* table = nullptr;
    std::string key = {};  ///< canonical
    std::string keys_json = {};
    SteadyTime since = {};  ///< when it was doubted first, or mended last
    int looks = 0;          ///< since then
    /// What its row has too much, as it was seen twice at one instant; and since when.
    std::map<std::string, events::Decimal, std::less<>> excess = {};
    std::optional<SteadyTime> differs_since = {};
    std::optional<Finding> mended = {};
    bool has_contributors = false;
    int repairs = 0;
    std::string refusal = {};
  };

  /// Tells one set of entries from all others: the sum of their digests.
  using Entries = std::array<std::uint64_t, 4>;

  /// What was read of a doubted group.
  struct Sight {
    std::string row_before = {};  ///< as JSON; empty: there is none
    std::string row_after = {};
    GroupSum added = {};          ///< by the entries
    Entries entries_before = {};  ///< those that add to it
    Entries entries_after = {};
  };

  Result<bool> sum_up_source();
  Status take_items(const std::vector<std::string_view>& page);
  Result<bool> hold_against_rows();
  void take_row(std::size_t place, const ItemChanges& changes, std::string_view row,
                bool is_damaged);
  void drop_too_many(const ComparedTable& table);
  void doubt(const ComparedTable& table, std::string_view key, std::string_view keys_json);
  Result<bool> look_at_items();
  void suspect_entry(const LedgerEntry& entry);
  bool adds_to_doubted(const views::Memory& memory) const;
  Result<bool> look_at_source();
  void tell_nameless();
  bool is_doubtful(const events::Change& item, const Expectation& expected);
  Result<bool> settle();
  Result<bool> see(std::vector<Sight>& sights);
  Result<bool> walk_entries(const std::function<void(const LedgerEntry&)>& take);
  Status read_rows(std::vector<Sight>& sights, std::string Sight::*row);
  void count_entry(const LedgerEntry& entry, std::vector<Sight>& sights, bool is_first);
  bool decide(Doubt& doubt, const Sight& sight, const std::optional<Mark>& mark);
  bool declare(Doubt& doubt, const Sight& sight, const std::optional<Mark>& mark);
  std::string repair(const Doubt& doubt, const std::optional<Mark>& mark);
  Finding finding_of(const Doubt& doubt, const Sight& sight) const;
  Result<std::vector<std::optional<Mark>>> read_marks();
  std::string ledger_id(const Doubt& doubt) const;
  std::optional<std::size_t> doubted(std::string_view table, const events::ItemKey& key) const;

  Comparison& comparison_;
  std::vector<const ComparedTable*> tables_;  // with groups
  std::vector<GroupSums> sums_;               // one for each
  std::vector<bool> is_dropped_;              // those that have too many groups
  std::vector<Doubt> doubts_;
  bool has_more_doubts_ = false;
  /// Ids of entries that add to doubted groups, whose items' keys were too long to be told by them,
  /// and were not met in the source.
  std::set<std::string, std::less<>> nameless_;
  std::string unreadable_;  // why an entry's content cannot be read; empty: all can
  std::map<std::string, std::size_t, std::less<>> places_;  // of doubts, by table and key
};

}  // namespace streamonce::handler::compare
