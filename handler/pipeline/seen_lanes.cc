#include "handler/pipeline/seen_lanes.h"

#include <algorithm>
#include <utility>

#include "runtime/base/random_text.h"

namespace streamonce::handler {
namespace {

bool is_row_left(const Write& write) {
  return write.operation == Operation::kRemove && !write.owner.empty();
}

bool has_row_to_leave(const Commit& commit) {
  return std::any_of(commit.writes.begin(), commit.writes.end(), is_row_left);
}

/// Keeps those of the commit's writes in the plan that `is_kept(write, view)` says.
template <class IsKept>
void keep_writes(Plan& plan, Commit& commit, IsKept is_kept) {
  const auto first = static_cast<std::size_t>(commit.writes.data() - plan.writes.data());
  std::size_t kept = first;
  for (std::size_t i = first; i < first + commit.writes.size(); ++i) {
    if (!is_kept(plan.writes[i], plan.views[i])) continue;
    plan.writes[kept] = plan.writes[i];
    plan.views[kept++] = plan.views[i];
  }
  commit.writes = commit.writes.first(kept - first);
}

}  // namespace

bool can_leave(const Commit& commit, const SeenLane* lane) {
  // Where there is no mark, no row was put that the ledger still knows of.
  const bool has_mark = lane == nullptr || !lane->is_read || lane->mark;
  return has_mark && has_row_to_leave(commit);
}

void make_from_seen(Plan& plan, SeenLanes& lanes, std::mt19937_64& random) {
  for (Commit& commit : plan.commits) {
    const auto found = lanes.find(commit.ledger_id.data());
    if (found == lanes.end() || !found->second.is_read) continue;
    SeenLane& lane = found->second;
    commit.seen = Seen{.mark = lane.mark ? &*lane.mark : nullptr};
    commit.oldest = nullptr;
    keep_writes(plan, commit, [&](const Write&, std::size_t view) {
      return std::find(lane.left_out.begin(), lane.left_out.end(), view) == lane.left_out.end();
    });
    lane.is_leaving = lane.is_leaving && lane.mark && has_row_to_leave(commit);
    if (!lane.is_leaving) continue;
    keep_writes(plan, commit, [](const Write& write, std::size_t) { return is_row_left(write); });
    lane.nonce = random_hex(random);
    commit.version = lane.mark->version;
    commit.operation = Operation::kRemove;
    commit.nonce = lane.nonce;
  }
}

void note_departure(const Plan& plan, const Commit& departure, SeenLane& lane) {
  for (std::size_t i = 0; i < departure.writes.size(); ++i)
    lane.left_out.push_back(plan.view_of(departure, i));
  lane.mark->nonce = std::move(lane.nonce);
  lane.is_leaving = false;
}

}  // namespace streamonce::handler
