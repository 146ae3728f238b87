// handler/commands/verify/verify_state.h: how far a comparison has come, as text.
//
//     streamonce verify 1
//     of <a digest of what is compared, and how>
//     report <its path>
//     segments <that the source is walked in>
//     bytes <of the report, of parts that are done>
//     counts <equal> <missing> <extra> <different> <unsettled> <repaired> <failed>
//     done <a part's name>
//     ...
//
// It is written as a whole after each part: report and position advance at one instant.
//
// Threads: values and pure functions.

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "handler/compare/finding.h"
#include "runtime/base/result.h"

namespace streamonce::handler::verify {

/// The most segments that the source may be walked in: each is a line of the state, which is
/// written after each part.
inline constexpr std::uint64_t kSegmentsMax = 10'000;

/// The most bytes of a state file: each part has a line, and each table of views its own parts.
inline constexpr std::size_t kStateBytesMax = 64UL * 1024 * 1024;

struct VerifyState {
  std::string of = {};
  std::string report_path = {};
  std::uint64_t segments = 0;  ///< kSegmentsMax at most; 0: it is not known yet
  std::uint64_t report_bytes = 0;
  compare::FindingCounts counts = {};
  std::set<std::string, std::less<>> done = {};
};

std::string to_text(const VerifyState& state);

/// @error kInvalidArgument  it is no state; the message has the line and what was expected
Result<VerifyState> parse_state(std::string_view text);

}  // namespace streamonce::handler::verify
