#include "handler/pipeline/checkpoint.h"

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

/// The fate of a record that is still open; in the end no record has it.
constexpr Fate kUnsettled{0xff};

constexpr std::size_t kFates = static_cast<std::size_t>(Fate::kExpired) + 1;

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

BatchCounts count(std::span<const Fate> fates, std::size_t items) {
  std::array<std::size_t, kFates> numbers{};
  for (const Fate fate : fates) {
    STREAMONCE_CHECK(fate != kUnsettled);
    ++numbers[static_cast<std::size_t>(fate)];
  }
  const auto number_of = [&](Fate fate) { return numbers[static_cast<std::size_t>(fate)]; };
  return {.records = fates.size(),
          .items = items,
          .applied = number_of(Fate::kApplied),
          .already_applied = number_of(Fate::kAlreadyApplied),
          .stale = number_of(Fate::kStale),
          .superseded = number_of(Fate::kSuperseded),
          .failed = number_of(Fate::kFailed) + number_of(Fate::kExpired),
          .expired = number_of(Fate::kExpired)};
}

}  // namespace

bool is_done(Fate fate) {
  return fate != Fate::kFailed && fate != Fate::kExpired;
}

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::kApplied:
      return "applied";
    case Fate::kAlreadyApplied:
      return "already applied";
    case Fate::kStale:
      return "stale";
    case Fate::kSuperseded:
      return "superseded";
    case Fate::kFailed:
      return "failed";
    case Fate::kExpired:
      break;
  }
  return "expired";
}

Checkpoint checkpoint(const events::StreamBatch& batch, Plan&& plan, std::span<Outcome> outcomes) {
  STREAMONCE_CHECK(outcomes.size() == plan.commits.size());
  Checkpoint result;
  result.fates.resize(batch.records.size(), kUnsettled);
  for (RefusedRecord& refused : plan.refused) {
    settle(refused.records, refused.is_expired ? Fate::kExpired : Fate::kFailed, result.fates);
    const RecordIndex record = refused.records.front();
    result.failures.push_back(
        {.record = record, .cause = record, .reason = std::move(refused.reason)});
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::span<const RecordIndex> records = plan.records_of[i];
    settle_commit(records, outcomes[i].result, result.fates);
    if (outcomes[i].done()) continue;
    // The commit stood for all of them: none is done, and Lambda must start from the oldest.
    result.failures.push_back({.record = records.front(),
                               .cause = records.back(),
                               .reason = std::move(outcomes[i].reason)});
  }
  result.counts = count(result.fates, plan.items);

  std::sort(
      result.failures.begin(), result.failures.end(), [&](const Failure& a, const Failure& b) {
        return batch.records[a.record].sequence_number < batch.records[b.record].sequence_number;
      });
  if (!result.failures.empty())
    result.response.first_failure = batch.records[result.failures.front().record].sequence_number;
  return result;
}

}  // namespace streamonce::handler
