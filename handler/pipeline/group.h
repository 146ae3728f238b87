// handler/pipeline/group.h: sorts a batch into lanes: one for each item, its records in increasing
// version.
//
// Threads: a pure function. Ownership: lanes borrow nothing but their own Groups.

#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"

namespace streamonce::handler {

/// The place of a change in its batch.
using RecordIndex = std::uint32_t;

struct Lane {
  /// `<pipeline>|<account>/<region>/<source table>|<canonical key>`: the item's name in the ledger.
  std::string_view ledger_id;
  std::span<const RecordIndex> records;  ///< at least one; oldest first
};

struct Groups {
  std::vector<Lane> lanes;           ///< in the order of their first records in the batch
  std::vector<RecordIndex> unkeyed;  ///< records whose item is unknown: they have no lane

  // The memory that the views above look at.
  std::vector<RecordIndex> order;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> texts;
};

/// What the ledger ids of all items of `table` begin with: `<pipeline>|<account>/<region>/<source
/// table>|`. The canonical key follows. An empty `pipeline_name` stands for the table's name.
void append_ledger_prefix(std::string& out, std::string_view pipeline_name,
                          const events::SourceTable& table);

/// Sorts `changes`. An empty `pipeline_name` stands for the name of each change's source table.
Groups group(std::span<const events::Change> changes, std::string_view pipeline_name);

}  // namespace streamonce::handler
