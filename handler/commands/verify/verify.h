// handler/commands/verify/verify.h: the work of `bootstrap verify`: compares all parts that are not
// done, keeps what is found and how far it has come.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "handler/commands/progress.h"
#include "handler/commands/verify/verify_options.h"
#include "handler/commands/verify/verify_plan.h"
#include "handler/commands/verify/verify_state.h"
#include "handler/commands/verify/verify_summary.h"
#include "handler/compare/comparison.h"
#include "handler/items/item_reader.h"
#include "handler/pipeline/pipeline.h"
#include "handler/targets/key_scan.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace streamonce::handler::verify {

struct VerifyParts {
  Pipeline& pipeline;
  Target& target;
  ItemReader& source;
  ItemReader& rows;
  KeyScanner* scanner;  ///< null: no view has GROUP BY
  Clock& clock;
  Logger& logger;
  Progress& progress;
  std::function<bool()> stopped;
};

struct VerifyJob {
  VerifiedSource source;
  compare::Expecter& expecter;
  std::vector<compare::Part> parts = {};
  std::vector<std::size_t> places = {};  ///< of those that are compared
  std::uint64_t to_walk = 0;             ///< items and rows in all, about
  std::uint64_t source_units_max = 0;    ///< read units a second
  std::uint64_t target_units_max = 0;
  VerifyState state;  ///< from which it goes on; names the report
  std::string temporary_folder = {};
};

/// Compares, and repairs if that is wanted.
VerifySummary verify(const VerifyOptions& options, const VerifyParts& parts, VerifyJob job);

}  // namespace streamonce::handler::verify
