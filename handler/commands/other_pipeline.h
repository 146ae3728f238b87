// handler/commands/other_pipeline.h: finds work that is done under a wrong pipeline's name, or on a
// wrong source.
//
// Both are in every mark. Under another name nothing that the stream has told is known: a load
// would write items of its export over newer ones, and a repair would lose what comes. So a load is
// refused where the ledger has marks of its source under another name, and none under its own; and
// so is a repair, also where the ledger has marks of its pipeline, and none of its source.
//
// Threads: one thread at a time. Borrows what it is given.

#pragma once

#include <string>
#include <string_view>

#include "events/change.h"
#include "handler/targets/key_scan.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// How many pages of the ledger are looked at, at most: of DynamoDB 1 MB each, of which nearly all
/// may be of other sources.
inline constexpr int kPagesLookedAtMax = 16;

/// The pipeline that the mark `id` is of, if it is one of `source`; empty: it is not.
std::string_view pipeline_of_mark(std::string_view id, const events::SourceTable& source);

/// Looks whether only others than `pipeline` have made marks of `source`.
/// @param way_on  what else its user may do, behind the message: `, or ...`; may be empty
/// @error kInvalidArgument  so it is; the message has both names
/// @error as KeyScan::next()
Status check_pipeline(KeyScanner& scanner, std::string_view pipeline,
                      const events::SourceTable& source, std::string_view way_on,
                      SteadyTime deadline);

/// Looks whether the target has something against this pipeline: one whose marks are in its items
/// knows whose they are.
/// @error as the target's guard says: see targets/dynamodb/mark_guard.h
Status check_item_marks(Target& target, std::string_view pipeline,
                        const events::SourceTable& source, SteadyTime deadline);

/// Looks whether `pipeline` has made marks, and none of them of `source`.
/// @error kInvalidArgument  so it is; the message names a source that it has made marks of
/// @error as KeyScan::next()
Status check_source_of(KeyScanner& scanner, std::string_view pipeline,
                       const events::SourceTable& source, SteadyTime deadline);

}  // namespace streamonce::handler
