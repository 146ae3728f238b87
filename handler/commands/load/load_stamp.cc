#include "handler/commands/load/load_stamp.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/base/digest.h"

namespace streamonce::handler::load {
namespace {

/// The most digits of a number of 64 bits.
constexpr std::size_t kNumberDigits = 20;

std::string padded(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(kNumberDigits - digits.size(), '0') + digits;
}

}  // namespace

std::string stamp_name(const std::string& export_name) {
  return "load|" + sha256_hex(export_name);  // a name may be as long as it likes, and an id may not
}

std::string stamp_of(std::uint64_t one, std::uint64_t other) {
  return padded(one) + padded(other);
}

Status check_stamp(const events::LoadState& state, const std::string& path, PositionStore& store,
                   const std::string& name, SteadyTime deadline) {
  const std::vector<std::string> names = {name};
  const std::vector<std::optional<Position>> found = STREAMONCE_TRY(store.load(names, deadline));
  const Position wanted{.kind = Position::Kind::kAfter, .number = state.stamp};
  if (found.size() == 1 && found[0] == wanted) return {};
  return invalid_argument(
      "the target does not know of this load: " + path +
      " tells how far it has come, and the ledger has " +
      (found.size() == 1 && found[0] ? "the stamp of another load of the export"
                                     : "no stamp of it") +
      ", as where the target is another one of the same name, or was emptied since. Remove " +
      path + " to begin anew");
}

Status put_stamp(events::LoadState& state, std::string stamp, PositionStore& store,
                 const std::string& name, SteadyTime deadline) {
  const std::vector<ShardPosition> kept = {
      {.shard = name, .position = {.kind = Position::Kind::kAfter, .number = stamp}}};
  STREAMONCE_TRY(store.save(kept, deadline));
  state.stamp = std::move(stamp);
  return {};
}

}  // namespace streamonce::handler::load
