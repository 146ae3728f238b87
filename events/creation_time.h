// events/creation_time.h: times as `aws dynamodbstreams get-records` prints them.
//
// Source:  RFC 3339; AWS CLI, cli_timestamp_format: ISO 8601 by default since version 2.
// Threads: a pure function.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace streamonce::events {

/// Seconds since the epoch of a time such as `2026-11-21T00:44:22+00:00`, with or without a
/// fraction, which is dropped, and with an offset or Z. None: another form, or before 1970.
std::optional<std::int64_t> parse_iso_time(std::string_view text);

}  // namespace streamonce::events
