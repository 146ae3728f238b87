#include "handler/pipeline/derived_plan.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "handler/pipeline/shared_items.h"

namespace streamonce::handler {
namespace {

using events::Change;
using Records = std::span<const RecordIndex>;
using Memory = std::pmr::monotonic_buffer_resource;

/// The first block of memory for rows; further blocks are as large as they need to be.
constexpr std::size_t kRowBytesFirst = 16UL * 1024;

/// A lane's first record that cannot be applied.
struct Stop {
  std::size_t place = 0;  ///< in the lane
  std::string reason;     ///< empty: there is none
  bool is_expired = false;
  bool is_certain = false;  ///< whether it cannot be done already
};

/// What a lane, or its beginning, comes to.
struct Draft {
  std::size_t newest = 0;  ///< the place of the newest record that concerns a view; behind the
                           ///< last: there is none
  std::size_t oldest = 0;  ///< the place of the oldest record that a write follows from
};

class Planner {
 public:
  Planner(std::span<const Change> changes, DerivedTables& tables, const PlanOptions& options)
      : changes_(changes),
        tables_(tables),
        options_(options) {
    plan_.texts = std::make_unique<Memory>(kRowBytesFirst);
  }

  void add(const Lane& lane);
  void refuse_late(const Lane& lane);
  /// The plan of all lanes that were added.
  Plan finish();

 private:
  const Change& change_at(Records records, std::size_t place) const {
    return changes_[records[place]];
  }
  Stop first_stop(Records records, std::size_t& source) const;
  Stop draft_lane(Records records, std::size_t source, Memory& memory, Draft& draft);
  Stop take_record(Records records, std::size_t place, Memory& memory, Draft& draft);
  void commit_lane(const Lane& lane, Records records, const Draft& draft, std::size_t first_write);
  void put_removals_first();

  const std::span<const Change> changes_;
  DerivedTables& tables_;
  const PlanOptions& options_;
  Plan plan_;
  std::vector<std::size_t> first_writes_;  // of each commit
  std::vector<std::size_t> open_views_;    // those of the lane in hand that want a record
};

/// The first record that cannot be applied, whatever the views make of it.
Stop Planner::first_stop(Records records, std::size_t& source) const {
  const Change& first = change_at(records, 0);
  const std::optional<std::size_t> found = tables_.source_of(first.source);
  if (!found)
    return {.place = 0, .reason = tables_.why_no_source(first.source), .is_certain = true};
  source = *found;
  // All records of a lane have one key.
  if (std::string reason = tables_.why_other_key(source, first); !reason.empty())
    return {.place = 0, .reason = std::move(reason), .is_certain = true};
  for (std::size_t place = 0; place < records.size(); ++place)
    if (const std::string& problem = change_at(records, place).problem; !problem.empty())
      return {.place = place, .reason = problem};
  return {.place = records.size(), .reason = {}};
}

void Planner::refuse_late(const Lane& lane) {
  plan_.refused.push_back({.records = lane.records, .reason = "the deadline was near: not begun"});
}

void Planner::add(const Lane& lane) {
  std::size_t source = 0;
  Stop stop = first_stop(lane.records, source);
  const std::size_t first_write = plan_.writes.size();
  Draft draft;
  std::unique_ptr<Memory> drafts;  // of what is drafted anew
  Memory* memory = plan_.texts.get();
  while (stop.place > 0) {
    Stop earlier = draft_lane(lane.records.first(stop.place), source, *memory, draft);
    if (earlier.reason.empty()) break;
    stop = std::move(earlier);
    plan_.writes.resize(first_write);
    plan_.views.resize(first_write);
    // The rows of a lane of many records that fail are not all kept until the batch is done.
    if (drafts) drafts->release();
    if (!drafts) drafts = std::make_unique<Memory>(kRowBytesFirst);
    memory = drafts.get();
  }
  if (drafts && plan_.writes.size() > first_write) plan_.more_texts.push_back(std::move(drafts));
  if (!stop.reason.empty()) {
    plan_.refused.push_back({.records = lane.records.subspan(stop.place),
                             .is_expired = stop.is_expired,
                             .reason = std::move(stop.reason),
                             .ledger_id = stop.is_certain ? std::string_view() : lane.ledger_id});
  }
  if (stop.place > 0) commit_lane(lane, lane.records.first(stop.place), draft, first_write);
}

/// Finds each view's newest record in `records`, from the newest one on, and what it makes of it.
Stop Planner::draft_lane(Records records, std::size_t source, Memory& memory, Draft& draft) {
  draft = {.newest = records.size(), .oldest = records.size()};
  const std::span<const std::size_t> views = tables_.deriver().views_of(source);
  open_views_.assign(views.begin(), views.end());
  for (std::size_t place = records.size(); place-- > 0 && !open_views_.empty();) {
    Stop stop = take_record(records, place, memory, draft);
    if (!stop.reason.empty()) return stop;
  }
  return {};
}

/// Takes the rows of the views that have not had a newer record, and that this one concerns.
Stop Planner::take_record(Records records, std::size_t place, Memory& memory, Draft& draft) {
  const Change& change = change_at(records, place);
  views::Deriver& deriver = tables_.deriver();
  std::size_t still_open = 0;
  bool is_first = true;
  for (const std::size_t view : open_views_) {
    if (!deriver.concerns(view, change)) {
      open_views_[still_open++] = view;
      continue;
    }
    if (std::exchange(is_first, false)) {
      if (std::string reason = why_expired(change, options_); !reason.empty())
        return {.place = place,
                .reason = std::move(reason),
                .is_expired = change.created_at.has_value(),
                .is_certain = true};
      if (draft.newest == records.size()) draft.newest = place;
    }
    Result<views::Row> row = deriver.derive(view, change, memory);
    if (!row) return {.place = place, .reason = std::move(row).error().message};
    if (row->effect == views::Row::Effect::kNothing) continue;
    const bool is_put = row->effect == views::Row::Effect::kPut;
    plan_.writes.push_back({.operation = is_put ? Operation::kPut : Operation::kRemove,
                            .table = tables_.table_of(view),
                            .key = row->key,
                            .keys_json = row->keys_json,
                            .image_json = row->image_json,
                            .owner = row->owner});
    plan_.views.push_back(view);
    draft.oldest = place;
  }
  open_views_.resize(still_open);
  return {};
}

void Planner::commit_lane(const Lane& lane, Records records, const Draft& draft,
                          std::size_t first_write) {
  if (draft.newest == records.size()) {
    plan_.settled.push_back({.records = records, .fate = Fate::kFiltered});
    return;
  }
  const std::size_t count = draft.newest + 1;
  if (count < records.size())
    plan_.settled.push_back({.records = records.subspan(count), .fate = Fate::kFiltered});
  const Change& newest = change_at(records, draft.newest);
  Commit& commit = plan_.commits.emplace_back(make_commit(lane, newest, options_));
  if (draft.oldest < draft.newest) {
    const events::Version& oldest = change_at(records, draft.oldest).version;
    if (oldest < newest.version) commit.oldest = &oldest;
  }
  plan_.records_of.push_back(records.first(count));
  first_writes_.push_back(first_write);
}

/// Where two items may have one row, the one that leaves it goes first.
void Planner::put_removals_first() {
  std::vector<std::size_t> order(plan_.commits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_partition(order.begin(), order.end(), [&](std::size_t i) {
    const std::span<const Write> writes = plan_.commits[i].writes;
    return std::any_of(writes.begin(), writes.end(), [](const Write& write) {
      return write.operation == Operation::kRemove && !write.owner.empty();
    });
  });
  std::vector<Commit> commits;
  std::vector<Records> records_of;
  for (const std::size_t i : order) {
    commits.push_back(plan_.commits[i]);
    records_of.push_back(plan_.records_of[i]);
  }
  plan_.commits = std::move(commits);
  plan_.records_of = std::move(records_of);
}

Plan Planner::finish() {
  for (std::size_t i = 0; i < plan_.commits.size(); ++i) {
    const std::size_t end =
        i + 1 < first_writes_.size() ? first_writes_[i + 1] : plan_.writes.size();
    plan_.commits[i].writes = {plan_.writes.data() + first_writes_[i], end - first_writes_[i]};
  }
  if (tables_.may_share_rows()) put_removals_first();
  if (tables_.may_share_rows() || !is_of_one_source(changes_, plan_))
    note_shared_items(plan_.commits, plan_.places);
  return std::move(plan_);
}

}  // namespace

Plan plan_views(std::span<const Change> changes, std::span<const Lane> lanes, DerivedTables& tables,
                const PlanOptions& options, const PlanTime& time) {
  Planner planner(changes, tables, options);
  const std::uint64_t before = tables.deriver().bytes_made();
  std::size_t planned = 0;
  for (; planned < lanes.size(); ++planned) {
    if (tables.deriver().bytes_made() - before > kPlanBytesMax) break;
    if (time.clock.steady_now() < time.deadline)
      planner.add(lanes[planned]);
    else
      planner.refuse_late(lanes[planned]);
  }
  Plan plan = planner.finish();
  plan.lanes_left = lanes.size() - planned;
  return plan;
}

}  // namespace streamonce::handler
