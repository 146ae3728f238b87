// handler/commands/check/marks.h: where marks are, where else they could be, and what both cost.
//
// Threads: pure functions.

#pragma once

#include <string>

#include "handler/commands/check/report.h"

namespace streamonce::handler::check {

/// Whether the report is about marks in DynamoDB: of a SQLite target, or of views that have faults,
/// it says nothing of them.
bool tells_marks(const Report& report);

/// Why marks can be in the ledger only, for a person: a clause. Empty: they can be in the items.
std::string why_ledger_only(const Report& report);

/// Where marks are, and the price of both choices where there are two: lines.
std::string marks_text(const Report& report);

/// What a change of 1 KB takes where marks are in the items: words that a line of the report has.
std::string item_cost_text(bool has_views);

/// What is left of a change's price for its row, where marks are in the items.
std::string row_cost_text();

}  // namespace streamonce::handler::check
