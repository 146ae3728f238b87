#include "handler/sources/stream/shard_applier.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "handler/sources/batch_log.h"

namespace streamonce::handler {
namespace {

/// The pause after `attempts` ones, 1 or more, that got nothing done.
std::chrono::milliseconds pause_after(int attempts) {
  std::chrono::seconds pause = kAttemptPauseFirst;
  for (int i = 1; i < attempts && pause < kAttemptPauseMost; ++i) pause *= 2;
  return std::min(pause, kAttemptPauseMost);
}

/// Whether no attempt can ever apply the change, whatever the target says.
bool is_hopeless(const events::Change& change, Fate fate, const Pipeline& pipeline) {
  // An image that could not be fetched may be there next time.
  const bool may_be_mended = change.lacks_image && pipeline.fetches_images();
  return (!change.problem.empty() && !may_be_mended) || fate == Fate::kExpired;
}

}  // namespace

ShardApplier::ShardApplier(Options options, Parts parts, FollowState& state)
    : options_(std::move(options)),
      parts_(parts),
      state_(state) {}

void ShardApplier::apply(FollowedShard& shard) {
  StreamPage& page = shard.pages().front();
  const BatchResult result =
      parts_.pipeline.apply(page.changes(), parts_.clock.steady_now() + kBatchTime);
  const bool has_progress = result.counts.not_done() < result.counts.all();
  shard.attempts = has_progress ? 0 : shard.attempts + 1;
  if (has_progress) given_up_in_a_row_ = 0;
  std::vector<bool> given_up(page.records().size());
  if (!result.failures.empty()) given_up = records_to_give_up(shard, result);
  log_attempt(shard, result, given_up);
  if (!keep(page, given_up)) given_up.assign(given_up.size(), false);
  const std::size_t before = page.records().size();
  take_away(page, result, given_up);
  if (page.is_done()) return go_on(shard);
  if (page.records().size() < before) shard.attempts = 0;
  shard.ready_at = parts_.clock.steady_now();
  if (shard.attempts > 0) shard.ready_at += pause_after(shard.attempts);
}

/// Which records are not tried any more, by their places in the page. Sets error_ if they are too
/// many, and FollowedShard::is_stuck if nobody would keep them.
std::vector<bool> ShardApplier::records_to_give_up(FollowedShard& shard,
                                                   const BatchResult& result) {
  const StreamPage& page = shard.pages().front();
  std::vector<bool> given_up(page.records().size());
  const bool is_tried = shard.attempts >= options_.attempts;
  std::uint64_t hopeless = 0;
  std::uint64_t tried = 0;
  for (const Failure& failure : result.failures) {
    const bool has_no_hope =
        is_hopeless(page.changes()[failure.cause], result.fates[failure.cause], parts_.pipeline);
    if (!has_no_hope && !is_tried) continue;
    if (!given_up[failure.cause]) ++(has_no_hope ? hopeless : tried);
    given_up[failure.cause] = true;
  }
  if (parts_.dead_letters == nullptr) {
    shard.is_stuck = options_.gives_up_shards && (is_tried || hopeless == result.failures.size());
    given_up.assign(given_up.size(), false);
    return given_up;
  }
  if (given_up_in_a_row_ + tried > kGivenUpMax) {
    error_ = Error{ErrorCode::kUnavailable,
                   "over " + std::to_string(kGivenUpMax) +
                       " records in a row would be given up, and none between them was done: not "
                       "they, but the target is to blame. They are still in the stream: mend the "
                       "target, and follow again"};
    given_up.assign(given_up.size(), false);
    return given_up;
  }
  given_up_in_a_row_ += tried;
  return given_up;
}

/// Has the records kept that are given up. @return whether that is certain
bool ShardApplier::keep(const StreamPage& page, const std::vector<bool>& given_up) {
  if (std::find(given_up.begin(), given_up.end(), true) == given_up.end()) return true;
  Status kept;
  for (std::size_t i = 0; i < given_up.size() && kept; ++i) {
    const PageRecord& record = page.records()[i];
    if (given_up[i])
      kept = parts_.dead_letters->keep(
          record.text, record.names_stream ? std::string_view() : options_.stream_arn);
  }
  if (kept) kept = parts_.dead_letters->sync();
  if (!kept)
    parts_.logger.log(LogLevel::kError, "dead letters not kept",
                      {{"reason", kept.error().message}});
  return kept.has_value();
}

/// Takes away, and counts, what is done and what is given up.
void ShardApplier::take_away(StreamPage& page, const BatchResult& result,
                             const std::vector<bool>& given_up) {
  page.take_away([&](std::size_t i) {
    const Fate fate = result.fates[i];
    if (!is_done(fate) && !given_up[i]) return false;
    state_.fates.add(fate);
    if (given_up[i]) ++state_.letters;
    const std::optional<std::int64_t> time = page.changes()[i].created_at;
    if (time) state_.newest_time = std::max(state_.newest_time.value_or(*time), *time);
    return true;
  });
}

void ShardApplier::go_on(FollowedShard& shard) {
  shard.remove_page();
  shard.attempts = 0;
  shard.ready_at = parts_.clock.steady_now();
}

/// Logs failures once, when they begin to block the shard, and when records are given up; after
/// that only that the shard is blocked.
void ShardApplier::log_attempt(const FollowedShard& shard, const BatchResult& result,
                               const std::vector<bool>& given_up) {
  const bool gives_up = std::find(given_up.begin(), given_up.end(), true) != given_up.end();
  if (shard.attempts == 1 || gives_up || shard.is_stuck) {
    const StreamPage& page = shard.pages().front();
    std::vector<std::string_view> numbers;
    numbers.reserve(page.records().size());
    for (const PageRecord& record : page.records()) numbers.push_back(record.number);
    log_failures(parts_.logger,
                 {.changes = page.changes(), .sequence_numbers = numbers, .result = result});
  }
  if (shard.attempts > 0)
    parts_.logger.log(LogLevel::kWarn, shard.is_stuck ? "shard left" : "shard blocked",
                      {{"shard", shard.id()},
                       {"records", result.counts.not_done()},
                       {"attempts", shard.attempts}});
  // Pages are many, and the follower tells of them now and then.
  if (parts_.logger.enabled(LogLevel::kDebug)) log_done(parts_.logger, result);
}

}  // namespace streamonce::handler
