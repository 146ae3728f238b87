// handler/commands/load/load_plan.h: what a load will do, worked out and checked before anything is
// written.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <string>
#include <vector>

#include "events/exports/item_line.h"
#include "events/exports/load_version.h"
#include "events/exports/manifest.h"
#include "handler/commands/load/load_options.h"
#include "handler/config/settings.h"
#include "handler/pipeline/pipeline.h"
#include "handler/services/table_reader.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::load {

struct LoadPlan {
  events::ExportSource source;
  std::string table_arn;
  events::KeyNames key_names;
  events::LoadVersion version;
  /// The tables whose rows a sweep walks through, and whether it walks through the ledger.
  std::vector<std::string> swept_tables;
  bool sweeps_ledger = false;
  /// What its user should know beforehand, a sentence each.
  std::vector<std::string> warnings;
};

struct LoadPlanInput {
  const LoadOptions& options;
  const events::ExportSummary& summary;
  const Settings& settings;
  const Pipeline& pipeline;
  TableReader& tables;
  WallTime now;
  SteadyTime deadline;  ///< of what has to be asked for
};

/// @error kInvalidArgument  the export must not be loaded so; the message says why, and the way on
Result<LoadPlan> plan_load(const LoadPlanInput& input);

}  // namespace streamonce::handler::load
