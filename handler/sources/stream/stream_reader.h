// handler/sources/stream/stream_reader.h: fetches from a stream the records that a dead letter only
// points to.
//
// Source:  DynamoDB Streams API, GetShardIterator and GetRecords.
// Threads: one thread at a time.

#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "events/sequence_number.h"
#include "runtime/base/clock.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// Records of one shard, both ends included. Borrows its texts.
struct StreamRange {
  std::string_view stream_arn;
  std::string_view shard_id;
  events::SequenceNumber first;
  events::SequenceNumber last;
};

class StreamReader {
 public:
  virtual ~StreamReader() = default;

  /// Takes one answer of GetRecords, `{"Records":[...],...}`, which is JSON but not checked
  /// otherwise; it may hold records behind the range. The page is valid during the call only.
  /// @return the highest sequence number of the page, borrowed until the next call; none: the page
  ///         holds no record
  using TakePage = std::function<std::optional<events::SequenceNumber>(PayloadView page)>;

  /// Hands the pages of `range` to `take`, oldest first, until one has reached the range's end.
  /// After an error, some pages may have been taken.
  /// @error kExpired          the stream no longer has the range's start: it keeps 24 hours
  /// @error kTimeout          `deadline` passed
  /// @error kInvalidArgument  the stream's ARN is malformed, or settings that are needed are absent
  /// @error kRejected         the service refuses: no such stream or shard, no permission; or the
  ///                          shard ends before the range does
  /// @error kUnavailable, kProtocol, kTooLarge, kFatal  the service cannot be talked to: too much
  ///                          went wrong, it is no DynamoDB, or its certificate is no good
  virtual Status read(const StreamRange& range, const TakePage& take, SteadyTime deadline) = 0;
};

}  // namespace streamonce::handler
