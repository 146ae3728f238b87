#include "handler/sources/stream/shard_tree.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler {

using dynamodb_streams::ListedShard;

Result<std::vector<std::string>> ShardTree::take(std::span<const ListedShard> listing) {
  const auto unknown = static_cast<std::size_t>(
      std::count_if(listing.begin(), listing.end(),
                    [this](const ListedShard& each) { return !shards_.contains(each.id); }));
  if (shards_.size() + unknown > kShardsMax) {
    return Error{ErrorCode::kTooLarge,
                 "the stream lists over " + std::to_string(kShardsMax) + " shards"};
  }
  std::vector<std::string> found;
  for (auto& [id, shard] : shards_) ++shard.unlisted;
  for (const ListedShard& each : listing) {
    const auto [place, is_new] = shards_.try_emplace(each.id);
    Shard& shard = place->second;
    if (is_new) found.push_back(each.id);
    if (!each.parent.empty()) shard.parent = each.parent;
    shard.is_closed |= each.is_closed;
    shard.unlisted = 0;
  }
  for (auto& [id, shard] : shards_) {
    const auto parent = shards_.find(shard.parent);
    if (parent != shards_.end() && parent->first != id) parent->second.has_child = true;
  }
  return found;
}

/// Whether nothing that comes before the shard's records is still to be read.
bool ShardTree::is_open_to_read(const Shard& shard) const {
  const auto parent = shards_.find(shard.parent);
  return parent == shards_.end() || parent->second.state == State::kEnded;
}

std::vector<std::string> ShardTree::readable() const {
  std::vector<std::string> ids;
  const auto collect = [&](bool whatever) {
    for (const auto& [id, shard] : shards_)
      if (shard.state == State::kWaiting && (whatever || is_open_to_read(shard))) ids.push_back(id);
  };
  collect(/*whatever=*/false);
  // Nothing is read, so nothing will ever end: what waits does so in a circle.
  if (ids.empty() && counts().reading == 0) collect(/*whatever=*/true);
  return ids;
}

const ShardTree::Shard& ShardTree::known(std::string_view shard) const {
  const auto found = shards_.find(shard);
  STREAMONCE_CHECK(found != shards_.end());
  return found->second;
}

ShardTree::Shard& ShardTree::known(std::string_view shard) {
  const auto found = shards_.find(shard);
  STREAMONCE_CHECK(found != shards_.end());
  return found->second;
}

void ShardTree::begin(std::string_view shard) {
  known(shard).state = State::kReading;
}

void ShardTree::end(std::string_view shard) {
  known(shard).state = State::kEnded;
}

bool ShardTree::is_closed(std::string_view shard) const {
  const Shard& found = known(shard);
  return found.is_closed || found.has_child;
}

bool ShardTree::lacks_children() const {
  return std::any_of(shards_.begin(), shards_.end(), [](const auto& each) {
    const Shard& shard = each.second;
    return shard.state == State::kEnded && shard.unlisted == 0 && !shard.has_child;
  });
}

std::vector<std::string> ShardTree::forget() {
  std::vector<std::string> ids;
  const auto waits_for = [this](const std::string& id) {
    return std::any_of(shards_.begin(), shards_.end(), [&](const auto& each) {
      return each.second.parent == id && each.second.state == State::kWaiting;
    });
  };
  for (const auto& [id, shard] : shards_)
    if (shard.state == State::kEnded && shard.unlisted >= kListingsToForget && !waits_for(id))
      ids.push_back(id);
  for (const std::string& id : ids) shards_.erase(id);
  return ids;
}

ShardTree::Counts ShardTree::counts() const {
  Counts counts;
  for (const auto& [id, shard] : shards_) {
    if (shard.state == State::kWaiting) ++counts.waiting;
    if (shard.state == State::kReading) ++counts.reading;
    if (shard.state == State::kEnded) ++counts.ended;
  }
  return counts;
}

}  // namespace streamonce::handler
