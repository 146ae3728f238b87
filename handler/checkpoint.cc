#include "handler/checkpoint.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

void count_done(CommitResult result, std::size_t records, BatchCounts& counts) {
  switch (result) {
    case CommitResult::kApplied:
      ++counts.applied;
      break;
    case CommitResult::kAlreadyApplied:
      ++counts.already_applied;
      break;
    case CommitResult::kStale:
      ++counts.stale;
      break;
    case CommitResult::kFailed:
      STREAMONCE_CHECK(false);
  }
  counts.superseded += records - 1;
}

}  // namespace

Checkpoint checkpoint(const events::StreamBatch& batch, Plan&& plan, std::span<Outcome> outcomes) {
  STREAMONCE_CHECK(outcomes.size() == plan.commits.size());
  Checkpoint result;
  BatchCounts& counts = result.counts;
  counts.records = batch.records.size();
  counts.items = plan.items;
  for (RefusedRecord& refused : plan.refused) {
    counts.failed += refused.count;
    result.failures.push_back(
        {.record = refused.record, .cause = refused.record, .reason = std::move(refused.reason)});
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::span<const RecordIndex> records = plan.records_of[i];
    if (outcomes[i].done()) {
      count_done(outcomes[i].result, records.size(), counts);
    } else {
      // The commit stood for all of them: none is done, and Lambda must start from the oldest.
      counts.failed += records.size();
      result.failures.push_back({.record = records.front(),
                                 .cause = records.back(),
                                 .reason = std::move(outcomes[i].reason)});
    }
  }
  STREAMONCE_CHECK(counts.applied + counts.already_applied + counts.stale + counts.superseded +
                       counts.failed ==
                   counts.records);

  std::sort(
      result.failures.begin(), result.failures.end(), [&](const Failure& a, const Failure& b) {
        return batch.records[a.record].sequence_number < batch.records[b.record].sequence_number;
      });
  if (!result.failures.empty())
    result.response.first_failure = batch.records[result.failures.front().record].sequence_number;
  return result;
}

}  // namespace streamonce::handler
