#include "handler/pipeline/derived_run.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "handler/pipeline/derived_plan.h"
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
    std::vector<std::size_t> first_writes;  // of each commit, in Plan::views
    bool any_done = false;
  };

  Round commit(const std::vector<Lane>& lanes);
  bool is_behind_its_mark(const Commit& commit, const Outcome& outcome) const;
  Records settle_found(Records records, const events::Version& found);
  void keep(Round& round, std::size_t place);

  const std::span<const Change> changes_;
  const DerivedRun& run_;
  const SteadyTime deadline_;
  // What the rounds so far have come to: commits have no place in it, only their records.
  Plan done_;
  std::vector<Outcome> outcomes_;
  std::vector<RowEffect> rows_;
  std::unordered_set<const char*> collided_;  // the ledger ids of lanes that were tried again
};

Rounds::Round Rounds::commit(const std::vector<Lane>& lanes) {
  Round round{.plan = plan_views(changes_, lanes, run_.tables, run_.plan),
              .outcomes = {},
              .first_writes = {}};
  const std::vector<Commit>& commits = round.plan.commits;
  round.outcomes.resize(commits.size());
  if (!commits.empty()) run_.target.commit(commits, round.outcomes, deadline_);
  std::size_t writes = 0;
  for (const Commit& each : commits) {
    round.first_writes.push_back(writes);
    writes += each.writes.size();
  }
  round.any_done = std::any_of(round.outcomes.begin(), round.outcomes.end(),
                               [](const Outcome& outcome) { return outcome.done(); });
  append(done_.refused, std::move(round.plan.refused));
  append(done_.settled, std::move(round.plan.settled));
  return round;
}

/// Whether the mark stands for some of the records that the commit's rows follow from, and not for
/// all.
bool Rounds::is_behind_its_mark(const Commit& commit, const Outcome& outcome) const {
  return outcome.result == CommitResult::kChanged && commit.oldest && outcome.found &&
         !outcome.found->remembers && outcome.found->version >= *commit.oldest &&
         outcome.found->version < commit.version;
}

/// Settles the records that the mark stands for. @return the others
Records Rounds::settle_found(Records records, const events::Version& found) {
  const auto settle_up_to = [&](Fate fate, auto is_of_it) {
    const auto end = std::find_if_not(records.begin(), records.end(), is_of_it);
    const auto count = static_cast<std::size_t>(end - records.begin());
    if (count > 0) done_.settled.push_back({.records = records.first(count), .fate = fate});
    records = records.subspan(count);
  };
  settle_up_to(Fate::kStale, [&](RecordIndex i) { return changes_[i].version < found; });
  settle_up_to(Fate::kAlreadyApplied, [&](RecordIndex i) { return changes_[i].version == found; });
  STREAMONCE_CHECK(!records.empty());
  return records;
}

/// Keeps what came of a commit, for good.
void Rounds::keep(Round& round, std::size_t place) {
  const Records records = round.plan.records_of[place];
  const Commit& commit = round.plan.commits[place];
  Outcome& outcome = round.outcomes[place];
  const std::size_t first = round.first_writes[place];
  if (!outcome.done() && outcome.refused_write) {
    STREAMONCE_CHECK(*outcome.refused_write < commit.writes.size());
    const std::size_t view = round.plan.views[first + *outcome.refused_write];
    outcome.reason.insert(0, "view " + run_.tables.views()[view].name + ": ");
  }
  if (run_.tells_rows && outcome.result == CommitResult::kApplied) {
    for (std::size_t i = 0; i < commit.writes.size(); ++i) {
      rows_.push_back({.record = records.back(),
                       .view = round.plan.views[first + i],
                       .operation = commit.writes[i].operation});
    }
  }
  done_.records_of.push_back(records);
  outcomes_.push_back(std::move(outcome));
}

void Rounds::run(std::vector<Lane> lanes) {
  for (int number = 1; !lanes.empty(); ++number) {
    Round round = commit(lanes);
    const bool is_last = number == kRoundsMax || run_.clock.steady_now() >= deadline_;
    std::vector<Lane> open;
    for (std::size_t i = 0; i < round.outcomes.size(); ++i) {
      const Commit& commit = round.plan.commits[i];
      const Outcome& outcome = round.outcomes[i];
      Records records = round.plan.records_of[i];
      if (is_last) {
        keep(round, i);
      } else if (is_behind_its_mark(commit, outcome)) {
        records = settle_found(records, outcome.found->version);
        open.push_back({.ledger_id = commit.ledger_id, .records = records});
      } else if (outcome.collides && round.any_done &&
                 collided_.insert(commit.ledger_id.data()).second) {
        open.push_back({.ledger_id = commit.ledger_id, .records = records});
      } else {
        keep(round, i);
      }
    }
    lanes = std::move(open);
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
