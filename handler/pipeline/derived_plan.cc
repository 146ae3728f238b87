#include "handler/pipeline/derived_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "handler/pipeline/shared_items.h"
#include "handler/views/difference.h"
#include "runtime/base/random_text.h"

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
  std::string_view content = {};  ///< of the entry from then on
  bool is_departure = false;
};

/// A lane in hand.
struct LaneInHand {
  const Lane& lane;
  std::size_t source = 0;
  SeenLane* seen = nullptr;  ///< null: its entry was not seen
};

/// How many writes and additions there are.
struct Extents {
  std::size_t writes = 0;
  std::size_t additions = 0;
};

class Planner {
 public:
  explicit Planner(const ViewsPlanning& planning)
      : changes_(planning.changes),
        tables_(planning.tables),
        options_(planning.options),
        seen_(planning.seen),
        random_(planning.random),
        repairs_(planning.repairs) {
    plan_.texts = std::make_unique<Memory>(kRowBytesFirst);
  }

  /// Whether the lane's entry must be seen first.
  bool must_wait(const Lane& lane) const;
  void add(const Lane& lane);
  void refuse_late(const Lane& lane);
  /// The bytes of what entries are to hold.
  std::uint64_t content_bytes() const { return content_bytes_; }
  /// The plan of all lanes that were added.
  Plan finish();

 private:
  const Change& change_at(Records records, std::size_t place) const {
    return changes_[records[place]];
  }
  SeenLane* find_seen(const Lane& lane) const;
  Extents extents() const {
    return {.writes = plan_.writes.size(), .additions = plan_.additions.size()};
  }
  void cut_to(const Extents& extents);
  Stop first_stop(LaneInHand& lane) const;
  Stop draft_lane(const LaneInHand& lane, Records records, Memory& memory, Draft& draft);
  Stop take_record(const LaneInHand& lane, Records records, std::size_t place, Memory& memory,
                   Draft& draft);
  Status make_rows(const LaneInHand& lane, std::size_t view, const Change& change, Memory& memory);
  Stop take_difference(const LaneInHand& lane, Records records, Memory& memory, Draft& draft);
  Result<views::Difference> difference_of(const SeenLane& seen, const Change& newest,
                                          views::Extent extent, Memory& memory) const;
  bool take_departure(const SeenLane& seen, const views::Difference& difference, Draft& draft);
  void add_row(std::size_t view, const views::Row& row);
  void add_group(const views::GroupChange& group, Memory& memory);
  void commit_lane(const LaneInHand& lane, Records records, const Draft& draft,
                   const Extents& first);
  void put_moves_in_order();

  const std::span<const Change> changes_;
  DerivedTables& tables_;
  const PlanOptions& options_;
  SeenLanes& seen_;
  std::mt19937_64& random_;
  const bool repairs_;
  Plan plan_;
  std::vector<Extents> firsts_;          // of each commit
  std::vector<std::size_t> open_views_;  // those of the lane in hand that want a record
  std::vector<views::Made> made_;        // of the lane in hand, where its entry was seen
  std::uint64_t content_bytes_ = 0;
};

/// What is known of the lane's entry; null: it was not seen.
SeenLane* Planner::find_seen(const Lane& lane) const {
  if (seen_.empty()) return nullptr;
  const auto found = seen_.find(lane.ledger_id.data());
  return found == seen_.end() || !found->second.is_seen ? nullptr : &found->second;
}

bool Planner::must_wait(const Lane& lane) const {
  if (!tables_.remember_any()) return false;
  const std::optional<std::size_t> source =
      tables_.source_of(changes_[lane.records.front()].source);
  return source && tables_.remembers(*source) && find_seen(lane) == nullptr;
}

void Planner::cut_to(const Extents& extents) {
  plan_.writes.resize(extents.writes);
  plan_.views.resize(extents.writes);
  plan_.additions.resize(extents.additions);
  plan_.addition_views.resize(extents.additions);
}

/// The first record that cannot be applied, whatever the views make of it.
Stop Planner::first_stop(LaneInHand& lane) const {
  const Records records = lane.lane.records;
  const Change& first = change_at(records, 0);
  if (std::string reason = why_written(first.source, options_.written); !reason.empty())
    return {.place = 0, .reason = std::move(reason), .is_certain = true};
  const std::optional<std::size_t> found = tables_.source_of(first.source);
  if (!found)
    return {.place = 0, .reason = tables_.why_no_source(first.source), .is_certain = true};
  lane.source = *found;
  // All records of a lane have one key.
  if (std::string reason = tables_.why_other_key(lane.source, first); !reason.empty())
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
  LaneInHand in_hand{.lane = lane, .seen = find_seen(lane)};
  Stop stop = first_stop(in_hand);
  const Extents first = extents();
  Draft draft;
  std::unique_ptr<Memory> drafts;  // of what is drafted anew
  Memory* memory = plan_.texts.get();
  while (stop.place > 0) {
    Stop earlier = draft_lane(in_hand, lane.records.first(stop.place), *memory, draft);
    if (earlier.reason.empty()) break;
    stop = std::move(earlier);
    cut_to(first);
    // The rows of a lane of many records that fail are not all kept until the batch is done.
    if (drafts) drafts->release();
    if (!drafts) drafts = std::make_unique<Memory>(kRowBytesFirst);
    memory = drafts.get();
  }
  const bool has_texts = plan_.writes.size() > first.writes ||
                         plan_.additions.size() > first.additions || !draft.content.empty();
  if (drafts && has_texts) plan_.more_texts.push_back(std::move(drafts));
  if (!stop.reason.empty()) {
    // Records that an entry stands for which was seen are no more in the lane.
    const bool is_certain = stop.is_certain || in_hand.seen != nullptr;
    plan_.refused.push_back({.records = lane.records.subspan(stop.place),
                             .is_expired = stop.is_expired,
                             .reason = std::move(stop.reason),
                             .ledger_id = is_certain ? std::string_view() : lane.ledger_id});
  }
  const std::size_t commits = plan_.commits.size();
  if (stop.place > 0) commit_lane(in_hand, lane.records.first(stop.place), draft, first);
  content_bytes_ += draft.content.size();
  if (plan_.commits.size() == commits) seen_.erase(lane.ledger_id.data());  // it is needed no more
}

/// Finds each view's newest record in `records`, from the newest one on, and what it makes of it.
Stop Planner::draft_lane(const LaneInHand& lane, Records records, Memory& memory, Draft& draft) {
  draft = {.newest = records.size(), .oldest = records.size()};
  made_.clear();
  const std::span<const std::size_t> views = tables_.deriver().views_of(lane.source);
  open_views_.assign(views.begin(), views.end());
  if (repairs_) {
    std::erase_if(open_views_, [this](std::size_t view) {
      return !views::follows_from_image(tables_.views()[view]);
    });
  }
  for (std::size_t place = records.size(); place-- > 0 && !open_views_.empty();) {
    Stop stop = take_record(lane, records, place, memory, draft);
    if (!stop.reason.empty()) return stop;
  }
  if (lane.seen == nullptr || draft.newest == records.size()) return {};
  return take_difference(lane, records, memory, draft);
}

/// Takes the rows of the views that have not had a newer record, and that this one concerns.
Stop Planner::take_record(const LaneInHand& lane, Records records, std::size_t place,
                          Memory& memory, Draft& draft) {
  const Change& change = change_at(records, place);
  const std::uint64_t before = tables_.deriver().bytes_made();
  std::size_t still_open = 0;
  bool is_first = true;
  for (const std::size_t view : open_views_) {
    if (!tables_.deriver().concerns(view, change)) {
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
    const Extents first = extents();
    if (Status made = make_rows(lane, view, change, memory); !made)
      return {.place = place, .reason = std::move(made).error().message};
    if (plan_.writes.size() > first.writes) draft.oldest = place;
    if (tables_.deriver().bytes_made() - before > kItemRowsBytesMax)
      return {.place = place,
              .reason = "the rows that the views have of this item come to more than " +
                        std::to_string(kItemRowsBytesMax) + " bytes"};
  }
  open_views_.resize(still_open);
  return {};
}

/// Makes what `view` has after `change`: writes, or where the entry was seen what a difference is
/// made from.
Status Planner::make_rows(const LaneInHand& lane, std::size_t view, const Change& change,
                          Memory& memory) {
  if (lane.seen != nullptr) {
    made_.push_back(
        {.view = view,
         .derived = STREAMONCE_TRY(tables_.deriver().derive_all(view, change, memory))});
    return {};
  }
  const views::Row row = STREAMONCE_TRY(tables_.deriver().derive(view, change, memory));
  if (row.effect != views::Row::Effect::kNothing) add_row(view, row);
  return {};
}

void Planner::add_row(std::size_t view, const views::Row& row) {
  const bool is_put = row.effect == views::Row::Effect::kPut;
  plan_.writes.push_back({.operation = is_put ? Operation::kPut : Operation::kRemove,
                          .table = tables_.table_of(view),
                          .key = row.key,
                          .keys_json = row.keys_json,
                          .image_json = row.image_json,
                          .owner = row.owner});
  plan_.views.push_back(view);
}

void Planner::add_group(const views::GroupChange& group, Memory& memory) {
  const std::size_t count = group.amounts.size();
  Addend* const addends = std::pmr::polymorphic_allocator<Addend>(&memory).allocate(count);
  std::transform(group.amounts.begin(), group.amounts.end(), addends,
                 [](const views::AmountChange& amount) {
                   return Addend{.name = amount.name, .number = amount.difference};
                 });
  plan_.additions.push_back({.table = tables_.table_of(group.view),
                             .key = group.key,
                             .keys_json = group.keys_json,
                             .addends = {addends, count}});
  plan_.addition_views.push_back(group.view);
}

Result<views::Difference> Planner::difference_of(const SeenLane& seen, const Change& newest,
                                                 views::Extent extent, Memory& memory) const {
  return views::make_difference(
      {.views = tables_.deriver().views(),
       .tables = tables_.view_tables(),
       .item = newest.key,
       .keys_json = newest.keys_json,
       .made = made_,
       .content = seen.mark ? std::string_view(seen.mark->content) : std::string_view(),
       .content_bytes_max = kContentBytesMax,
       .strays = seen.strays,
       .extent = extent},
      memory);
}

/// Makes the writes of a lane whose entry was seen.
Stop Planner::take_difference(const LaneInHand& lane, Records records, Memory& memory,
                              Draft& draft) {
  SeenLane& seen = *lane.seen;
  const Change& newest = change_at(records, draft.newest);
  const auto stop = [&](Error error) {
    // What the entry remembers cannot be read, whatever the record.
    const bool is_entry = error.code == ErrorCode::kProtocol;
    if (is_entry) error = with_context("the ledger's entry", std::move(error));
    return Stop{.place = is_entry ? 0 : draft.newest, .reason = std::move(error.message)};
  };
  if (seen.is_leaving) {
    Result<views::Difference> leaving =
        difference_of(seen, newest, views::Extent::kLeaving, memory);
    if (!leaving) return stop(std::move(leaving).error());
    seen.is_leaving = take_departure(seen, *leaving, draft);
    if (seen.is_leaving) return {};
  }
  Result<views::Difference> difference = difference_of(seen, newest, views::Extent::kWhole, memory);
  if (!difference) return stop(std::move(difference).error());
  for (const views::RowChange& change : difference->rows) {
    const bool is_put = change.row.effect == views::Row::Effect::kPut;
    if (is_put || !is_left_out(seen, change.view, *change.row.key))
      add_row(change.view, change.row);
  }
  for (const views::GroupChange& group : difference->groups) add_group(group, memory);
  draft.content = difference->content;
  return {};
}

/// Makes the removals of a departure.
/// @return whether there is any
bool Planner::take_departure(const SeenLane& seen, const views::Difference& difference,
                             Draft& draft) {
  if (!seen.mark) return false;
  const std::size_t first = plan_.writes.size();
  for (const views::RowChange& change : difference.rows)
    if (!is_left_out(seen, change.view, *change.row.key)) add_row(change.view, change.row);
  draft.content = difference.content;
  draft.is_departure = plan_.writes.size() > first;
  return draft.is_departure;
}

void Planner::commit_lane(const LaneInHand& lane, Records records, const Draft& draft,
                          const Extents& first) {
  if (draft.newest == records.size()) {
    plan_.settled.push_back({.records = records, .fate = Fate::kFiltered});
    return;
  }
  const std::size_t count = draft.newest + 1;
  if (count < records.size())
    plan_.settled.push_back({.records = records.subspan(count), .fate = Fate::kFiltered});
  const Change& newest = change_at(records, draft.newest);
  Commit& commit = plan_.commits.emplace_back(make_commit(lane.lane, newest, options_));
  commit.was_there = change_at(records, 0).event_name != events::EventName::kInsert;
  if (SeenLane* seen = lane.seen; seen != nullptr) {
    commit.seen = Seen{.mark = seen->mark ? &*seen->mark : nullptr};
    commit.content = draft.content;
    if (draft.is_departure) {
      seen->nonce = random_hex(random_);
      commit.nonce = seen->nonce;
      commit.version = seen->mark->version;
      commit.operation = Operation::kRemove;
    }
  } else if (draft.oldest < draft.newest) {
    const events::Version& oldest = change_at(records, draft.oldest).version;
    if (oldest < newest.version) commit.oldest = &oldest;
  }
  plan_.records_of.push_back(records.first(count));
  firsts_.push_back(first);
}

/// Where two items may have one row, the one that leaves it goes first.
void Planner::put_moves_in_order() {
  const std::vector<CommitPlace> order = order_of_moves(plan_.commits);
  std::vector<Commit> commits;
  std::vector<Records> records_of;
  commits.reserve(order.size());
  records_of.reserve(order.size());
  for (const CommitPlace i : order) {
    commits.push_back(plan_.commits[i]);
    records_of.push_back(plan_.records_of[i]);
  }
  plan_.commits = std::move(commits);
  plan_.records_of = std::move(records_of);
}

Plan Planner::finish() {
  for (std::size_t i = 0; i < plan_.commits.size(); ++i) {
    const Extents end = i + 1 < firsts_.size() ? firsts_[i + 1] : extents();
    const Extents& first = firsts_[i];
    Commit& commit = plan_.commits[i];
    commit.writes = {plan_.writes.data() + first.writes, end.writes - first.writes};
    commit.additions = {plan_.additions.data() + first.additions, end.additions - first.additions};
  }
  if (tables_.may_share_rows()) put_moves_in_order();
  if (tables_.may_share_rows() || !is_of_one_source(changes_, plan_))
    note_shared_items(plan_.commits, plan_.places);
  return std::move(plan_);
}

}  // namespace

Plan plan_views(std::span<const Lane> lanes, const ViewsPlanning& planning) {
  Planner planner(planning);
  const views::Deriver& deriver = planning.tables.deriver();
  const std::uint64_t before = deriver.bytes_made();
  std::size_t planned = 0;
  for (; planned < lanes.size(); ++planned) {
    if (deriver.bytes_made() - before + planner.content_bytes() > kPlanBytesMax) break;
    if (planning.time.clock.steady_now() >= planning.time.deadline)
      planner.refuse_late(lanes[planned]);
    else if (planner.must_wait(lanes[planned]))
      break;
    else
      planner.add(lanes[planned]);
  }
  Plan plan = planner.finish();
  plan.lanes_left = lanes.size() - planned;
  return plan;
}

}  // namespace streamonce::handler
