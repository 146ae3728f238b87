// handler/commands/load/load_identity.h: what a load is of, so that it is not gone on with when
// something of that is another: which export, by which pipeline, into which target, and how.
//
// Two targets of one name are told apart by where they are: a DynamoDB target by its account, its
// Region and its endpoint, and by the role that it is written as; a file by its whole path.
//
// Threads: functions of their arguments, of the views' file and of the current folder.

#pragma once

#include <string>

#include "events/exports/load_state.h"
#include "events/exports/manifest.h"
#include "handler/commands/load/load_plan.h"
#include "handler/config/settings.h"
#include "handler/sources/exports/export_reader.h"
#include "runtime/base/result.h"

namespace streamonce::handler::load {

/// The export, by its ARN, or where the summary tells none by its table and its time.
std::string name_of_export(const events::ExportSummary& summary);

/// The name of the pipeline that loads, which is in every mark.
std::string name_of_pipeline(const Settings& settings, const LoadPlan& plan);

/// @error kInvalidArgument       the Region or the endpoint of the target is malformed
/// @error as read_file()         the views cannot be read
Result<events::LoadState::Identity> identity_of(const events::ExportSummary& summary,
                                                const LoadPlan& plan, const Settings& settings,
                                                exports::Checksums checksums);

}  // namespace streamonce::handler::load
