#include "handler/pipeline/repair.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "handler/pipeline/derived_plan.h"
#include "handler/pipeline/group.h"
#include "runtime/base/check.h"
#include "runtime/base/random_text.h"

namespace streamonce::handler {
namespace {

using events::Change;

/// How often an item is tried with what was learnt of its rows: a row of another item, a departure,
/// and once more.
constexpr int kPassesOfRepairMax = 4;

class Repair {
 public:
  Repair(std::span<const RepairInput> inputs, const RepairRun& run, SteadyTime deadline)
      : inputs_(inputs),
        run_(run),
        deadline_(deadline) {}

  std::vector<Outcome> work();

 private:
  void take_changes();
  void refuse_remembering();
  std::vector<Lane> try_all(std::span<const Lane> lanes);
  std::vector<Lane> commit(Plan plan);
  bool goes_on(const Plan& plan, const Commit& commit, const Outcome& outcome);
  void keep(Commit& commit, const RepairInput& input);

  const std::span<const RepairInput> inputs_;
  const RepairRun& run_;
  const SteadyTime deadline_;
  std::vector<Change> changes_;
  std::deque<std::string> nonces_;  // which stay where they are
  std::vector<Outcome> outcomes_;
  SeenLanes seen_;  // with views
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

/// Has `commit` keep the version of the entry that was read, and what people see of it. A departure
/// has a nonce already.
void Repair::keep(Commit& commit, const RepairInput& input) {
  if (!commit.seen) commit.seen = Seen{.mark = input.seen};
  if (commit.nonce.empty()) commit.nonce = nonces_.emplace_back(random_hex(run_.random));
  if (input.seen != nullptr) commit.at = input.seen->at;
}

/// Whether the lane of a commit is to be tried again, with what was learnt: a row that it is to
/// have no more is another item's; or it has left rows, so that other items can have them, since
/// one that it is to have is another item's still.
bool Repair::goes_on(const Plan& plan, const Commit& commit, const Outcome& outcome) {
  const auto found = seen_.find(commit.ledger_id.data());
  if (found == seen_.end()) return false;
  SeenLane& lane = found->second;
  if (lane.is_leaving && outcome.result == CommitResult::kApplied) {
    note_departure(plan, commit, lane);
    return true;
  }
  if (!outcome.collides || lane.is_leaving) return false;
  bool is_left = false;
  for (const std::size_t write : outcome.refused_writes) {
    if (commit.writes[write].operation != Operation::kRemove) continue;
    leave_out(plan, commit, write, lane);
    is_left = true;
  }
  if (is_left || !lane.nonce.empty() || !can_leave(commit, &lane)) return is_left;
  lane.is_leaving = true;
  return true;
}

/// Lets no mirror write over what views remember: two pipelines must not have one name.
void Repair::refuse_remembering() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].seen == nullptr || !inputs_[i].seen->remembers) continue;
    changes_[i].problem =
        "the ledger's entry holds what views remember, and this target is a mirror: no other "
        "pipeline may have their pipeline's name";
  }
}

/// @return the lanes that are to be tried again
std::vector<Lane> Repair::commit(Plan plan) {
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
  std::vector<Lane> again;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (goes_on(plan, plan.commits[i], outcomes[i]))
      again.push_back({.ledger_id = plan.commits[i].ledger_id, .records = plan.records_of[i]});
    outcomes_[places[i]] = std::move(outcomes[i]);
  }
  return again;
}

std::vector<Outcome> Repair::work() {
  outcomes_.resize(inputs_.size());
  take_changes();
  const Groups groups = group(changes_, run_.pipeline);
  if (run_.tables == nullptr) {
    refuse_remembering();
    commit(plan(changes_, groups, run_.plan));
    return std::move(outcomes_);
  }
  for (const Lane& lane : groups.lanes) {
    const RepairInput& input = inputs_[lane.records.front()];
    SeenLane& known = seen_[lane.ledger_id.data()];
    known.is_seen = true;
    if (input.seen != nullptr) known.mark = *input.seen;
    known.strays = input.strays;
  }
  std::vector<Lane> lanes = groups.lanes;
  for (int pass = 0; pass < kPassesOfRepairMax && !lanes.empty(); ++pass) lanes = try_all(lanes);
  return std::move(outcomes_);
}

/// @return the lanes that are to be tried again
std::vector<Lane> Repair::try_all(std::span<const Lane> lanes) {
  std::vector<Lane> again;
  while (!lanes.empty()) {
    Plan planned = plan_views(lanes, {.changes = changes_,
                                      .tables = *run_.tables,
                                      .options = run_.plan,
                                      .time = {.clock = run_.clock, .deadline = deadline_},
                                      .seen = seen_,
                                      .random = run_.random,
                                      .repairs = true});
    lanes = lanes.last(planned.lanes_left);
    const std::vector<Lane> more = commit(std::move(planned));
    again.insert(again.end(), more.begin(), more.end());
  }
  return again;
}

}  // namespace

std::vector<Outcome> repair(std::span<const RepairInput> inputs, const RepairRun& run,
                            SteadyTime deadline) {
  return Repair(inputs, run, deadline).work();
}

}  // namespace streamonce::handler
