// events/exports/load_version.h: the version that the items of an export have, below every record
// of the table's stream and above those of all streams before it.
//
// An item of an export is a change of a stream that never was: its label is the real stream's less
// a millisecond, and its number a time, so that a later export is newer. What the stream tells of
// an item then always wins, and what an earlier stream has told never does.
//
// This is right for each item whatever comes first, if two things hold. Each write since 60 s
// before the export's time is in the stream, which is checked here: the stream must have been on
// for some time then. And each record since then is applied sooner or later, which nobody can see
// from here.
//
// Source:  DynamoDB developer guide, "DynamoDB data export to Amazon S3: how it works": an export
//          of 2:25 has all data up to 2:24, and none from after 2:26. Stream labels: stream_arn.h.
// Threads: pure functions and values.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/version.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::events {

/// How far what is in an export may be from its time.
inline constexpr std::chrono::seconds kExportFuzz{60};

/// The least time from a stream's label to the time of an export that may be loaded beside it: what
/// an export may be off, and what a stream takes to be on, which is documented nowhere.
inline constexpr std::chrono::minutes kStreamLead{5};

/// The age from which on records that an export lacks may be gone from the stream, which keeps them
/// for 24 hours, unless they are being applied.
inline constexpr std::chrono::hours kStreamKeeps{23};

/// What all items of one export have in common.
struct LoadVersion {
  std::string label;            ///< of the stream that never was
  std::string number;           ///< microseconds since the epoch
  std::int64_t created_at = 0;  ///< the export's time, in epoch seconds

  Version version() const;

  friend bool operator==(const LoadVersion&, const LoadVersion&) = default;
};

/// The version of an export of `export_time` beside the stream of this label.
/// @param export_time  between kExportTimeFirst and kExportTimeLast
/// @error kInvalidArgument  the label is no time
Result<LoadVersion> version_beside_stream(std::string_view stream_label, WallTime export_time);

/// The version of an export of `export_time` where no stream was ever applied: that of a stream
/// that was enabled at the time, so that a later one is above it.
LoadVersion version_without_stream(WallTime export_time);

/// Why an export of `export_time` must not be loaded beside the stream of this label, with both
/// times and the way on; empty: it may.
std::string why_too_early(std::string_view stream_label, WallTime export_time);

}  // namespace streamonce::events
