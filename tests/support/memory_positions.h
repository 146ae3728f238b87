// tests/support/memory_positions.h: positions in memory, which fail where they are told to.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "handler/targets/position_store.h"

namespace streamonce::testing {

class MemoryPositions final : public handler::PositionStore {
 public:
  Result<std::vector<std::optional<handler::Position>>> load(std::span<const std::string> shards,
                                                             SteadyTime deadline) override {
    ++loads;
    if (on_call) on_call(deadline);
    if (fails) return Error{ErrorCode::kTimeout, "no store"};
    std::vector<std::optional<handler::Position>> positions;
    for (const std::string& shard : shards) {
      const auto found = kept.find(shard);
      positions.push_back(found == kept.end()
                              ? std::nullopt
                              : std::optional(*handler::parse_position(found->second)));
    }
    return positions;
  }

  Status save(std::span<const handler::ShardPosition> positions, SteadyTime deadline) override {
    ++saves;
    if (on_call) on_call(deadline);
    if (fails) return Error{ErrorCode::kTimeout, "no store"};
    for (const handler::ShardPosition& each : positions)
      kept[each.shard] = handler::text_of(each.position);
    return {};
  }

  Status forget(std::span<const std::string> shards, SteadyTime /*deadline*/) override {
    if (fails) return Error{ErrorCode::kTimeout, "no store"};
    for (const std::string& shard : shards) kept.erase(shard);
    return {};
  }

  std::map<std::string, std::string> kept;  ///< by shard, as handler::text_of() has it
  bool fails = false;
  std::function<void(SteadyTime deadline)> on_call;  ///< called by load() and save()
  int loads = 0;
  int saves = 0;
};

}  // namespace streamonce::testing
