#include "handler/pipeline/derived_run.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "handler/pipeline/derived_plan.h"
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

/// What is known of a lane that removes rows which are other items'.
struct Removal {
  bool is_seen = false;               ///< whether the mark was read
  std::optional<Mark> mark = {};      ///< as it was read; none: there was none
  std::vector<std::size_t> left_out;  ///< the views whose rows it does not have
};

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
    bool any_done = false;
  };

  Round commit(const std::vector<Lane>& lanes);
  bool is_behind_its_mark(const Commit& commit, const Outcome& outcome) const;
  bool removes_anothers(const Plan& plan, const Commit& commit, const Outcome& outcome);
  std::optional<Records> go_on(const Round& round, std::size_t place);
  void read_marks(std::vector<Lane>& lanes);
  void leave_out(Plan& plan) const;
  Records settle_found(Records records, const events::Version& found);
  void keep(Round& round, std::size_t place);

  const std::span<const Change> changes_;
  const DerivedRun& run_;
  const SteadyTime deadline_;
  // What the rounds so far have come to: commits have no place in it, only their records.
  Plan done_;
  std::vector<Outcome> outcomes_;
  std::vector<RowEffect> rows_;
  // By where the lanes' ledger ids lie.
  std::unordered_set<const char*> collided_;           // lanes that were tried again
  std::unordered_map<const char*, Removal> removals_;  // lanes that remove others' rows
};

Rounds::Round Rounds::commit(const std::vector<Lane>& lanes) {
  Round round{.plan = plan_views(changes_, lanes, run_.tables, run_.plan), .outcomes = {}};
  if (!removals_.empty()) leave_out(round.plan);
  const std::vector<Commit>& commits = round.plan.commits;
  round.outcomes.resize(commits.size());
  if (!commits.empty()) run_.target.commit(commits, round.outcomes, deadline_);
  round.any_done = std::any_of(round.outcomes.begin(), round.outcomes.end(),
                               [](const Outcome& outcome) { return outcome.done(); });
  append(done_.refused, std::move(round.plan.refused));
  append(done_.settled, std::move(round.plan.settled));
  return round;
}

/// Gives the commits whose marks were read that condition, and takes the removals out of them whose
/// rows are other items'.
void Rounds::leave_out(Plan& plan) const {
  for (Commit& commit : plan.commits) {
    const auto found = removals_.find(commit.ledger_id.data());
    if (found == removals_.end() || !found->second.is_seen) continue;
    const Removal& removal = found->second;
    commit.seen = Seen{.mark = removal.mark ? &*removal.mark : nullptr};
    commit.oldest = nullptr;
    const auto first = static_cast<std::size_t>(commit.writes.data() - plan.writes.data());
    std::size_t kept = first;
    for (std::size_t i = first; i < first + commit.writes.size(); ++i) {
      const bool is_left_out = std::find(removal.left_out.begin(), removal.left_out.end(),
                                         plan.views[i]) != removal.left_out.end();
      if (is_left_out) continue;
      plan.writes[kept] = plan.writes[i];
      plan.views[kept++] = plan.views[i];
    }
    commit.writes = commit.writes.first(kept - first);
  }
}

/// Reads the marks of lanes that need them, and settles the records that these stand for. A lane of
/// no others is taken out of `lanes`, and one whose mark cannot be read, which has failed.
void Rounds::read_marks(std::vector<Lane>& lanes) {
  std::vector<Lane*> unread;
  std::vector<std::string_view> ids;
  for (Lane& lane : lanes) {
    const auto found = removals_.find(lane.ledger_id.data());
    if (found == removals_.end() || found->second.is_seen) continue;
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
    Removal& removal = removals_[ids[i].data()];
    removal.is_seen = true;
    removal.mark = *std::move(marks[i]);
    if (removal.mark) lane.records = settle_found(lane.records, removal.mark->version);
  }
  std::erase_if(lanes, [](const Lane& lane) { return lane.records.empty(); });
}

/// Whether the commit is to be tried again since it removes a row that is another item's, and notes
/// what is known of that.
bool Rounds::removes_anothers(const Plan& plan, const Commit& commit, const Outcome& outcome) {
  const char* const id = commit.ledger_id.data();
  if (outcome.result == CommitResult::kChanged && commit.seen) {
    // Somebody came in between: from the start.
    removals_[id] = {};
    return true;
  }
  if (!outcome.collides) return false;
  bool is_any = false;
  for (const std::size_t write : outcome.refused_writes) {
    STREAMONCE_CHECK(write < commit.writes.size());
    if (commit.writes[write].operation != Operation::kRemove) continue;
    is_any = true;
    Removal& removal = removals_[id];
    if (commit.seen) removal.left_out.push_back(plan.view_of(commit, write));
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

/// Keeps what came of a commit, for good.
void Rounds::keep(Round& round, std::size_t place) {
  const Records records = round.plan.records_of[place];
  const Commit& commit = round.plan.commits[place];
  Outcome& outcome = round.outcomes[place];
  if (!outcome.done() && !outcome.refused_writes.empty()) {
    STREAMONCE_CHECK(outcome.refused_writes[0] < commit.writes.size());
    const std::size_t view = round.plan.view_of(commit, outcome.refused_writes[0]);
    outcome.reason.insert(0, "view " + run_.tables.views()[view].name + ": ");
  }
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

/// The records of a commit that the lane goes on with in another round; none: what came of it is
/// what comes of it.
std::optional<Records> Rounds::go_on(const Round& round, std::size_t place) {
  const Commit& commit = round.plan.commits[place];
  const Outcome& outcome = round.outcomes[place];
  const Records records = round.plan.records_of[place];
  if (is_behind_its_mark(commit, outcome)) return settle_found(records, outcome.found->version);
  if (removes_anothers(round.plan, commit, outcome)) return records;
  const bool may_move = outcome.collides && round.any_done;
  if (may_move && collided_.insert(commit.ledger_id.data()).second) return records;
  return std::nullopt;
}

void Rounds::run(std::vector<Lane> lanes) {
  for (int number = 1; !lanes.empty(); ++number) {
    Round round = commit(lanes);
    const bool is_last = number == kRoundsMax || run_.clock.steady_now() >= deadline_;
    lanes.clear();
    for (std::size_t i = 0; i < round.outcomes.size(); ++i) {
      const std::optional<Records> records = is_last ? std::nullopt : go_on(round, i);
      if (records)
        lanes.push_back({.ledger_id = round.plan.commits[i].ledger_id, .records = *records});
      else
        keep(round, i);
    }
    read_marks(lanes);
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
