// handler/commands/replay/row_effects.h: what a dry run says of the rows of one record.
//
// Views, numbers of rows and differences of amounts are told, and neither keys nor other values.
//
// Threads: pure functions.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "handler/commands/replay/summary.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/derived_tables.h"

namespace streamonce::handler::replay {

/// `open_orders: put, order_lines: put 3 remove 1, revenue: add orders 1 spent -12.5 add orders 1`:
/// each view once, in the order in which `rows`, of one record, have them. An effect is counted
/// unless it is the view's only one.
std::string rows_text(std::span<const RowEffect> rows, std::span<const views::View> views);

/// The same as a JSON object with a member for each view. A direct view has `"put"` or `"remove"`,
/// a remembering one `{"put":3,"remove":1}`; one with GROUP BY an array of its groups, each
/// `{"orders":"1","spent":"-12.5"}`: few readers of JSON keep 38 digits of a number.
std::string rows_json(std::span<const RowEffect> rows, std::span<const views::View> views);

/// Adds `rows` to `counts`, which has one for each view.
void count_rows(std::span<const RowEffect> rows, std::vector<RowCounts>& counts);

}  // namespace streamonce::handler::replay
