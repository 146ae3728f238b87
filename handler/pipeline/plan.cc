#include "handler/pipeline/plan.h"

#include <algorithm>
#include <utility>

#include "handler/pipeline/shared_items.h"

namespace streamonce::handler {
namespace {

using events::EventName;
using events::StreamRecord;
using events::StreamViewType;

bool lacks_image(const StreamRecord& record) {
  return record.event_name != EventName::kRemove && record.new_image_json.empty();
}

std::string why_not(const StreamRecord& record) {
  if (!record.problem.empty()) return record.problem;
  if (lacks_image(record)) return "NewImage is absent, and the view type does not explain it";
  return {};
}

/// Why a record is, or may be, too old for a ledger whose marks go after a time; empty: it is not.
std::string why_expired(const StreamRecord& record, const PlanOptions& options) {
  if (!options.retain) return {};
  if (!record.created_at) {
    return "ApproximateCreationDateTime is absent or of an unknown form: with retain_days set, a "
           "record's age must be known, as seconds since 1970 or as 2026-11-21T00:44:22Z";
  }
  const WallTime created{std::chrono::seconds(*record.created_at)};
  if (options.now - created <= *options.retain) return {};
  return "expired: older than retain_days, so the mark that would guard it may be gone";
}

Commit make_commit(const Lane& lane, const StreamRecord& record, const PlanOptions& options) {
  Commit commit{
      .ledger_id = lane.ledger_id,
      .version = events::Version(record.stream.label, record.sequence_number),
      .operation = record.event_name == EventName::kRemove ? Operation::kRemove : Operation::kPut,
      .at = record.created_at,
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

Write make_write(const StreamRecord& record, Operation operation, std::string_view target_table) {
  return {
      .operation = operation,
      .table = target_table.empty() ? record.stream.table : target_table,
      .key = &record.key,
      .keys_json = record.keys_json,
      .image_json = operation == Operation::kPut ? record.new_image_json : std::string_view(),
  };
}

/// Plans the commit of one lane, or of what comes before its first record that cannot be applied.
void plan_lane(const events::StreamBatch& batch, const Lane& lane, const PlanOptions& options,
               Plan& plan) {
  const auto sound = [&](RecordIndex i) { return why_not(batch.records[i]).empty(); };
  const auto bad = std::find_if_not(lane.records.begin(), lane.records.end(), sound);
  const auto sound_count = static_cast<std::size_t>(bad - lane.records.begin());
  if (bad != lane.records.end()) {
    plan.refused.push_back(
        {.records = lane.records.subspan(sound_count), .reason = why_not(batch.records[*bad])});
  }
  if (sound_count == 0) return;

  const std::span<const RecordIndex> records = lane.records.first(sound_count);
  const StreamRecord& newest = batch.records[records.back()];
  if (std::string reason = why_expired(newest, options); !reason.empty()) {
    plan.refused.push_back({.records = records,
                            .is_expired = newest.created_at.has_value(),
                            .reason = std::move(reason)});
    return;
  }
  const Commit& commit = plan.commits.emplace_back(make_commit(lane, newest, options));
  plan.writes.push_back(make_write(newest, commit.operation, options.target_table));
  plan.records_of.push_back(records);
}

bool same_source(const events::StreamArn& a, const events::StreamArn& b) {
  // Records that follow each other nearly always share the very text of their ARN.
  if (a.table.data() == b.table.data()) return true;
  return a.table == b.table && a.account == b.account && a.region == b.region;
}

/// Whether all commits are of one source table. Then no two of them write one item, since each lane
/// is an item of its own.
bool is_of_one_source(const events::StreamBatch& batch, const Plan& plan) {
  if (plan.records_of.empty()) return true;
  const events::StreamArn& first = batch.records[plan.records_of.front().front()].stream;
  for (const std::span<const RecordIndex> records : plan.records_of)
    if (!same_source(batch.records[records.front()].stream, first)) return false;
  return true;
}

}  // namespace

bool lacks_image_by_view_type(const StreamRecord& record) {
  return record.problem.empty() && lacks_image(record) &&
         (record.view_type == StreamViewType::kKeysOnly ||
          record.view_type == StreamViewType::kOldImage);
}

Result<Plan> plan(const events::StreamBatch& batch, const Groups& groups,
                  const PlanOptions& options) {
  const auto view_type_at_fault =
      std::find_if(batch.records.begin(), batch.records.end(), lacks_image_by_view_type);
  if (view_type_at_fault != batch.records.end()) {
    return Error{ErrorCode::kInvalidArgument,
                 "Records[" + std::to_string(view_type_at_fault - batch.records.begin()) +
                     "] has no NewImage, since the stream's view type is " +
                     std::string(name_of(view_type_at_fault->view_type)) +
                     ": the stream needs the view type NEW_IMAGE or NEW_AND_OLD_IMAGES"};
  }

  Plan plan;
  plan.items = groups.lanes.size();
  plan.commits.reserve(groups.lanes.size());
  plan.records_of.reserve(groups.lanes.size());
  plan.writes.reserve(groups.lanes.size());  // never grows, so that views into it stay good
  for (const RecordIndex& i : groups.unkeyed)
    plan.refused.push_back({.records = {&i, 1}, .reason = why_not(batch.records[i])});
  for (const Lane& lane : groups.lanes) plan_lane(batch, lane, options, plan);
  for (std::size_t i = 0; i < plan.commits.size(); ++i)
    plan.commits[i].writes = {&plan.writes[i], 1};
  if (!is_of_one_source(batch, plan)) note_shared_items(plan.commits, plan.places);
  return plan;
}

}  // namespace streamonce::handler
