// handler/sources/exports/sweep.h: removes from a target what an export that was loaded whole does
// not have.
//
// Once every line of every file is done, an item whose mark is absent, or below the export's
// version, was not in the export, and the stream has told nothing of it: it was deleted at some
// time when nobody listened. It gets a removal at the export's version, which is an ordinary
// change: if the item was made after the export, its record comes, or has come, and wins.
//
// What has no mark at all, a mirror's table does not keep: all that is in it is the export's or the
// stream's, or it goes. With views others may write to a table too: only what has a mark goes.
//
// A mirror's rows name their items. With views the ledger does, as far as its ids are not hashes;
// and so do the rows of direct views without KEY.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/exports/item_line.h"
#include "handler/pipeline/pipeline.h"
#include "handler/targets/key_scan.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::exports {

/// Whether an item with this mark, or without one, is removed after an export of this version was
/// loaded whole.
bool is_swept(const std::optional<Mark>& mark, const events::Version& version);

struct SweepCounts {
  std::uint64_t looked_at = 0;  ///< rows and entries
  std::uint64_t removed = 0;
  std::uint64_t failed = 0;    ///< items that could not be removed, or whose marks not be read
  std::uint64_t unmarked = 0;  ///< rows without a mark that were left: see spares_unmarked
  std::uint64_t nameless = 0;  ///< entries and rows that do not tell their item's key
};

struct SweepParts {
  KeyScanner& scanner;
  Target& target;  ///< that of the pipeline
  Pipeline& pipeline;
  events::ItemLineReader& reader;
  /// The tables whose rows have the keys of their items.
  std::vector<std::string> tables;
  /// What the ids of the source's entries begin with: `<pipeline>|<account>/<region>/<table>|`.
  std::string ledger_prefix;
  bool reads_ledger = false;     ///< whether entries are walked, too
  bool spares_unmarked = false;  ///< whether what has no mark is left, and counted
  /// When a page, or a batch, that is begun now must have come to its end.
  std::function<SteadyTime()> deadline;
  /// Called before each page. @return false: to stop there
  std::function<bool(const SweepCounts&)> may_go_on;
  /// Told why something could not be done.
  std::function<void(std::string_view reason)> on_failure;
  /// Told of each batch that was applied.
  std::function<void(const BatchResult&)> on_batch;
};

/// @return whether all was looked at; false: may_go_on() has stopped it
/// @error as KeyScan::next()  what came before is done, and is in `counts`
Result<bool> sweep(const SweepParts& parts, SweepCounts& counts);

}  // namespace streamonce::handler::exports
