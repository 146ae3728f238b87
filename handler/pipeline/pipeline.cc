#include "handler/pipeline/pipeline.h"

#include <utility>
#include <vector>

#include "handler/pipeline/group.h"
#include "handler/pipeline/plan.h"

namespace streamonce::handler {
namespace {

/// How many failures of a batch are logged one by one; the others are counted.
constexpr std::size_t kFailuresLogged = 20;

}  // namespace

Pipeline::Pipeline(PipelineOptions options, Target& target, const Clock& clock, Logger& logger)
    : options_(std::move(options)),
      target_(target),
      clock_(clock),
      logger_(logger) {}

Result<BatchResult> Pipeline::run(PayloadView payload, SteadyTime deadline) {
  const events::StreamBatch batch = STREAMONCE_TRY(parser_.parse(payload));
  const Groups groups = group(batch, options_.name);
  Plan planned = STREAMONCE_TRY(plan(
      batch, groups,
      {.target_table = options_.target_table, .retain = options_.retain, .now = clock_.now()}));
  std::vector<Outcome> outcomes(planned.commits.size());
  if (!outcomes.empty()) target_.commit(planned.commits, outcomes, deadline);
  Checkpoint result = checkpoint(batch, std::move(planned), outcomes);

  if (options_.logs_failures) log_failures(batch, result);
  const BatchCounts& counts = result.counts;
  logger_.log(LogLevel::kInfo, "batch done",
              {{"records", counts.records},
               {"items", counts.items},
               {"applied", counts.applied},
               {"already_applied", counts.already_applied},
               {"stale", counts.stale},
               {"superseded", counts.superseded},
               {"failed", counts.failed}});
  return BatchResult{.response = to_json(result.response),
                     .counts = counts,
                     .fates = std::move(result.fates),
                     .failures = std::move(result.failures)};
}

void Pipeline::log_failures(const events::StreamBatch& batch, const Checkpoint& result) {
  std::size_t logged = 0;
  for (const Failure& failure : result.failures) {
    if (++logged > kFailuresLogged) break;
    const events::StreamRecord& cause = batch.records[failure.cause];
    logger_.log(LogLevel::kError, "record failed",
                {{"sequence_number", cause.sequence_number.text()},
                 {"not_done_from", batch.records[failure.record].sequence_number.text()},
                 {"table", cause.stream.table},
                 {"reason", failure.reason}});
  }
  if (result.failures.size() > kFailuresLogged) {
    logger_.log(LogLevel::kError, "more records failed",
                {{"items", result.failures.size() - kFailuresLogged}});
  }
}

}  // namespace streamonce::handler
