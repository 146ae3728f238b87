// runtime/http/http_date.h: the time that an answer's `Date` header tells.
//
// Source:  RFC 9110, section 5.6.7, IMF-fixdate, the one form that servers may write.
// Threads: a pure function.

#pragma once

#include <optional>
#include <string_view>

#include "runtime/base/clock.h"

namespace streamonce::runtime {

/// The time in a `Date` header, as in `Sat, 21 Nov 2026 00:44:22 GMT`; a leap second is the second
/// behind it. None: `text` is not of that form. The name of the day is not looked at.
std::optional<WallTime> parse_http_date(std::string_view text);

}  // namespace streamonce::runtime
