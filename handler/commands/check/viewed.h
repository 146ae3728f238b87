// handler/commands/check/viewed.h: what the reports for a person and for a program say of views.
//
// Threads: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "handler/commands/check/report.h"

namespace streamonce::handler::check {

bool is_direct(const views::View& view);

/// The changes that concern the view, as `INSERT,MODIFY`; empty: all do.
std::string events_text(const views::View& view);

/// The views of a source, as places.
std::vector<std::size_t> views_of(const Report& report, std::size_t source);

/// Whether views of the source remember something of an item, so that its mark is read.
bool remembers(const Report& report, std::size_t source);

/// What a change of 1 KB takes that has one row, or one group of its own, in each view: the most of
/// it, and what an update does whose row is there.
std::uint64_t units_of_source(const Report& report, std::size_t source);
std::uint64_t update_units_of_source(const Report& report, std::size_t source);

}  // namespace streamonce::handler::check
