// handler/sources/lambda/event_figures.h: what the records of one event came to.
//
// Threads: values and pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "events/change.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/fate_counts.h"

namespace streamonce::handler {

struct EventFigures {
  /// Of all records that came: each has one fate. Of an event that is refused they have all failed,
  /// since all come again. A dead letter that cannot be read counts as one record, and so do those
  /// of a pointer that could not all be fetched.
  FateCounts counts;
  std::uint64_t dead_letters = 0;  ///< records that came out of a queue's dead letters
  /// When the oldest of the changes was made that were applied, or that one which was applied
  /// superseded, in epoch seconds; none: no change was applied, or none of those tells.
  std::optional<std::int64_t> oldest_applied = {};
  std::string source_table = {};  ///< that of the first record that tells one; empty: none does
};

/// Adds what a batch tells besides its counts.
void note_batch(std::span<const events::Change> changes, const BatchResult& result,
                EventFigures& figures);

/// Says that an event of these changes is refused as a whole.
void note_refusal(std::span<const events::Change> changes, EventFigures& figures);

/// Says that the event is refused as a whole, whatever its records have come to.
void note_refusal(EventFigures& figures);

}  // namespace streamonce::handler
