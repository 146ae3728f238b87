// events/creation_time.h: times as RFC 3339 writes them, and so `aws dynamodbstreams get-records`.
//
// Source:  RFC 3339; AWS CLI, cli_timestamp_format: ISO 8601 by default since version 2.
// Threads: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace streamonce::events {

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

}  // namespace streamonce::events
