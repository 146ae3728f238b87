// handler/pipeline/plan.h: what is to be done for each lane of a batch.
//
// plan() is for a target that mirrors the source: an inserted or modified item is put, a removed
// one is deleted, and only the newest record of a lane counts; derived_plan.h has that of views. A
// record that cannot be applied ends its lane: those before it are applied, it and those behind it
// have failed (guarantee G2).
//
// Threads: pure functions. Ownership: a plan borrows from the changes and the groups.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "handler/pipeline/fate_counts.h"
#include "handler/pipeline/group.h"
#include "handler/pipeline/written_tables.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

/// A record that will not be applied, whatever the target says.
struct RefusedRecord {
  /// The record itself, and those of its lane behind it that are refused for its sake. Never empty.
  std::span<const RecordIndex> records;
  bool is_expired = false;  ///< whether only its age is wrong: see PlanOptions::retain
  std::string reason;
  /// With views: the lane, whose mark may stand for the record, so that it is done whatever it
  /// says. Empty: it is refused in any case.
  std::string_view ledger_id = {};
};

/// Records whose fate no target has a say in any more.
struct SettledRecords {
  std::span<const RecordIndex> records;
  Fate fate = Fate::kFiltered;
};

struct Plan {
  std::vector<Commit> commits;
  /// The records that each commit stands for, oldest first: it applies the last one, and the others
  /// are superseded.
  std::vector<std::span<const RecordIndex>> records_of;
  std::vector<RefusedRecord> refused;
  std::vector<SettledRecords> settled;  ///< with views only
  std::size_t items = 0;                ///< lanes of the batch
  /// With views: how many of the lanes, the last ones, had no room or must be seen first.
  std::size_t lanes_left = 0;
  // What the commits' spans look at.
  std::vector<Write> writes;
  std::vector<std::size_t> views;   ///< with views: whose each write is, in DerivedTables::views()
  std::vector<Addition> additions;  ///< with views
  std::vector<std::size_t> addition_views;  ///< whose each addition is
  std::vector<CommitPlace> places;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> texts;
  std::vector<std::unique_ptr<std::pmr::monotonic_buffer_resource>> more_texts;  ///< with views

  /// With views: whose the write at a place of a commit of this plan is.
  std::size_t view_of(const Commit& commit, std::size_t place) const {
    return views[static_cast<std::size_t>(commit.writes.data() - writes.data()) + place];
  }
  /// The same of the addition at a place.
  std::size_t view_of_addition(const Commit& commit, std::size_t place) const {
    return addition_views[static_cast<std::size_t>(commit.additions.data() - additions.data()) +
                          place];
  }
};

struct PlanOptions {
  /// The table of the target that is written; empty: the one that has the source table's name.
  std::string_view target_table = {};
  /// How long marks are kept; older records, and those whose age is not known, are refused. None:
  /// marks are kept for ever.
  std::optional<std::chrono::days> retain;
  WallTime now;
  /// The tables that are written: their own changes are refused.
  std::span<const WrittenTable> written = {};
};

Plan plan(std::span<const events::Change> changes, const Groups& groups,
          const PlanOptions& options);

// What plans of all kinds have in common.

/// Why a record is, or may be, too old for a ledger whose marks go after a time; empty: it is not.
std::string why_expired(const events::Change& change, const PlanOptions& options);

/// The commit of a lane whose newest record that counts is `change`, still without writes.
Commit make_commit(const Lane& lane, const events::Change& change, const PlanOptions& options);

/// Whether all commits are of one source table. Then no two of them write one item, since each lane
/// is an item of its own, unless views give two items one row.
bool is_of_one_source(std::span<const events::Change> changes, const Plan& plan);

}  // namespace streamonce::handler
