// handler/compare/matcher.h: pairs rows that are expected with rows that are found, in whatever
// order both come.
//
// Both sides of a comparison are walked in their tables' own order, which is the same where the
// service keeps it, and need not be. What has not met its other half waits; what waits too long is
// handed out as unpaired, and is looked at by its key. So order changes the cost, and never the
// result.
//
// Bounds: kPendingMax rows wait on each side, whose keys have kPendingBytesMax.
//
// Threads: values; one thread at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "events/item_digest.h"

namespace streamonce::handler::compare {

inline constexpr std::size_t kPendingMax = 10'000;
inline constexpr std::size_t kPendingBytesMax = 4UL * 1024 * 1024;

enum class Side : std::uint8_t { kExpected, kFound };

/// A row as it waits.
struct PendingRow {
  std::string key = {};        ///< canonical
  std::string keys_json = {};  ///< the same as DynamoDB JSON
  events::ItemDigest digest = {};
};

class Matcher {
 public:
  struct Takers {
    std::function<void()> equal;
    std::function<void(const PendingRow& row)> different;
    std::function<void(Side side, const PendingRow& row)> unpaired;
  };

  explicit Matcher(Takers takers, std::size_t pending_max = kPendingMax)
      : takers_(std::move(takers)),
        pending_max_(pending_max) {}

  /// Takes a row of one side. Of one key each side has one row at a time: one that comes again is
  /// the newer one.
  void add(Side side, PendingRow row);
  /// Hands out all that waits: nothing more comes.
  void finish();

  std::size_t pending(Side side) const { return waiting(side).rows.size(); }

 private:
  using Rows = std::unordered_map<std::string, PendingRow>;
  struct Waiting {
    Rows rows;                      // by key
    std::deque<std::string> order;  // as they came; some have gone since
    std::size_t bytes = 0;          // of the rows' keys
  };

  Waiting& waiting(Side side) { return side == Side::kExpected ? expected_ : found_; }
  const Waiting& waiting(Side side) const { return side == Side::kExpected ? expected_ : found_; }
  static PendingRow take_out(Waiting& waiting, Rows::iterator row);
  static void forget_met(Waiting& waiting);
  void hand_out(Side side, std::size_t keep, std::size_t keep_bytes);

  const Takers takers_;
  const std::size_t pending_max_;
  Waiting expected_;
  Waiting found_;
};

}  // namespace streamonce::handler::compare
