// handler/pipeline/checkpoint.h: what became of each change of a batch.
//
// Threads: a pure function.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "events/change.h"
#include "events/decimal.h"
#include "handler/pipeline/fate_counts.h"
#include "handler/pipeline/plan.h"
#include "handler/targets/target.h"

namespace streamonce::handler {

/// Where a lane stopped.
struct Failure {
  RecordIndex record = 0;  ///< the lane's oldest change that is not done
  RecordIndex cause = 0;   ///< the change that could not be applied: that one or a later one
  std::string reason;
};

/// What was added to a number of a row.
struct AmountEffect {
  std::string name;  ///< of the attribute
  events::Decimal difference;
};

/// What was done to a view's row.
struct RowEffect {
  RecordIndex record = 0;                  ///< the change that its commit applied
  std::size_t view = 0;                    ///< as a place in DerivedTables::views()
  Operation operation = Operation::kPut;   ///< without `amounts`
  std::vector<AmountEffect> amounts = {};  ///< of a view with GROUP BY: at least one
};

struct BatchResult {
  FateCounts counts;
  std::size_t items = 0;    ///< items that the batch has changes of
  std::vector<Fate> fates;  ///< one for each change, in the batch's order
  /// The failures, by rising version of their oldest changes; they tell changes by their places.
  std::vector<Failure> failures;
  /// If PipelineOptions::tells_rows, those of the commits that were applied, each one's together:
  /// rows that are put or removed, and behind them those that are added to, each in the views'
  /// order where they follow from one change.
  std::vector<RowEffect> rows;
};

/// What became of `changes`. `outcomes` has one for each commit of the plan; their reasons are
/// moved from.
BatchResult checkpoint(std::span<const events::Change> changes, Plan&& plan,
                       std::span<Outcome> outcomes);

}  // namespace streamonce::handler
