// handler/views/rules/view_options.h: the options behind WITH.
//
// Threads: one thread's.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "handler/views/language/report.h"
#include "handler/views/language/syntax.h"
#include "handler/views/rules/views.h"

namespace streamonce::handler::views {

/// The least and most rows that a group may be spread over.
inline constexpr std::uint32_t kSpreadLeast = 2;
inline constexpr std::uint32_t kSpreadMost = 100;
/// The attribute that a group's row has for its part.
inline constexpr std::string_view kSpreadAttribute = "spread";

/// Checks each option and its value, whatever the view is, and writes to `view` what they say. The
/// option owner becomes View::owner_attributes and View::has_owner_option.
void read_options(std::span<const ViewOption> options, View& view, Report& report);

}  // namespace streamonce::handler::views
