// tests/simulation/verify_service.h: the service of a mirror, or of views, that is compared with
// its source and repaired while the stream goes on and somebody else writes into its tables; and
// the oracle that looks at each transaction and at each finding.
//
// What it holds against each transaction:
//   - A mark never goes back. It has the version of a change, or keeps the one that it had under a
//     new nonce; without an entry before, a repair's is below those of all changes.
//   - What a change of the stream has written is what that change makes.
//   - What a repair has written is the item as it was at the source at some time, and no older than
//     what its mark stands for, or what an earlier repair under that mark has written.
//   - Rows with groups change with the entries that add to them: what they have too much, since
//     somebody else wrote them, stays the same, but for a repair that takes out what they have had
//     too much since the last one.
//
// A mirror may have its marks in its items. Who removes an item from outside, or writes over it,
// removes its mark then, and nothing tells an old record from a new one until the item is repaired
// in the end: what such an item shows is not looked at before.
//
// Threads: one.

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "handler/compare/finding.h"
#include "runtime/base/clock.h"
#include "tests/simulation/changing_source.h"
#include "tests/simulation/service.h"

namespace streamonce::simulation {

/// Amounts of a group, in hundredths, by their names; none of them is 0.
using Amounts = std::map<std::string, std::int64_t>;

class VerifyService final : public Service {
 public:
  /// Whether the mirror has its marks in its items.
  bool has_item_marks = false;

  /// Must be called once, and first.
  /// @param views  of the source; null: it is a mirror
  void serve(const ChangingSource& source, const MemoryViews* views,
             std::function<SteadyTime()> now);

  std::size_t views() const { return views_ == nullptr ? 1 : views_->size(); }
  const std::string& table(std::size_t view) const;
  bool has_groups(std::size_t view) const;
  /// What tells a row from all others, given its table and the row or its key.
  std::string row_name(const std::string& table, const nlohmann::json& row) const;
  /// The row as it is, and as it was before it was written last; empty: there is none.
  std::string row(const std::string& name) const { return item(name); }
  std::string row_before(const std::string& name) const;
  /// The names of all rows of a table that are there, sorted.
  std::vector<std::string> rows_of(const std::string& table) const;

  /// Notes a change that was just made at the source.
  void note_change(const Change& change);
  /// Writes a row as somebody else does; null: removes it.
  void damage(const std::string& name, const nlohmann::json& row);

  /// A comparison that tells of something.
  struct Telling {
    SteadyTime begin;
    std::chrono::milliseconds settle;
    bool is_calm = false;  ///< whether nothing may be unsettled or fail
    /// When it has read the source strongly last: what it tells of an item follows from that.
    SteadyTime looked_at = {};
    bool repairs = false;
  };
  /// Checks that what is found was so.
  void check_finding(const handler::compare::Finding& finding, const Telling& telling) const;

  /// Checks, once the stream is applied, all that nobody has damaged since it was written.
  void check_undamaged() const;
  /// Checks that the tables are what the source makes.
  void check_all() const;

 private:
  /// What an entry remembers of a view.
  struct Held {
    std::set<std::string> rows = {};
    Groups groups = {};
  };
  using HeldByView = std::vector<Held>;
  /// An item's part of a transaction.
  struct Step {
    std::string version_before = {};
    std::string version = {};
    bool keeps = false;
    HeldByView held_before = {};
    HeldByView held = {};
    std::map<std::string, std::string> puts = {};  ///< by name
    std::set<std::string> deletes = {};
  };

  std::string item_name(const nlohmann::json& action) const override;
  std::string key_name(const std::string& table) const override;
  void look_at_mark(const std::string& id, const nlohmann::json& put) override;
  void look_at_item(const nlohmann::json& action, const nlohmann::json* there) override;
  void look_at_written(const std::set<std::string>& keys,
                       const std::set<std::string>& ids) override;

  /// A mark, wherever it is.
  struct MarkThere {
    std::string version = {};  ///< empty: there is none
    std::string nonce = {};
  };
  static MarkThere mark_in(const std::string& text);
  MarkThere mark_of(const std::string& key) const;
  std::string shown(const std::string& name) const;
  Step& begin_step(const std::string& key, const MarkThere& mark);

  std::size_t view_of(const std::string& name) const;
  HeldByView read_held(const nlohmann::json& entry) const;
  void check_step(const std::string& key, const Step& step);
  void check_repair(const std::string& key, const Step& step);
  bool matches(const Step& step, const Change* change) const;
  bool is_departure(const Step& step) const;
  void check_group(const std::string& name);
  Amounts excess_of(const std::string& name) const;
  bool is_held_by_another(const std::string& name) const;
  void note_row(const std::string& name);
  void note_wrong(const std::string& name, bool is_wrong);
  void note_lag(const std::string& key);
  std::string expected(const std::string& name) const;
  void check_row(const std::string& name) const;

  const ChangingSource* source_ = nullptr;
  const MemoryViews* views_ = nullptr;
  std::function<SteadyTime()> now_;
  std::map<std::string, std::string> expected_;     // rows as the source makes them now, by name
  std::map<std::string, std::string> rows_before_;  // by name
  std::set<std::string> damaged_;                   // names of rows that nobody has mended
  std::set<std::string> unmarked_;                  // those that have lost their marks once
  /// The least ordinal of the item's state that is written, plus 1; 0: as if it had never been.
  std::map<std::string, std::size_t> written_states_;  // by key
  std::map<std::string, HeldByView> held_;             // by key
  std::map<std::string, Amounts> excess_;              // of groups, by name
  std::map<std::string, std::set<Amounts>> excesses_;  // since the last repair, with that one now
  std::map<std::string, SteadyTime> wrong_until_;      // by names of rows, and keys of entries
  std::map<std::string, Step> steps_;                  // of the transaction in hand, by key
  std::string key_;                                    // of the commit in hand; empty: a group's
  bool repairs_group_ = false;
};

}  // namespace streamonce::simulation
