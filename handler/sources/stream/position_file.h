// handler/sources/stream/position_file.h: positions of followed shards, in a file.
//
//     {"pipeline":"orders","stream":"arn:...","target":"sqlite:/data/copy.db","ledger":"",
//      "positions":{"shardId-1":"123","shardId-2":"end"}}
//
// The file is replaced as a whole, by renaming a new one that is on the disk, so that it is the old
// or the new one whenever the process or the machine ends. It is readable by its owner only. A file
// of an earlier stream of the same table is replaced: nothing is known of a stream that was enabled
// again. A file of another table, pipeline, target or ledger is refused, since it was named by
// mistake: what it says to be done is not done there.
//
// Threads: one thread at a time.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/targets/position_store.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// What a file of positions says.
struct PositionFileText {
  std::string pipeline = {};
  std::string stream_arn = {};
  std::string target = {};  ///< where it is, in words that name it and no other
  std::string ledger = {};  ///< the same of the marks; empty: they are in the target
  std::map<std::string, Position> positions = {};  ///< by shard; an empty name is the stream's

  friend bool operator==(const PositionFileText&, const PositionFileText&) = default;
};

std::string to_json(const PositionFileText& file);

/// Reads what to_json() wrote.
/// @error kInvalidArgument  it is something else; the message says what was expected
Result<PositionFileText> parse_position_file(std::string_view text);

class PositionFile final : public PositionStore {
 public:
  struct Options {
    std::string path;
    std::string pipeline;
    std::string stream_arn;
    std::string target;  ///< as PositionFileText::target
    std::string ledger;  ///< as PositionFileText::ledger
  };

  /// Reads the file, if it is there.
  /// @error kInvalidArgument  it is no file of positions, or one of another pipeline, table, target
  ///                          or ledger; the message says what to do
  /// @error kUnavailable      it cannot be read, or its folder cannot be written
  static Result<std::unique_ptr<PositionFile>> open(Options options);

  /// Whether nothing is kept, not even that the stream was followed.
  bool is_empty() const { return file_.positions.empty(); }

  Result<std::vector<std::optional<Position>>> load(std::span<const std::string> shards,
                                                    SteadyTime deadline) override;
  Status save(std::span<const ShardPosition> positions, SteadyTime deadline) override;
  Status forget(std::span<const std::string> shards, SteadyTime deadline) override;

 private:
  explicit PositionFile(Options options);

  /// What `file`, which is at the path, is of another thing than this one; none: it is of the same.
  Status check_same(const PositionFileText& file) const;
  Status write() const;

  const Options options_;
  PositionFileText file_;
};

}  // namespace streamonce::handler
