// handler/commands/verify/verify_plan.h: what a comparison will read, and what that costs, worked
// out and checked before anything is read.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "events/version.h"
#include "handler/commands/verify/verify_options.h"
#include "handler/compare/comparison.h"
#include "handler/compare/item_changes.h"
#include "handler/config/settings.h"
#include "handler/pipeline/pipeline.h"
#include "handler/services/table_reader.h"
#include "handler/views/row_owner.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::verify {

/// What is known of the source's table.
struct VerifiedSource {
  compare::SourceName name = {};
  std::string arn = {};
  std::vector<views::SourceKeyType> key = {};
  std::uint64_t items = 0;        ///< about
  std::uint64_t bytes = 0;        ///< about
  std::uint64_t read_units = 0;   ///< provisioned; 0: none
  std::string stream_label = {};  ///< empty: no stream was ever applied

  std::vector<std::string> key_names() const;
};

struct SourceInput {
  const VerifyOptions& options;
  const Pipeline& pipeline;
  TableReader& tables;
  SteadyTime deadline;
};

/// Asks for the source's table.
/// @error kInvalidArgument  the table is none of the pipeline's, or the options do not fit it; the
///                          message says what to do
/// @error any other         it cannot be asked for
Result<VerifiedSource> find_source(const SourceInput& input);

/// The version of a repaired item that has no mark: as new as can be without being above a record
/// of the stream.
events::Version first_version(const VerifiedSource& source, WallTime now);

/// The parts that all is compared in, in their order.
/// @param has_segments  whether the target's tables have some
std::vector<compare::Part> plan_parts(const VerifyOptions& options, const VerifiedSource& source,
                                      const compare::Expecter& expecter, bool has_segments);

/// The places of the parts that a sample is made of: all of them where all is compared.
std::vector<std::size_t> choose_parts(const VerifyOptions& options,
                                      const std::vector<compare::Part>& parts, std::uint64_t seed);

/// A part's name in a state file: `items 3/16`.
std::string name_of(const compare::Part& part, const compare::Expecter& expecter);

/// How many items and rows are walked by, about.
std::uint64_t items_to_walk(const VerifyOptions& options, const VerifiedSource& source,
                            const std::vector<compare::Part>& parts);

/// What the comparison costs, for a person: one line.
std::string cost_text(const VerifyOptions& options, const VerifiedSource& source,
                      const std::vector<compare::Part>& parts, const compare::Expecter& expecter,
                      bool has_segments);

}  // namespace streamonce::handler::verify
