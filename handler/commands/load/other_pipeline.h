// handler/commands/load/other_pipeline.h: finds a load that is run under a wrong pipeline's name.
//
// The name is in every mark. Under another one nothing that the stream has told is known: items of
// the export would be written over newer ones, and a sweep would remove newer ones. So a load is
// refused where the ledger has marks of its source under another name, and none under its own.
//
// Threads: one thread at a time. Borrows what it is given.

#pragma once

#include <string>
#include <string_view>

#include "events/change.h"
#include "handler/targets/key_scan.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::load {

/// How many pages of the ledger are looked at, at most: of DynamoDB 1 MB each, of which nearly all
/// may be of other sources.
inline constexpr int kPagesLookedAtMax = 16;

/// The pipeline that the mark `id` is of, if it is one of `source`; empty: it is not.
std::string_view pipeline_of_mark(std::string_view id, const events::SourceTable& source);

/// Looks whether only others than `pipeline` have made marks of `source`.
/// @error kInvalidArgument  so it is; the message has both names, and the way on
/// @error as KeyScan::next()
Status check_pipeline(KeyScanner& scanner, std::string_view pipeline,
                      const events::SourceTable& source, SteadyTime deadline);

}  // namespace streamonce::handler::load
