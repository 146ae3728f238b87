#include "handler/pipeline/derived_run.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "handler/pipeline/derived_plan.h"
#include "handler/pipeline/seen_lanes.h"
#include "handler/targets/mark.h"
#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

using events::Change;
using Records = std::span<const RecordIndex>;

/// How many entries are read for one plan at most, and how many bytes they may have, as far as that
/// can be told from those that were read before.
constexpr std::size_t kEntriesReadMax = 1'000;
constexpr std::size_t kEntriesBytesMax = 16UL * 1024 * 1024;

template <class T>
void append(std::vector<T>& all, std::vector<T>&& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

class Rounds {
 public:
  Rounds(std::span<const Change> changes, const DerivedRun& run, SteadyTime deadline)
      : changes_(changes),
        run_(run),
        deadline_(deadline) {}

  void run(std::vector<Lane> lanes);
  BatchResult finish(const Groups& groups);

 private:
  /// A round's plan, and what came of it.
  struct Round {
    Plan plan;
    std::vector<Outcome> outcomes;
    std::vector<RefusedRecord> doubtful = {};  ///< those that may be done already
  };

  /// What becomes of a lane whose row is another item's.
  enum class Stage : std::uint8_t {
    kRetry,   ///< it is tried again
    kLeave,   ///< nothing else has moved: it leaves the rows that it has no more
    kGiveUp,  ///< there was nothing to leave either: it fails if still nothing moves
  };

  Round commit(const std::vector<Lane>& lanes);
  std::vector<Lane> pass(std::vector<Lane> lanes, bool is_final);
  std::vector<Lane> sort_out(Round& round, bool is_last);
  std::optional<Records> go_on(const Round& round, std::size_t place);
  bool is_to_be_made_anew(const Commit& commit, const Outcome& outcome) const;
  bool is_behind_its_mark(const Commit& commit, const Outcome& outcome) const;
  bool removes_anothers(const Plan& plan, const Commit& commit, const Outcome& outcome);
  bool start_leaving(Round& round, std::size_t place);
  void see_first(std::vector<Lane>& lanes);
  MarkPlace place_of(std::string_view ledger_id, Records records) const;
  std::size_t read_marks(std::vector<Lane>& lanes);
  Records see(std::string_view ledger_id, Records records, std::optional<Mark> mark);
  void settle_doubtful(Round& round, std::vector<Lane>& lanes);
  Records settle_found(Records records, const events::Version& found);
  void name_view(Round& round, std::size_t place) const;
  void keep(Round& round, std::size_t place);
  void tell_rows(const Plan& plan, const Commit& commit, RecordIndex record);

  const std::span<const Change> changes_;
  const DerivedRun& run_;
  const SteadyTime deadline_;
  // What the rounds so far have come to: commits have no place in it, only their records.
  Plan done_;
  std::vector<Outcome> outcomes_;
  std::vector<RowEffect> rows_;
  SeenLanes seen_;
  Stage stage_ = Stage::kRetry;
  // In the pass in hand:
  bool is_moving_ = false;   // whether any lane was done or goes on
  bool is_waiting_ = false;  // whether any waits for a row of another item
};

Rounds::Round Rounds::commit(const std::vector<Lane>& lanes) {
  const SteadyTime now = run_.clock.steady_now();
  // Half of the time is the target's: what is planned is to be done as well.
  const PlanTime time{.clock = run_.clock, .deadline = now + (deadline_ - now) / 2};
  Round round{.plan = plan_views(lanes, {.changes = changes_,
                                         .tables = run_.tables,
                                         .options = run_.plan,
                                         .time = time,
                                         .seen = seen_,
                                         .random = run_.random}),
              .outcomes = {}};
  const std::vector<Commit>& commits = round.plan.commits;
  round.outcomes.resize(commits.size());
  if (!commits.empty()) run_.target.commit(commits, round.outcomes, deadline_);
  for (RefusedRecord& refused : round.plan.refused)
    (refused.ledger_id.empty() ? done_.refused : round.doubtful).push_back(std::move(refused));
  append(done_.settled, std::move(round.plan.settled));
  return round;
}

/// Where the mark of a lane is.
MarkPlace Rounds::place_of(std::string_view ledger_id, Records records) const {
  const Change& change = changes_[records.front()];
  return {
      .ledger_id = ledger_id, .table = run_.tables.row_table_of(change.source), .key = &change.key};
}

/// Reads the marks of lanes that need them, and settles the records that these stand for. A lane of
/// no others is taken out of `lanes`, and one whose mark cannot be read, which has failed.
/// @return the bytes of the largest content, and one more; 0: none was read
std::size_t Rounds::read_marks(std::vector<Lane>& lanes) {
  std::vector<Lane*> unread;
  std::vector<MarkPlace> places;
  for (Lane& lane : lanes) {
    const auto found = seen_.find(lane.ledger_id.data());
    if (found == seen_.end() || found->second.is_seen) continue;
    unread.push_back(&lane);
    places.push_back(place_of(lane.ledger_id, lane.records));
  }
  if (places.empty()) return 0;
  std::vector<MarkResult> marks = run_.target.read_marks(places, Reading::kWhole, deadline_);
  STREAMONCE_CHECK(marks.size() == places.size());
  std::size_t largest = 1;
  for (std::size_t i = 0; i < places.size(); ++i) {
    Lane& lane = *unread[i];
    if (marks[i]) {
      if (*marks[i]) largest = std::max(largest, (*marks[i])->content.size() + 1);
      lane.records = see(lane.ledger_id, lane.records, *std::move(marks[i]));
      continue;
    }
    done_.refused.push_back({.records = lane.records,
                             .reason = "the mark could not be read: " + marks[i].error().message});
    seen_.erase(lane.ledger_id.data());
    lane.records = {};
  }
  std::erase_if(lanes, [](const Lane& lane) { return lane.records.empty(); });
  return largest;
}

/// Notes the entry of a lane, and settles the records that it stands for. @return the others
Records Rounds::see(std::string_view ledger_id, Records records, std::optional<Mark> mark) {
  if (mark) records = settle_found(records, mark->version);
  if (records.empty()) {
    seen_.erase(ledger_id.data());
    return records;
  }
  SeenLane& lane = seen_[ledger_id.data()];
  lane.is_seen = true;
  lane.mark = std::move(mark);
  return records;
}

/// Reads the entries that must be known before the next plan, and settles what they stand for.
void Rounds::see_first(std::vector<Lane>& lanes) {
  if (!run_.tables.remember_any() || run_.clock.steady_now() >= deadline_) return;
  const std::size_t count =
      std::min({lanes.size(), kEntriesReadMax, kEntriesBytesMax / run_.entry_bytes});
  for (const Lane& lane : std::span(lanes).first(count)) {
    const std::optional<std::size_t> source =
        run_.tables.source_of(changes_[lane.records.front()].source);
    if (source && run_.tables.remembers(*source)) seen_.try_emplace(lane.ledger_id.data());
  }
  const std::size_t largest = read_marks(lanes);
  if (largest > 0) run_.entry_bytes = std::max(largest, kEntriesBytesMax / kEntriesReadMax);
}

/// Finds out which refused records their marks stand for. What is behind such a one in its lane
/// goes into `lanes`.
void Rounds::settle_doubtful(Round& round, std::vector<Lane>& lanes) {
  // Where records before it were written, or could not be, no mark stands for the refused one.
  std::unordered_set<const char*> undecided;
  for (std::size_t i = 0; i < round.outcomes.size(); ++i) {
    const CommitResult result = round.outcomes[i].result;
    if (result != CommitResult::kStale && result != CommitResult::kAlreadyApplied)
      undecided.insert(round.plan.commits[i].ledger_id.data());
  }
  std::vector<RefusedRecord*> asked;
  std::vector<MarkPlace> places;
  for (RefusedRecord& refused : round.doubtful) {
    if (undecided.contains(refused.ledger_id.data())) {
      done_.refused.push_back(std::move(refused));
      continue;
    }
    asked.push_back(&refused);
    places.push_back(place_of(refused.ledger_id, refused.records));
  }
  if (places.empty()) return;
  const std::vector<MarkResult> marks =
      run_.target.read_marks(places, Reading::kVersions, deadline_);
  STREAMONCE_CHECK(marks.size() == places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Records records = asked[i]->records;
    // A mark that cannot be read leaves the record what it is: one that has failed.
    if (!marks[i] || !*marks[i] || (*marks[i])->version < changes_[records.front()].version) {
      done_.refused.push_back(std::move(*asked[i]));
      continue;
    }
    const Records rest = settle_found(records, (*marks[i])->version);
    if (!rest.empty()) lanes.push_back({.ledger_id = asked[i]->ledger_id, .records = rest});
  }
}

/// Whether the commit is to be tried again since it removes a row that is another item's, and notes
/// what is known of that.
bool Rounds::removes_anothers(const Plan& plan, const Commit& commit, const Outcome& outcome) {
  if (!outcome.collides) return false;
  bool is_any = false;
  for (const std::size_t write : outcome.refused_writes) {
    STREAMONCE_CHECK(write < commit.writes.size());
    if (commit.writes[write].operation != Operation::kRemove) continue;
    is_any = true;
    SeenLane& lane = seen_[commit.ledger_id.data()];
    if (commit.seen) leave_out(plan, commit, write, lane);
  }
  return is_any;
}

/// Whether the commit is to be made anew from the entry that came back.
bool Rounds::is_to_be_made_anew(const Commit& commit, const Outcome& outcome) const {
  return outcome.result == CommitResult::kChanged &&
         (commit.seen || (outcome.found && outcome.found->remembers));
}

/// Whether the mark stands for some of the records that the commit's rows follow from, and not for
/// all.
bool Rounds::is_behind_its_mark(const Commit& commit, const Outcome& outcome) const {
  return outcome.result == CommitResult::kChanged && commit.oldest != nullptr && outcome.found &&
         outcome.found->version >= *commit.oldest && outcome.found->version < commit.version;
}

/// Settles the records that a mark stands for. @return the others
Records Rounds::settle_found(Records records, const events::Version& found) {
  const auto settle_up_to = [&](Fate fate, auto is_of_it) {
    const auto end = std::find_if_not(records.begin(), records.end(), is_of_it);
    const auto count = static_cast<std::size_t>(end - records.begin());
    if (count > 0) done_.settled.push_back({.records = records.first(count), .fate = fate});
    records = records.subspan(count);
  };
  settle_up_to(Fate::kStale, [&](RecordIndex i) { return changes_[i].version < found; });
  settle_up_to(Fate::kAlreadyApplied, [&](RecordIndex i) { return changes_[i].version == found; });
  return records;
}

/// Lets the reason of a failure begin with the view whose row is refused, where that is known.
void Rounds::name_view(Round& round, std::size_t place) const {
  const Commit& commit = round.plan.commits[place];
  Outcome& outcome = round.outcomes[place];
  if (outcome.done()) return;
  std::size_t view = 0;
  if (!outcome.refused_writes.empty()) {
    STREAMONCE_CHECK(outcome.refused_writes[0] < commit.writes.size());
    view = round.plan.view_of(commit, outcome.refused_writes[0]);
  } else if (outcome.refused_addition) {
    STREAMONCE_CHECK(*outcome.refused_addition < commit.additions.size());
    view = round.plan.view_of_addition(commit, *outcome.refused_addition);
  } else {
    return;
  }
  outcome.reason.insert(0, "view " + run_.tables.views()[view].name + ": ");
}

/// Keeps what came of a commit, for good.
void Rounds::keep(Round& round, std::size_t place) {
  const Records records = round.plan.records_of[place];
  const Commit& commit = round.plan.commits[place];
  Outcome& outcome = round.outcomes[place];
  name_view(round, place);
  // A departure is none of the lane's changes.
  if (!commit.nonce.empty() && outcome.done())
    outcome = std::move(seen_[commit.ledger_id.data()].collision);
  if (run_.tells_rows && outcome.result == CommitResult::kApplied)
    tell_rows(round.plan, commit, records.back());
  done_.records_of.push_back(records);
  outcomes_.push_back(std::move(outcome));
  seen_.erase(commit.ledger_id.data());
}

void Rounds::tell_rows(const Plan& plan, const Commit& commit, RecordIndex record) {
  for (std::size_t i = 0; i < commit.writes.size(); ++i) {
    rows_.push_back({.record = record,
                     .view = plan.view_of(commit, i),
                     .operation = commit.writes[i].operation});
  }
  for (std::size_t i = 0; i < commit.additions.size(); ++i) {
    RowEffect& row =
        rows_.emplace_back(RowEffect{.record = record, .view = plan.view_of_addition(commit, i)});
    for (const Addend& addend : commit.additions[i].addends)
      row.amounts.push_back({.name = std::string(addend.name), .difference = addend.number});
  }
}

/// The records of a commit that the lane goes on with in another round, whatever others do; none:
/// there is no reason for that.
std::optional<Records> Rounds::go_on(const Round& round, std::size_t place) {
  const Commit& commit = round.plan.commits[place];
  const Outcome& outcome = round.outcomes[place];
  const Records records = round.plan.records_of[place];
  if (!commit.nonce.empty() && outcome.done()) {
    note_departure(round.plan, commit, seen_[commit.ledger_id.data()]);
    return records;
  }
  if (is_to_be_made_anew(commit, outcome)) {
    if (!commit.seen) run_.tables.note_memory(changes_[records.front()].source);
    // Somebody came in between: from the start.
    seen_.erase(commit.ledger_id.data());
    const std::shared_ptr<const Mark>& found = outcome.found;
    return see(commit.ledger_id, records, found ? std::optional(*found) : std::nullopt);
  }
  if (is_behind_its_mark(commit, outcome)) return settle_found(records, outcome.found->version);
  if (removes_anothers(round.plan, commit, outcome)) return records;
  return std::nullopt;
}

/// Has the lane of a commit that collides leave its rows next, if it may have some.
bool Rounds::start_leaving(Round& round, std::size_t place) {
  const Commit& commit = round.plan.commits[place];
  const char* const id = commit.ledger_id.data();
  const auto found = seen_.find(id);
  if (!can_leave(commit, found == seen_.end() ? nullptr : &found->second)) return false;
  name_view(round, place);
  SeenLane& lane = seen_[id];
  lane.is_leaving = true;
  lane.collision = std::move(round.outcomes[place]);
  return true;
}

/// Keeps what came of a round. @return the lanes that go on in another pass
std::vector<Lane> Rounds::sort_out(Round& round, bool is_last) {
  std::vector<Lane> lanes;
  std::vector<std::size_t> waiting;  // for rows of other items
  const auto add = [&](std::size_t place, Records records) {
    lanes.push_back({.ledger_id = round.plan.commits[place].ledger_id, .records = records});
  };
  for (std::size_t i = 0; i < round.outcomes.size(); ++i) {
    if (const std::optional<Records> records = go_on(round, i)) {
      is_moving_ = true;
      if (!records->empty()) add(i, *records);
    } else if (round.outcomes[i].collides) {
      waiting.push_back(i);
    } else {
      is_moving_ = is_moving_ || round.outcomes[i].done();
      keep(round, i);
    }
  }
  const bool is_alone = is_last && !is_waiting_ && !is_moving_;  // all that waits is in `waiting`
  if (is_alone || stage_ == Stage::kLeave)
    for (const std::size_t i : waiting) is_moving_ = start_leaving(round, i) || is_moving_;
  for (const std::size_t i : waiting) {
    if (!is_moving_ && (is_alone || stage_ == Stage::kGiveUp)) {
      keep(round, i);
    } else {
      is_waiting_ = true;
      add(i, round.plan.records_of[i]);
    }
  }
  return lanes;
}

/// Applies lanes in as many plans as it takes. @return those that go on in another pass
std::vector<Lane> Rounds::pass(std::vector<Lane> lanes, bool is_final) {
  is_moving_ = false;
  is_waiting_ = false;
  std::vector<Lane> again;
  for (see_first(lanes); !lanes.empty(); see_first(lanes)) {
    Round round = commit(lanes);
    // What had no room comes first in the next plan.
    lanes.erase(lanes.begin(), lanes.end() - static_cast<std::ptrdiff_t>(round.plan.lanes_left));
    if (is_final || run_.clock.steady_now() >= deadline_) {
      for (std::size_t i = 0; i < round.outcomes.size(); ++i) keep(round, i);
      append(done_.refused, std::move(round.doubtful));
      continue;
    }
    std::vector<Lane> more = sort_out(round, lanes.empty());
    read_marks(more);
    settle_doubtful(round, more);
    append(again, std::move(more));
  }
  return again;
}

void Rounds::run(std::vector<Lane> lanes) {
  for (int passes = 1; !lanes.empty(); ++passes) {
    const std::size_t kept = outcomes_.size();
    lanes = pass(std::move(lanes), passes == kPassesMax);
    const auto is_done = [](const Outcome& outcome) { return outcome.done(); };
    const auto first = outcomes_.begin() + static_cast<std::ptrdiff_t>(kept);
    if (std::any_of(first, outcomes_.end(), is_done)) passes = 0;
    if (is_moving_)
      stage_ = Stage::kRetry;
    else
      stage_ = stage_ == Stage::kRetry ? Stage::kLeave : Stage::kGiveUp;
  }
}

BatchResult Rounds::finish(const Groups& groups) {
  for (const RecordIndex& i : groups.unkeyed)
    done_.refused.push_back({.records = {&i, 1}, .reason = changes_[i].problem});
  done_.items = groups.lanes.size();
  BatchResult result = checkpoint(changes_, std::move(done_), outcomes_);
  result.rows = std::move(rows_);
  return result;
}

}  // namespace

BatchResult run_derived(std::span<const Change> changes, const Groups& groups,
                        const DerivedRun& run, SteadyTime deadline) {
  Rounds rounds(changes, run, deadline);
  rounds.run(groups.lanes);
  return rounds.finish(groups);
}

}  // namespace streamonce::handler
