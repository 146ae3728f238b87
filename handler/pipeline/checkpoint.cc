#include "handler/pipeline/checkpoint.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

/// The fate of a change that is still open; in the end no change has it.
constexpr Fate kUnsettled{0xff};

Fate fate_of(CommitResult result) {
  switch (result) {
    case CommitResult::kApplied:
      return Fate::kApplied;
    case CommitResult::kAlreadyApplied:
      return Fate::kAlreadyApplied;
    case CommitResult::kStale:
      return Fate::kStale;
    case CommitResult::kFailed:
    case CommitResult::kChanged:
      break;
  }
  return Fate::kFailed;
}

void settle(std::span<const RecordIndex> records, Fate fate, std::vector<Fate>& fates) {
  for (const RecordIndex i : records) {
    STREAMONCE_CHECK(fates[i] == kUnsettled);
    fates[i] = fate;
  }
}

/// What became of the records that one commit stood for.
void settle_commit(std::span<const RecordIndex> records, CommitResult result,
                   std::vector<Fate>& fates) {
  const Fate fate = fate_of(result);
  settle(records.last(1), fate, fates);
  settle(records.first(records.size() - 1), is_done(fate) ? Fate::kSuperseded : fate, fates);
}

}  // namespace

BatchResult checkpoint(std::span<const events::Change> changes, Plan&& plan,
                       std::span<Outcome> outcomes) {
  STREAMONCE_CHECK(outcomes.size() == plan.records_of.size());
  BatchResult result;
  result.items = plan.items;
  result.fates.resize(changes.size(), kUnsettled);
  for (RefusedRecord& refused : plan.refused) {
    settle(refused.records, refused.is_expired ? Fate::kExpired : Fate::kFailed, result.fates);
    const RecordIndex record = refused.records.front();
    result.failures.push_back(
        {.record = record, .cause = record, .reason = std::move(refused.reason)});
  }
  for (const SettledRecords& settled : plan.settled)
    settle(settled.records, settled.fate, result.fates);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::span<const RecordIndex> records = plan.records_of[i];
    settle_commit(records, outcomes[i].result, result.fates);
    if (outcomes[i].done()) continue;
    // The commit stood for all of them: none is done, from the oldest on.
    result.failures.push_back({.record = records.front(),
                               .cause = records.back(),
                               .reason = std::move(outcomes[i].reason)});
  }
  result.counts = count(result.fates);
  const auto by_version = [&](const Failure& a, const Failure& b) {
    return changes[a.record].version < changes[b.record].version;
  };
  std::sort(result.failures.begin(), result.failures.end(), by_version);
  return result;
}

}  // namespace streamonce::handler
