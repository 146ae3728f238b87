#include "handler/pipeline/group.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>

namespace streamonce::handler {
namespace {

/// The first block of memory for ledger ids; further blocks are as large as they need to be.
constexpr std::size_t kTextBytesFirst = 16UL * 1024;

constexpr RecordIndex kNoLane = static_cast<RecordIndex>(-1);

void write_ledger_id(std::string& out, std::string_view pipeline_name,
                     const events::Change& change) {
  out.clear();
  append_ledger_prefix(out, pipeline_name, change.source);
  events::append_canonical(out, change.key);
}

std::string_view keep(std::pmr::monotonic_buffer_resource& texts, std::string_view text) {
  char* copy = static_cast<char*>(texts.allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

/// Finds each record's lane, and makes the lanes, still without their records.
std::vector<RecordIndex> find_lanes(std::span<const events::Change> changes,
                                    std::string_view pipeline_name, Groups& groups) {
  std::vector<RecordIndex> lane_of(changes.size(), kNoLane);
  std::unordered_map<std::string_view, RecordIndex> lanes;
  lanes.reserve(changes.size());
  std::string ledger_id;
  for (RecordIndex i = 0; i < changes.size(); ++i) {
    const events::Change& change = changes[i];
    if (!change.names_item()) {
      groups.unkeyed.push_back(i);
      continue;
    }
    write_ledger_id(ledger_id, pipeline_name, change);
    auto found = lanes.find(ledger_id);
    if (found == lanes.end()) {
      const std::string_view kept = keep(*groups.texts, ledger_id);
      found = lanes.emplace(kept, static_cast<RecordIndex>(groups.lanes.size())).first;
      groups.lanes.push_back({.ledger_id = kept, .records = {}});
    }
    lane_of[i] = found->second;
  }
  return lane_of;
}

}  // namespace

void append_ledger_prefix(std::string& out, std::string_view pipeline_name,
                          const events::SourceTable& table) {
  out += pipeline_name.empty() ? table.table : pipeline_name;
  out += '|';
  out += table.account;
  out += '/';
  out += table.region;
  out += '/';
  out += table.table;
  out += '|';
}

Groups group(std::span<const events::Change> changes, std::string_view pipeline_name) {
  Groups groups;
  groups.texts = std::make_unique<std::pmr::monotonic_buffer_resource>(kTextBytesFirst);
  const std::vector<RecordIndex> lane_of = find_lanes(changes, pipeline_name, groups);

  // A counting sort by lane: where each lane starts, then each record into its lane's next place.
  std::vector<std::size_t> next(groups.lanes.size() + 1, 0);
  for (const RecordIndex lane : lane_of)
    if (lane != kNoLane) ++next[lane + 1];
  for (std::size_t lane = 1; lane < next.size(); ++lane) next[lane] += next[lane - 1];
  groups.order.resize(next.back());
  const std::vector<std::size_t> start = next;
  for (RecordIndex i = 0; i < lane_of.size(); ++i)
    if (lane_of[i] != kNoLane) groups.order[next[lane_of[i]]++] = i;

  // Lambda sends records in order; a hand-made event need not.
  const auto by_version = [&](RecordIndex a, RecordIndex b) {
    return changes[a].version < changes[b].version;
  };
  for (std::size_t lane = 0; lane < groups.lanes.size(); ++lane) {
    const std::span<RecordIndex> records(groups.order.data() + start[lane],
                                         start[lane + 1] - start[lane]);
    if (!std::is_sorted(records.begin(), records.end(), by_version))
      std::stable_sort(records.begin(), records.end(), by_version);
    groups.lanes[lane].records = records;
  }
  return groups;
}

}  // namespace streamonce::handler
