// runtime/base/iso_time.h: times as RFC 3339 writes them, and so the AWS CLI and AWS's answers.
//
// Source:  RFC 3339; AWS CLI, cli_timestamp_format: ISO 8601 by default since version 2.
// Threads: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/base/clock.h"

namespace streamonce {

/// A time to the last digit that its text has.
struct ExactTime {
  std::int64_t seconds = 0;   ///< whole seconds since the epoch, negative for times before it
  std::string_view fraction;  ///< the digits behind the point, of the second after `seconds`
};

/// The time that a text such as `2026-11-21T00:44:22.58+00:00` tells: with or without a fraction,
/// and with an offset or Z. None: another form. Views `text`.
std::optional<ExactTime> parse_exact_time(std::string_view text);

/// Seconds since the epoch of a time that parse_exact_time() takes, without its fraction. None:
/// another form, or before 1970.
std::optional<std::int64_t> parse_iso_time(std::string_view text);

/// The same as a time of a clock. The offset may be without its colon, as commands print it that
/// hand credentials over: `+0000`.
std::optional<WallTime> parse_wall_time(std::string_view text);

}  // namespace streamonce
