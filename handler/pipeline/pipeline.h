// handler/pipeline/pipeline.h: the life of a batch: parse, group, plan, commit, checkpoint.
//
// Threads: one thread at a time. Borrows: target, clock, logger; they must outlive the pipeline.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "events/stream_batch.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

struct PipelineOptions {
  std::string name;  ///< the first part of ledger ids; empty: each record's source table
  std::string target_table = {};            ///< as PlanOptions::target_table
  std::optional<std::chrono::days> retain;  ///< as PlanOptions::retain
  bool logs_failures = true;                ///< whether run() tells of failures, or its caller does
};

struct BatchResult {
  std::string response;  ///< JSON for Lambda
  BatchCounts counts;
  std::vector<Fate> fates;  ///< one for each record of the event, in its order
  /// The failures, by rising sequence number; they tell records by their place in the event.
  std::vector<Failure> failures;
};

class Pipeline {
 public:
  Pipeline(PipelineOptions options, Target& target, const Clock& clock, Logger& logger);

  /// Applies one event and says what Lambda is to be told. Answers by `deadline`, give or take one
  /// statement of the target.
  /// @error kInvalidArgument  the event as a whole is refused (see StreamParser and plan()):
  ///                          nothing was applied, and the invocation must fail
  /// @error kUnavailable      there is no memory to read the event: nothing was applied
  Result<BatchResult> run(PayloadView payload, SteadyTime deadline);

 private:
  void log_failures(const events::StreamBatch& batch, const Checkpoint& result);

  const PipelineOptions options_;
  Target& target_;
  const Clock& clock_;
  Logger& logger_;
  events::StreamParser parser_;
};

}  // namespace streamonce::handler
