// handler/commands/verify/verify_summary.h: what came of a comparison.
//
// Threads: values and pure functions.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "handler/compare/finding.h"

namespace streamonce::handler::verify {

struct VerifySummary {
  compare::FindingCounts counts = {};
  std::uint64_t walked = 0;  ///< items and rows
  std::chrono::milliseconds took{0};
  double source_units = 0;  ///< read units that the service charged
  double target_units = 0;
  std::vector<std::string> not_compared = {};  ///< names of views
  std::string report_path = {};                ///< empty: nothing was found
  std::string state_path = {};                 ///< empty: none is kept
  std::string failure = {};                    ///< why it ended before its time; empty: it did not
  bool interrupted = false;
  bool is_sample = false;
  bool repairs = false;

  /// Whether all that was asked for was compared, and is equal now.
  bool everything_equal() const {
    return failure.empty() && !interrupted && not_compared.empty() && counts.all_equal();
  }
};

std::string to_text(const VerifySummary& summary);

/// `{"equal":...,"missing":...}`, with a line's end.
std::string to_json(const VerifySummary& summary);

}  // namespace streamonce::handler::verify
