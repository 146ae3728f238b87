// handler/commands/load/load.h: the work of `bootstrap load`, for one export: applies its data
// files one after the other, keeps what fails and how far it has come, and sweeps in the end if it
// is to.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "events/exports/load_state.h"
#include "handler/commands/load/load_options.h"
#include "handler/commands/load/load_plan.h"
#include "handler/commands/load/load_summary.h"
#include "handler/commands/progress.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/exports/export_load.h"
#include "handler/sources/exports/export_reader.h"
#include "handler/targets/figures.h"
#include "handler/targets/key_scan.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"

namespace streamonce::handler::load {

/// What is loaded, opened and planned.
struct LoadJob {
  exports::ExportReader& reader;
  exports::Batching batches = {};
  LoadPlan plan;
  std::string export_name;  ///< as a person knows it
  std::string state_path;   ///< empty: none is kept
  events::LoadState state;  ///< from which it goes on
  std::string failed_path;  ///< of what has failed; not created before something has
};

struct LoadParts {
  Pipeline& pipeline;  ///< for a dry run, one on a PreviewTarget
  Target& target;      ///< that of the pipeline
  std::function<Result<std::unique_ptr<KeyScanner>>()> open_scanner;
  const TargetFigures* figures = nullptr;  ///< null: nothing is counted
  Clock& clock;
  Logger& logger;
  Progress& progress;
  std::function<bool()> stopped;  ///< whether to finish the batch in hand, and end
};

/// Loads one export, and tells what came of it.
LoadSummary load(const LoadOptions& options, const LoadParts& parts, LoadJob job);

}  // namespace streamonce::handler::load
