#include "handler/pipeline/repair.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "handler/pipeline/derived_plan.h"
#include "handler/pipeline/group.h"
#include "runtime/base/check.h"
#include "runtime/base/random_text.h"

namespace streamonce::handler {
namespace {

using events::Change;

class Repair {
 public:
  Repair(std::span<const RepairInput> inputs, const RepairRun& run, SteadyTime deadline)
      : inputs_(inputs),
        run_(run),
        deadline_(deadline) {}

  std::vector<Outcome> work();

 private:
  void take_changes();
  void commit(Plan plan);
  void keep(Commit& commit, const RepairInput& input);

  const std::span<const RepairInput> inputs_;
  const RepairRun& run_;
  const SteadyTime deadline_;
  std::vector<Change> changes_;
  std::vector<std::string> nonces_;
  std::vector<Outcome> outcomes_;
};

/// The items as changes that are as young as can be: a repair is not refused for its age.
void Repair::take_changes() {
  const auto now = std::chrono::floor<std::chrono::seconds>(run_.clock.now().time_since_epoch());
  changes_.reserve(inputs_.size());
  for (const RepairInput& input : inputs_) {
    STREAMONCE_CHECK(input.seen == nullptr || input.seen->version == input.item.version);
    Change& change = changes_.emplace_back(input.item);
    change.created_at = now.count();
    const bool is_put = change.operation == Operation::kPut;
    change.event_name = is_put ? events::EventName::kModify : events::EventName::kRemove;
    // An item that is gone may have expired: views that keep such rows keep theirs.
    change.expired_by_ttl = !is_put;
  }
}

/// Has `commit` keep the version of the entry that was read, and what people see of it.
void Repair::keep(Commit& commit, const RepairInput& input) {
  commit.seen = Seen{.mark = input.seen};
  commit.nonce = nonces_.emplace_back(random_hex(run_.random));
  if (input.seen != nullptr) commit.at = input.seen->at;
}

void Repair::commit(Plan plan) {
  std::vector<std::size_t> places;
  places.reserve(plan.commits.size());
  for (std::size_t i = 0; i < plan.commits.size(); ++i) {
    places.push_back(plan.records_of[i].front());
    keep(plan.commits[i], inputs_[places[i]]);
  }
  for (RefusedRecord& refused : plan.refused)
    outcomes_[refused.records.front()].reason = std::move(refused.reason);
  for (const SettledRecords& settled : plan.settled)
    outcomes_[settled.records.front()].result = CommitResult::kAlreadyApplied;
  std::vector<Outcome> outcomes(plan.commits.size());
  if (!outcomes.empty()) run_.target.commit(plan.commits, outcomes, deadline_);
  for (std::size_t i = 0; i < places.size(); ++i) outcomes_[places[i]] = std::move(outcomes[i]);
}

std::vector<Outcome> Repair::work() {
  outcomes_.resize(inputs_.size());
  nonces_.reserve(inputs_.size());  // never grows, so that views into it stay good
  take_changes();
  const Groups groups = group(changes_, run_.pipeline);
  if (run_.tables == nullptr) {
    commit(plan(changes_, groups, run_.plan));
    return std::move(outcomes_);
  }
  SeenLanes seen;
  for (const Lane& lane : groups.lanes) {
    const RepairInput& input = inputs_[lane.records.front()];
    SeenLane& known = seen[lane.ledger_id.data()];
    known.is_seen = true;
    if (input.seen != nullptr) known.mark = *input.seen;
    known.strays = input.strays;
  }
  for (std::span<const Lane> lanes = groups.lanes; !lanes.empty();) {
    Plan planned = plan_views(lanes, {.changes = changes_,
                                      .tables = *run_.tables,
                                      .options = run_.plan,
                                      .time = {.clock = run_.clock, .deadline = deadline_},
                                      .seen = seen,
                                      .random = run_.random,
                                      .repairs = true});
    lanes = lanes.last(planned.lanes_left);
    commit(std::move(planned));
  }
  return std::move(outcomes_);
}

}  // namespace

std::vector<Outcome> repair(std::span<const RepairInput> inputs, const RepairRun& run,
                            SteadyTime deadline) {
  return Repair(inputs, run, deadline).work();
}

}  // namespace streamonce::handler
