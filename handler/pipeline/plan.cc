#include "handler/pipeline/plan.h"

#include <algorithm>
#include <utility>

#include "handler/pipeline/shared_items.h"

namespace streamonce::handler {
namespace {

using events::Change;

Write make_write(const Change& change, std::string_view target_table) {
  return {
      .operation = change.operation,
      .table = target_table.empty() ? change.source.table : target_table,
      .key = &change.key,
      .keys_json = change.keys_json,
      .image_json = change.image_json,
  };
}

/// Plans the commit of one lane, or of what comes before its first record that cannot be applied.
void plan_lane(std::span<const Change> changes, const Lane& lane, const PlanOptions& options,
               Plan& plan) {
  const auto sound = [&](RecordIndex i) { return changes[i].problem.empty(); };
  const auto bad = std::find_if_not(lane.records.begin(), lane.records.end(), sound);
  const auto sound_count = static_cast<std::size_t>(bad - lane.records.begin());
  if (bad != lane.records.end()) {
    plan.refused.push_back(
        {.records = lane.records.subspan(sound_count), .reason = changes[*bad].problem});
  }
  if (sound_count == 0) return;

  const std::span<const RecordIndex> records = lane.records.first(sound_count);
  const Change& newest = changes[records.back()];
  if (!options.written.empty()) {
    if (std::string reason = why_written(newest.source, options.written); !reason.empty()) {
      plan.refused.push_back({.records = records, .reason = std::move(reason)});
      return;
    }
  }
  if (std::string reason = why_expired(newest, options); !reason.empty()) {
    plan.refused.push_back({.records = records,
                            .is_expired = newest.created_at.has_value(),
                            .reason = std::move(reason)});
    return;
  }
  Commit& commit = plan.commits.emplace_back(make_commit(lane, newest, options));
  commit.was_there = changes[records.front()].event_name != events::EventName::kInsert;
  plan.writes.push_back(make_write(newest, options.target_table));
  plan.records_of.push_back(records);
}

bool same_source(const events::SourceTable& a, const events::SourceTable& b) {
  // Changes that follow each other nearly always share the very text of their table's name.
  if (a.table.data() == b.table.data()) return true;
  return a == b;
}

}  // namespace

std::string why_expired(const Change& change, const PlanOptions& options) {
  if (!options.retain) return {};
  if (!change.created_at) {
    return "ApproximateCreationDateTime is absent or of an unknown form: with retain_days set, a "
           "record's age must be known, as seconds since 1970 or as 2026-11-21T00:44:22Z";
  }
  const WallTime created{std::chrono::seconds(*change.created_at)};
  if (options.now - created <= *options.retain) return {};
  return "expired: older than retain_days, so the mark that would guard it may be gone";
}

Commit make_commit(const Lane& lane, const Change& change, const PlanOptions& options) {
  Commit commit{
      .ledger_id = lane.ledger_id,
      .version = change.version,
      .operation = change.operation,
      .at = change.created_at,
      .ttl = {},
      .writes = {},
  };
  // The ttl counts from now, not from the record's time: a mark must outlive every record that it
  // guards against, and a record may be applied by a process whose clock is behind ours.
  if (options.retain) {
    constexpr std::chrono::days kMargin{1};
    const auto now = std::chrono::floor<std::chrono::seconds>(options.now.time_since_epoch());
    commit.ttl = (now + *options.retain + kMargin).count();
  }
  return commit;
}

bool is_of_one_source(std::span<const Change> changes, const Plan& plan) {
  if (plan.records_of.empty()) return true;
  const events::SourceTable& first = changes[plan.records_of.front().front()].source;
  for (const std::span<const RecordIndex> records : plan.records_of)
    if (!same_source(changes[records.front()].source, first)) return false;
  return true;
}

Plan plan(std::span<const Change> changes, const Groups& groups, const PlanOptions& options) {
  Plan plan;
  plan.items = groups.lanes.size();
  plan.commits.reserve(groups.lanes.size());
  plan.records_of.reserve(groups.lanes.size());
  plan.writes.reserve(groups.lanes.size());  // never grows, so that views into it stay good
  for (const RecordIndex& i : groups.unkeyed)
    plan.refused.push_back({.records = {&i, 1}, .reason = changes[i].problem});
  for (const Lane& lane : groups.lanes) plan_lane(changes, lane, options, plan);
  for (std::size_t i = 0; i < plan.commits.size(); ++i)
    plan.commits[i].writes = {&plan.writes[i], 1};
  if (!is_of_one_source(changes, plan)) note_shared_items(plan.commits, plan.places);
  return plan;
}

}  // namespace streamonce::handler
