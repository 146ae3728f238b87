// handler/commands/replay/summary.h: what a replay did, for a person and for a program.
//
// Threads: values and pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "handler/pipeline/fate_counts.h"

namespace streamonce::handler::replay {

/// How many failures are told one by one; the others are counted.
inline constexpr std::size_t kFailuresTold = 10;

/// Something that was not done.
struct ToldFailure {
  std::string place;            ///< file and line
  std::string sequence_number;  ///< empty: it is not one record
  std::string reason;
};

struct FailedFileSummary {
  std::string path;
  std::uint64_t lines = 0;
};

/// What a dry run says of a view's rows.
struct RowCounts {
  std::string view;
  bool has_groups = false;  ///< whether the view has GROUP BY: then only `groups` counts
  std::uint64_t put = 0;
  std::uint64_t removed = 0;
  std::uint64_t groups =
      0;  ///< groups whose amounts change, once for each record that changes them
};

struct Summary {
  std::uint64_t documents = 0;   ///< broken ones too
  FateCounts fates;              ///< of the records
  std::uint64_t unreadable = 0;  ///< documents, messages and records that are no dead letters
  std::uint64_t pointers_fetched = 0;
  std::uint64_t pointers_expired = 0;
  std::uint64_t pointers_failed = 0;
  std::uint64_t files_unread = 0;       ///< files that could not be opened, or read to their end
  std::vector<ToldFailure> failures;    ///< the first kFailuresTold
  std::vector<FailedFileSummary> kept;  ///< files that hold what was not done
  std::uint64_t not_kept = 0;           ///< lines of what was not done that no file holds
  bool dry_run = false;
  std::vector<RowCounts> rows = {};  ///< of a dry run with views: each view, in their order
  bool interrupted = false;

  bool everything_done() const {
    return fates.not_done() + unreadable + pointers_expired + pointers_failed + files_unread == 0 &&
           !interrupted;
  }
};

/// The summary as several lines of text.
std::string to_text(const Summary& summary);

/// The summary as one line: the members of a JSON object, without its braces.
std::string to_json_members(const Summary& summary);

}  // namespace streamonce::handler::replay
