#include "handler/pipeline/seen_lanes.h"

#include <algorithm>
#include <utility>

namespace streamonce::handler {

bool is_row_left(const Write& write) {
  return write.operation == Operation::kRemove && !write.owner.empty();
}

bool can_leave(const Commit& commit, const SeenLane* lane) {
  // Where there is no entry, no row was put that the ledger still knows of.
  const bool has_mark = lane == nullptr || !lane->is_seen || lane->mark;
  return has_mark && std::any_of(commit.writes.begin(), commit.writes.end(), is_row_left);
}

void leave_out(const Plan& plan, const Commit& commit, std::size_t write, SeenLane& lane) {
  ViewRow row{.view = plan.view_of(commit, write), .key = {}};
  events::append_canonical(row.key, *commit.writes[write].key);
  lane.left_out.push_back(std::move(row));
}

bool is_left_out(const SeenLane& lane, std::size_t view, const events::ItemKey& key) {
  if (lane.left_out.empty()) return false;
  std::string canonical;
  events::append_canonical(canonical, key);
  return std::any_of(lane.left_out.begin(), lane.left_out.end(),
                     [&](const ViewRow& row) { return row.view == view && row.key == canonical; });
}

void note_departure(const Plan& plan, const Commit& departure, SeenLane& lane) {
  for (std::size_t i = 0; i < departure.writes.size(); ++i) leave_out(plan, departure, i, lane);
  lane.mark->content = departure.content;
  lane.mark->remembers = !departure.content.empty();
  lane.mark->nonce = std::move(lane.nonce);
  lane.is_leaving = false;
}

}  // namespace streamonce::handler
