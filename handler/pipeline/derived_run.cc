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

  Round commit(const std::vector<Lane>& lanes);
  std::vector<Lane> sort_out(Round& round);
  std::optional<Records> go_on(const Round& round, std::size_t place);
  bool is_behind_its_mark(const Commit& commit, const Outcome& outcome) const;
  bool removes_anothers(const Plan& plan, const Commit& commit, const Outcome& outcome);
  bool start_leaving(Round& round, std::size_t place);
  void read_marks(std::vector<Lane>& lanes);
  void settle_doubtful(Round& round, std::vector<Lane>& lanes);
  Records settle_found(Records records, const events::Version& found);
  void name_view(Round& round, std::size_t place) const;
  void keep(Round& round, std::size_t place);

  const std::span<const Change> changes_;
  const DerivedRun& run_;
  const SteadyTime deadline_;
  // What the rounds so far have come to: commits have no place in it, only their records.
  Plan done_;
  std::vector<Outcome> outcomes_;
  std::vector<RowEffect> rows_;
  SeenLanes seen_;
};

Rounds::Round Rounds::commit(const std::vector<Lane>& lanes) {
  const SteadyTime now = run_.clock.steady_now();
  // Half of the time is the target's: what is planned is to be done as well.
  const PlanTime time{.clock = run_.clock, .deadline = now + (deadline_ - now) / 2};
  Round round{.plan = plan_views(changes_, lanes, run_.tables, run_.plan, time), .outcomes = {}};
  if (!seen_.empty()) make_from_seen(round.plan, seen_, run_.random);
  const std::vector<Commit>& commits = round.plan.commits;
  round.outcomes.resize(commits.size());
  if (!commits.empty()) run_.target.commit(commits, round.outcomes, deadline_);
  for (RefusedRecord& refused : round.plan.refused)
    (refused.ledger_id.empty() ? done_.refused : round.doubtful).push_back(std::move(refused));
  append(done_.settled, std::move(round.plan.settled));
  return round;
}

/// Reads the marks of lanes that need them, and settles the records that these stand for. A lane of
/// no others is taken out of `lanes`, and one whose mark cannot be read, which has failed.
void Rounds::read_marks(std::vector<Lane>& lanes) {
  std::vector<Lane*> unread;
  std::vector<std::string_view> ids;
  for (Lane& lane : lanes) {
    const auto found = seen_.find(lane.ledger_id.data());
    if (found == seen_.end() || found->second.is_read) continue;
    unread.push_back(&lane);
    ids.push_back(lane.ledger_id);
  }
  if (ids.empty()) return;
  std::vector<MarkResult> marks = run_.target.read_marks(ids, Reading::kWhole, deadline_);
  STREAMONCE_CHECK(marks.size() == ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Lane& lane = *unread[i];
    std::string reason;
    if (!marks[i])
      reason = "the mark could not be read: " + marks[i].error().message;
    else if (*marks[i] && (*marks[i])->remembers)
      reason = why_changed({.ledger_id = ids[i], .version = {}, .writes = {}}, &**marks[i]);
    if (!reason.empty()) {
      done_.refused.push_back({.records = lane.records, .reason = std::move(reason)});
      lane.records = {};
      continue;
    }
    SeenLane& seen = seen_[ids[i].data()];
    seen.is_read = true;
    seen.mark = *std::move(marks[i]);
    if (seen.mark) lane.records = settle_found(lane.records, seen.mark->version);
  }
  std::erase_if(lanes, [](const Lane& lane) { return lane.records.empty(); });
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
  std::vector<std::string_view> ids;
  for (RefusedRecord& refused : round.doubtful) {
    if (undecided.contains(refused.ledger_id.data())) {
      done_.refused.push_back(std::move(refused));
      continue;
    }
    asked.push_back(&refused);
    ids.push_back(refused.ledger_id);
  }
  if (ids.empty()) return;
  const std::vector<MarkResult> marks = run_.target.read_marks(ids, Reading::kVersions, deadline_);
  STREAMONCE_CHECK(marks.size() == ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Records records = asked[i]->records;
    // A mark that cannot be read leaves the record what it is: one that has failed.
    if (!marks[i] || !*marks[i] || (*marks[i])->version < changes_[records.front()].version) {
      done_.refused.push_back(std::move(*asked[i]));
      continue;
    }
    const Records rest = settle_found(records, (*marks[i])->version);
    if (!rest.empty()) lanes.push_back({.ledger_id = ids[i], .records = rest});
  }
}

/// Whether the commit is to be tried again since it removes a row that is another item's, and notes
/// what is known of that.
bool Rounds::removes_anothers(const Plan& plan, const Commit& commit, const Outcome& outcome) {
  const char* const id = commit.ledger_id.data();
  if (outcome.result == CommitResult::kChanged && commit.seen) {
    // Somebody came in between: from the start.
    seen_[id] = {};
    return true;
  }
  if (!outcome.collides) return false;
  bool is_any = false;
  for (const std::size_t write : outcome.refused_writes) {
    STREAMONCE_CHECK(write < commit.writes.size());
    if (commit.writes[write].operation != Operation::kRemove) continue;
    is_any = true;
    SeenLane& lane = seen_[id];
    if (commit.seen) lane.left_out.push_back(plan.view_of(commit, write));
  }
  return is_any;
}

/// Whether the mark stands for some of the records that the commit's rows follow from, and not for
/// all.
bool Rounds::is_behind_its_mark(const Commit& commit, const Outcome& outcome) const {
  return outcome.result == CommitResult::kChanged && commit.oldest != nullptr && outcome.found &&
         !outcome.found->remembers && outcome.found->version >= *commit.oldest &&
         outcome.found->version < commit.version;
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
  if (outcome.done() || outcome.refused_writes.empty()) return;
  STREAMONCE_CHECK(outcome.refused_writes[0] < commit.writes.size());
  const std::size_t view = round.plan.view_of(commit, outcome.refused_writes[0]);
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
  if (run_.tells_rows && outcome.result == CommitResult::kApplied) {
    for (std::size_t i = 0; i < commit.writes.size(); ++i) {
      rows_.push_back({.record = records.back(),
                       .view = round.plan.view_of(commit, i),
                       .operation = commit.writes[i].operation});
    }
  }
  done_.records_of.push_back(records);
  outcomes_.push_back(std::move(outcome));
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

/// Keeps what came of a round. @return the lanes of the next one
std::vector<Lane> Rounds::sort_out(Round& round) {
  std::vector<Lane> lanes;
  std::vector<std::size_t> waiting;  // for rows of other items
  const auto add = [&](std::size_t place, Records records) {
    lanes.push_back({.ledger_id = round.plan.commits[place].ledger_id, .records = records});
  };
  bool is_moving = round.plan.lanes_left > 0;
  for (std::size_t i = 0; i < round.outcomes.size(); ++i) {
    if (const std::optional<Records> records = go_on(round, i)) {
      add(i, *records);
    } else if (round.outcomes[i].collides) {
      waiting.push_back(i);
    } else {
      is_moving = is_moving || round.outcomes[i].done();
      keep(round, i);
    }
  }
  is_moving = is_moving || !lanes.empty();
  // Nothing else moves: those who may have rows that others wait for leave them.
  if (!is_moving)
    for (const std::size_t i : waiting) is_moving = start_leaving(round, i) || is_moving;
  for (const std::size_t i : waiting) {
    if (is_moving)
      add(i, round.plan.records_of[i]);
    else
      keep(round, i);
  }
  return lanes;
}

void Rounds::run(std::vector<Lane> lanes) {
  for (int number = 1; !lanes.empty();) {
    Round round = commit(lanes);
    // What had no room comes first in the next plan.
    lanes.erase(lanes.begin(), lanes.end() - static_cast<std::ptrdiff_t>(round.plan.lanes_left));
    if (number == kRoundsMax || run_.clock.steady_now() >= deadline_) {
      for (std::size_t i = 0; i < round.outcomes.size(); ++i) keep(round, i);
      append(done_.refused, std::move(round.doubtful));
      continue;
    }
    if (lanes.empty()) ++number;
    std::vector<Lane> again = sort_out(round);
    read_marks(again);
    settle_doubtful(round, again);
    append(lanes, std::move(again));
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
