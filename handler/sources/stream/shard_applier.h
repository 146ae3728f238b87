// handler/sources/stream/shard_applier.h: puts the pages of followed shards through the pipeline,
// and decides what is tried again and what is given up.
//
// An attempt is one call of Pipeline::apply() with what is left of a page. While it gets something
// done, the next one follows at once; otherwise after a pause that doubles each time. A record that
// can never be applied, whatever the target says, is given up after its first attempt, any other
// after `attempts`; then the records of its item behind it are tried on their own. Where nobody
// keeps what is given up, nothing is.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/stream/followed_shard.h"
#include "handler/sources/stream/follower.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// The pauses between attempts that get nothing done: the first, and the longest.
inline constexpr std::chrono::seconds kAttemptPauseFirst{1};
inline constexpr std::chrono::seconds kAttemptPauseMost{60};

class ShardApplier {
 public:
  struct Options {
    std::string stream_arn;
    int attempts = 10;  ///< 1 or more
    /// Whether a shard is tried no more where nobody keeps what it would have to give up.
    bool gives_up_shards = false;
  };
  struct Parts {
    Pipeline& pipeline;
    DeadLetterKeeper* dead_letters;  ///< null: nothing is given up
    Clock& clock;
    Logger& logger;
  };

  /// Counts in `state`.
  ShardApplier(Options options, Parts parts, FollowState& state);

  /// Makes an attempt at the first page of `shard`, which is ready, and removes the page if it is
  /// done.
  void apply(FollowedShard& shard);

  /// Why nothing more should be applied: too much was to be given up. None: nothing says so.
  const std::optional<Error>& error() const { return error_; }

 private:
  std::vector<bool> records_to_give_up(FollowedShard& shard, const BatchResult& result);
  bool keep(const StreamPage& page, const std::vector<bool>& given_up);
  void take_away(StreamPage& page, const BatchResult& result, const std::vector<bool>& given_up);
  void go_on(FollowedShard& shard);
  void log_attempt(const FollowedShard& shard, const BatchResult& result,
                   const std::vector<bool>& given_up);

  const Options options_;
  const Parts parts_;
  FollowState& state_;
  std::optional<Error> error_;
  std::uint64_t given_up_in_a_row_ = 0;  // since anything was done, and not unreadable
};

}  // namespace streamonce::handler
