// handler/targets/position_store.h: how far the shards of a stream have been followed, kept from
// one run to the next.
//
// What is kept is a convenience: a position that is behind what was applied costs time, since the
// marks tell what is there already, and one that is lost lets its shard begin at the oldest record
// that the stream still has. One that is ahead of what is durable would lose records: so a position
// is written only once all before it is durable, and never in doubt.
//
// Who loads an export keeps its stamp in one, with the table's ARN in the place of a stream's.
//
// A store is for one stream and one pipeline. Positions that lie in a ledger are beside the marks,
// under ids that no mark has: see position_id().
//
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// How far a shard has been followed.
struct Position {
  enum class Kind : std::uint8_t {
    kStart,  ///< it was begun, and nothing is known to be done
    kAfter,  ///< all up to the record `number` is done
    kEnd,    ///< it is closed, and all of it is done
  };

  Kind kind = Kind::kStart;
  std::string number = {};  ///< a sequence number, for kAfter only

  friend bool operator==(const Position&, const Position&) = default;
};

/// The text of a position, as it is kept: `start`, `end`, or the sequence number.
std::string text_of(const Position& position);

/// Reads what text_of() wrote.
/// @error kProtocol  `text` is none of the three
Result<Position> parse_position(std::string_view text);

struct ShardPosition {
  std::string shard;  ///< a shard's id; empty: the stream itself, which is known if it was followed
  Position position;

  friend bool operator==(const ShardPosition&, const ShardPosition&) = default;
};

/// The id of an entry of a ledger that holds a position:
/// `<pipeline>|checkpoint|<stream ARN>|<shard>`.
///
/// No mark has it. A mark's id is `<pipeline>|<account>/<region>/<table>|<key>`; neither a
/// pipeline's name nor an account, a Region or a table has a `|` in it (handler/config/settings.cc,
/// events/stream_arn.cc). So what stands between the first two `|` of an id is `checkpoint` in one
/// case, and a text with a `/` in the other. Besides, the entry has no version: whoever should read
/// it as a mark is told so, and changes nothing.
std::string position_id(std::string_view pipeline, std::string_view stream_arn,
                        std::string_view shard);

class PositionStore {
 public:
  virtual ~PositionStore() = default;

  /// The positions of `shards`, in their order; none: nothing is kept of a shard.
  /// @error kProtocol  what is kept is no position
  /// @error any other  it cannot be read, at least now
  virtual Result<std::vector<std::optional<Position>>> load(std::span<const std::string> shards,
                                                            SteadyTime deadline) = 0;

  /// Keeps `positions`, which are of distinct shards. After an error some may have been kept; all
  /// may be saved again.
  virtual Status save(std::span<const ShardPosition> positions, SteadyTime deadline) = 0;

  /// Forgets what is kept of `shards`, if anything is. After an error some may have been forgotten.
  virtual Status forget(std::span<const std::string> shards, SteadyTime deadline) = 0;
};

/// Keeps nothing: each run begins anew.
class NoPositions final : public PositionStore {
 public:
  Result<std::vector<std::optional<Position>>> load(std::span<const std::string> shards,
                                                    SteadyTime /*deadline*/) override {
    return std::vector<std::optional<Position>>(shards.size());
  }
  Status save(std::span<const ShardPosition> /*positions*/, SteadyTime /*deadline*/) override {
    return {};
  }
  Status forget(std::span<const std::string> /*shards*/, SteadyTime /*deadline*/) override {
    return {};
  }
};

}  // namespace streamonce::handler
