// handler/commands/load/load_summary.h: what a load did, for a person and for a program.
//
// Threads: values and pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "handler/pipeline/fate_counts.h"

namespace streamonce::handler::load {

/// How many failures are told one by one; the others are counted.
inline constexpr std::size_t kFailuresTold = 10;

/// Something that was not done.
struct ToldFailure {
  std::string place;  ///< file and line, or what it is about
  std::string reason;
};

struct LoadSummary {
  std::uint64_t files = 0;  ///< read to their ends by this run
  FateCounts fates;         ///< of the items that this run has read
  std::uint64_t files_done_before = 0;
  std::uint64_t files_missing = 0;
  std::uint64_t files_damaged = 0;  ///< or not to be read, or of another number of items
  std::uint64_t files_left = 0;     ///< that were not come to
  std::uint64_t swept = 0;
  std::uint64_t sweep_failed = 0;  ///< what a sweep could not remove, or name
  std::uint64_t unmarked = 0;      ///< rows without marks, which a sweep with views has left
  bool was_swept = false;          ///< whether a sweep came to its end
  std::string why_not_swept;       ///< of a sweep that was wanted; empty: nothing kept it back
  std::int64_t write_unit_tenths = 0;
  std::vector<ToldFailure> failures;  ///< the first kFailuresTold
  std::string failed_path;            ///< of the file that holds items that have failed
  std::uint64_t failed_lines = 0;     ///< how many it holds
  std::uint64_t not_kept = 0;         ///< items that have failed, and that no file holds
  std::string state_path;             ///< empty: there is none
  bool dry_run = false;
  bool interrupted = false;
  bool gave_up = false;  ///< whether the target did nothing any more

  std::uint64_t failed() const { return fates.not_done(); }
  bool everything_done() const {
    return failed() + files_missing + files_damaged + files_left + sweep_failed == 0 &&
           why_not_swept.empty() && !interrupted && !gave_up;
  }
};

/// Puts the counts of several loads together; what is told of each is not.
void add_counts(LoadSummary& all, const LoadSummary& one);

/// The summary as several lines of text.
std::string to_text(const LoadSummary& summary);

/// `{"files":2,"items":10,"applied":9,"already_applied":1,"stale":0,"failed":0,"swept":0,
/// "write_units":36.5}` on one line, with its end.
std::string to_json(const LoadSummary& summary);

}  // namespace streamonce::handler::load
