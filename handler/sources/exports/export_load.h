// handler/sources/exports/export_load.h: runs the lines of one data file, batch by batch, through
// the very pipeline that runs live.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "events/change.h"
#include "events/exports/item_line.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/exports/export_files.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::exports {

/// How much is applied together, at most, and in which order.
struct Batching {
  std::size_t items = 1'000;              ///< 1 or more
  std::size_t bytes = 2UL * 1024 * 1024;  ///< of lines; the first one counts as nothing
  /// Whether the items of a batch are applied in the order of their keys, and not of their lines.
  bool by_key = false;
};

/// For a target behind a network: enough that much is in flight, few enough that nobody waits long
/// for the batch in hand, and that requests take little memory.
inline constexpr Batching kRemoteBatches{.items = 1'000, .bytes = 2UL * 1024 * 1024};

/// For a file, in which a batch is a transaction: a page that several of its items touch is written
/// once, and is in memory for all of them where they come one after the other.
inline constexpr Batching kLocalBatches{.items = 8'000, .bytes = 6UL * 1024 * 1024, .by_key = true};

/// A batch that was applied.
struct LoadedBatch {
  std::span<const events::Change> changes;
  std::span<const std::string_view> lines;  ///< of the changes, one for each
  /// The places of the lines in their file, from 1; blank lines do not count.
  std::span<const std::uint64_t> numbers;
  const BatchResult& result;
  std::uint64_t lines_done =
      0;  ///< how many lines of the file are dealt with, this batch among them
};

struct ExportLoadOptions {
  std::uint64_t lines_to_skip = 0;  ///< lines that an earlier run has dealt with
  Batching batches = kRemoteBatches;
  /// Whether items that fail are tried again: once in any case, and on as long as fewer are left
  /// each time. A target that is throttled takes a part of a batch in the time of one.
  bool tries_again = true;
  /// When a batch that is begun now must have come to its end.
  std::function<SteadyTime()> deadline;
  /// Called before a batch is applied, and after a file of which nothing was left. @return false:
  /// to stop there
  std::function<bool()> may_go_on;
  /// Called after each batch.
  std::function<void(const LoadedBatch&)> on_batch;
};

/// How far a file was read.
struct ExportLoadEnd {
  std::uint64_t lines = 0;  ///< those that were skipped among them
  bool is_whole = false;    ///< else may_go_on() has stopped it
};

/// Applies the lines of `file`, which must have been checked. Lines of one batch that have one key
/// fail, all of them, and name no item any more: the file is not what it is taken for.
/// @error as ExportLines::next(). What came before is applied, and was told of
Result<ExportLoadEnd> load_file(const ExportFile& file, events::ItemLineReader& reader,
                                Pipeline& pipeline, const ExportLoadOptions& options);

}  // namespace streamonce::handler::exports
