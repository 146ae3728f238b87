// handler/sources/stream/follower.h: follows a DynamoDB stream without Lambda: finds its shards,
// reads them, and applies what they hold, each record once in effect.
//
// One thread does all of it. Requests of many shards are in flight over connections of their own,
// while batches are applied one after the other: those of one shard in its order, and those of a
// child behind all of its parents'. A page of a shard is one batch of the pipeline. A record that
// cannot be applied blocks its shard, and no other, as it does in Lambda: what is left of its page
// is tried again, after a pause that grows. Where there is a place for them, records that failed so
// often are put there, and the shard goes on.
//
// Nothing here is needed for a right result but that each record is handed to the pipeline: the
// marks see to order and repetition. So two followers of one stream do no harm, and positions are
// saved now and then only, once what is before them is durable.
//
// Bounds: kRequestsMax requests are in flight; kPagesMax pages, of 1 MB each as the service counts,
// are in hand or asked for; a page is at most dynamodb_streams::kPageBytesMax.
//
// Source:  DynamoDB Streams API reference: DescribeStream, 10 calls a second; GetShardIterator;
//          GetRecords; a stream keeps records for 24 hours; no more than two readers of a shard.
// Threads: one thread at a time. Borrows all that it is given; nothing else may be in flight on the
//          transport of the streams' service meanwhile.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "handler/pipeline/fate_counts.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/stream/shard_tree.h"
#include "handler/targets/position_store.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

inline constexpr std::size_t kRequestsMax = 16;
inline constexpr std::size_t kPagesMax = 32;

/// The time that a batch has. What is not done by then is tried again at once, if anything was
/// done: it is so short that a follower ends soon after it was asked to.
inline constexpr std::chrono::milliseconds kBatchTime{1'200};

/// How often all shards are listed, if none ends meanwhile.
inline constexpr std::chrono::seconds kListingPause{60};

/// How often the position of a shard is saved at most, but for its end and the follower's.
inline constexpr std::chrono::seconds kSavePause{10};

/// How many records may be given up in a row, none of which is unreadable, without any record that
/// was done: more say that the target takes nothing, and that no record is to blame.
inline constexpr std::uint64_t kGivenUpMax = 100;

/// Takes records that are given up.
class DeadLetterKeeper {
 public:
  virtual ~DeadLetterKeeper() = default;

  /// Takes a record, its JSON and its stream's ARN.
  virtual Status keep(std::string_view text, std::string_view stream_arn) = 0;
  /// Makes durable what was taken: the shard goes on only then.
  virtual Status sync() = 0;
};

struct FollowOptions {
  std::string stream_arn;  ///< one that StreamArn::parse() has taken
  /// Whether shards of a stream that was never followed are begun behind what was written before.
  bool from_latest = false;
  /// Whether to end once each shard that there is at the start is read up to where it stands then.
  bool once = false;
  int attempts = 10;  ///< after which a record is given up, or with `once` its shard
};

/// How far it is.
struct FollowState {
  FateCounts fates;        ///< of the records that came to one; those that are given up have failed
  std::uint64_t gaps = 0;  ///< how often records were gone before they were read
  std::uint64_t letters = 0;  ///< records that were given up
  std::uint64_t left = 0;     ///< records that failed, and are still in the stream
  std::uint64_t shards = 0;   ///< that were read from
  ShardTree::Counts tree;
  std::size_t blocked = 0;                  ///< shards whose first page failed
  std::optional<std::int64_t> newest_time;  ///< of the records that were done; epoch seconds
  bool is_caught_up = false;  ///< whether no shard has records in hand or had some just now
};

struct FollowParts {
  aws::ServiceClient& streams;
  Pipeline& pipeline;
  PositionStore& positions;
  DeadLetterKeeper* dead_letters;  ///< null: a record is tried until it is done
  Clock& clock;
  Logger& logger;
  std::function<bool()> stopped;                 ///< whether to end, within 2 s
  std::function<void(const FollowState&)> show;  ///< called often
};

struct FollowEnd {
  FollowState state;
  /// Why it ended before its time; none: it did not, or was asked to.
  /// kInvalidArgument  no record of the stream can ever be applied: the message says why
  /// any other         the stream cannot be read, or the target takes nothing
  std::optional<Error> error;
  bool was_listed = false;  ///< whether the stream's shards could be listed at all

  bool everything_done() const {
    return !error && state.gaps == 0 && state.letters == 0 && state.left == 0;
  }
};

/// Follows the stream until it is asked to end, until `once` is fulfilled, or until the stream was
/// disabled and all of it is read. All positions are saved then.
FollowEnd follow_stream(const FollowOptions& options, const FollowParts& parts);

}  // namespace streamonce::handler
