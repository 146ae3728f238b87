// handler/compare/finding.h: what a comparison finds, and how much of each.
//
// Threads: values and pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"

namespace streamonce::handler::compare {

enum class FindingClass : std::uint8_t {
  kMissing,    ///< a row that is to be there is not
  kExtra,      ///< a row that is not to be there is
  kDifferent,  ///< a row, or an amount, is not what it is to be
  kUnsettled,  ///< the item changed all the time: nobody can say
  kFailed,     ///< it could not be compared, or not be mended: `reason` says why
};

/// `missing`, `extra` and so on.
std::string_view name_of(FindingClass what);

/// What an entry of the ledger told when the finding was made.
struct FoundMark {
  std::string version = {};
  std::optional<events::Operation> operation = {};
  std::optional<std::int64_t> at = {};  ///< epoch seconds
};

/// One row that is not as it is to be. Keys and values are an item's: they belong into no log.
struct Finding {
  FindingClass what = FindingClass::kFailed;
  std::string table = {};                    ///< of the target
  std::string view = {};                     ///< empty: a mirror's
  std::string row_key = {};                  ///< as JSON; empty: it is about the whole item
  std::string item_key = {};                 ///< the source item's, as JSON; empty: not known
  std::string cause = {};                    ///< what the mark says of it; empty: nothing
  std::vector<std::string> attributes = {};  ///< names of those that differ
  std::optional<FoundMark> mark = {};
  std::string expected_digest = {};  ///< hex; empty: no row is expected
  std::string found_digest = {};     ///< hex; empty: there is none, or it is no item
  std::string expected = {};         ///< the row as JSON, where values are wanted
  std::string found = {};
  std::string reason = {};  ///< of kFailed, and of what could not be mended
  bool is_repaired = false;
};

/// `finding` as one line of JSON, without the end of line.
std::string report_line(const Finding& finding);

struct FindingCounts {
  std::uint64_t equal = 0;
  std::uint64_t missing = 0;  ///< these three with those that were repaired
  std::uint64_t extra = 0;
  std::uint64_t different = 0;
  std::uint64_t unsettled = 0;
  std::uint64_t repaired = 0;
  std::uint64_t failed = 0;

  void add(const Finding& finding);
  void add(const FindingCounts& more);
  /// Whether nothing is, or stays, wrong or unknown.
  bool all_equal() const {
    return missing + extra + different == repaired && unsettled == 0 && failed == 0;
  }

  friend bool operator==(const FindingCounts&, const FindingCounts&) = default;
};

/// Whether the mark of an item that is there stays where its row is removed by somebody else.
enum class MarksOfRows : std::uint8_t {
  kStay,
  kGoWithThem,  ///< it is in the row
};

/// What the mark says about why a row is missing, extra or different; null: there is no mark.
std::string cause_of(FindingClass what, const std::optional<events::Operation>& done, bool has_mark,
                     MarksOfRows marks = MarksOfRows::kStay);

}  // namespace streamonce::handler::compare
