// handler/sources/stream/shard_tree.h: which shards of a stream there are, and which may be read.
//
// Shards split, merge and rotate every few hours: a shard is closed, and others, its children,
// go on where it ends. All changes of an item that a child has come behind those that its parent
// has. So a child is read once its parent has been read to its end; a parent that is not listed
// any more, since its records are over 24 hours old, was read, or never will be.
//
// Listings are not to be taken at their word: they may show a child before its parent's end is
// shown, a closed shard before its children, and a shard twice.
//
// Source:  DynamoDB Streams API reference, DescribeStream, Shard; DynamoDB developer guide,
//          "Reading and processing a stream": parents first, a shard lives for about 4 hours, and
//          is listed for about 24 hours after its end.
// Threads: a value, one thread at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/services/dynamodb_streams.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// How many shards are kept in mind: some hundreds of times as many as a large table has.
inline constexpr std::size_t kShardsMax = 100'000;

/// How many listings in a row must lack a shard before it is forgotten: one may lack it by mistake.
inline constexpr int kListingsToForget = 3;

class ShardTree {
 public:
  /// Takes a whole listing: all of its pages.
  /// @return the ids that were not known before, in the order of the listing
  /// @error kTooLarge  over kShardsMax shards are known; nothing was taken
  Result<std::vector<std::string>> take(std::span<const dynamodb_streams::ListedShard> listing);

  /// The shards that may be read now and have not been begun, in the order of their ids. Where
  /// shards wait for each other in a circle, they may all be read.
  std::vector<std::string> readable() const;

  /// Says that the shard, which is known, is read from now on.
  void begin(std::string_view shard);
  /// Says that all of it was read, or that there is nothing of it to be read.
  void end(std::string_view shard);

  bool knows(std::string_view shard) const { return shards_.contains(shard); }
  /// The parent of the shard, which is known, as a listing told it; empty: it has none.
  const std::string& parent(std::string_view shard) const { return known(shard).parent; }
  /// Whether a child of the shard was listed.
  bool has_child(std::string_view shard) const { return known(shard).has_child; }
  /// Whether no more records come to the shard, as far as is known: the listing says so, or it has
  /// a child, whatever the listing says.
  bool is_closed(std::string_view shard) const;
  /// Whether shards that were read to their end have no child yet, though they were listed then: it
  /// comes with one of the next listings, unless the stream was disabled.
  bool lacks_children() const;

  /// Forgets the shards that were ended and have not been in the latest kListingsToForget listings,
  /// and whose children have all been begun.
  /// @return their ids
  std::vector<std::string> forget();

  struct Counts {
    std::size_t waiting = 0;  ///< for their parents, or to be begun
    std::size_t reading = 0;
    std::size_t ended = 0;

    friend bool operator==(const Counts&, const Counts&) = default;
  };
  Counts counts() const;

 private:
  enum class State : std::uint8_t { kWaiting, kReading, kEnded };
  struct Shard {
    std::string parent = {};
    State state = State::kWaiting;
    bool is_closed = false;
    int unlisted = 0;  // how many listings in a row lack it
    bool has_child = false;
  };

  bool is_open_to_read(const Shard& shard) const;
  const Shard& known(std::string_view shard) const;
  Shard& known(std::string_view shard);

  std::map<std::string, Shard, std::less<>> shards_;
};

}  // namespace streamonce::handler
