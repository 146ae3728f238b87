// events/stream_batch.h: reads the event that Lambda hands to a function on a DynamoDB stream.
//
// simdjson On-Demand in place: records hold views into the payload, images stay the raw bytes of
// the JSON. Every byte is checked all the same: an image is walked as an attribute map, so that
// what is copied into a request later is one well-formed item and nothing else.
//
// Outcomes, each for good:
//   the whole event is refused   not JSON, no Records, another service's event, over the bounds, or
//                                a record whose sequence number is absent or malformed (it could
//                                not be named in an answer)
//   one record is refused        StreamRecord::problem says why: unknown eventName, ARN or key
//                                absent or malformed, an image that is no attribute map or nests
//                                too deep
//   anything else                unknown members are skipped, members come in any order
//
// Keys of several shapes in one batch are no fault here: a table that was deleted and made again
// may have another key, and a dump of dead letters may hold records of both. The target knows what
// the key is now, and refuses the others one by one.
//
// Emulators and SDKs write some things otherwise than Lambda does:
//   `{"S":"x","N":null}`         a null member of an attribute value is absent: see
//                                attribute_walk.h
//   `"NewImage":{}`              an image without attributes is absent: an item has at least a key
//   a creation time of a form    StreamRecord::created_at is absent
//   that is not known
//
// Threads: one parser for each thread. Ownership: a batch borrows from the payload and the parser.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "events/copies.h"
#include "events/stream_record.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::events {

/// Source: AWS Lambda, CreateEventSourceMapping, BatchSize: maximum 10,000.
inline constexpr std::size_t kRecordsMax = 10'000;

/// What an event says besides its records.
struct StreamEvent {
  /// That of the first record whose ARN is sound; empty: there is none. Lambda never mixes streams
  /// in a batch: a record without a stream of its own belongs to this one, and so fails in the lane
  /// of its item, where no later change of that item is applied.
  StreamArn stream;
  /// The texts that records view where the payload has nulls that an image or key must not have.
  Copies copies;
};

/// A whole event.
struct StreamBatch {
  /// In the order of the event. One without a stream of its own is of StreamEvent::stream.
  std::vector<StreamRecord> records;
  Copies copies;  ///< as StreamEvent has them
};

class StreamParser {
 public:
  StreamParser();
  ~StreamParser();
  StreamParser(StreamParser&&) noexcept;
  StreamParser& operator=(StreamParser&&) noexcept;

  /// Takes one record, which is valid until the next event is read, or until the payload changes.
  using TakeRecord = std::function<void(StreamRecord&& record)>;

  /// Reads one event, and hands out its records, one by one, in their order. What was handed out of
  /// an event that is refused in the end counts for nothing.
  /// @error kInvalidArgument  the whole event is refused; the message says what was found, what
  ///                          was expected and where
  /// @error kUnavailable      there is no memory to read the event; the same event may be read
  ///                          later
  Result<StreamEvent> read(PayloadView payload, const TakeRecord& take);

  /// Reads one event, and keeps its records. The batch is valid until the next event is read, or
  /// until the payload changes.
  /// @error as read()
  Result<StreamBatch> parse(PayloadView payload);

  /// Reads one record, alone. `stream_arn` is the stream of a record that does not name one; empty:
  /// not known. The record views the text, `stream_arn`, and what is added to `copies`, and nothing
  /// of the parser, so that it stays valid when another is read.
  /// @error kInvalidArgument  the record is refused: the text is not JSON, or is of another
  ///                          service, or has no sequence number; the message says what was found
  /// @error kUnavailable      there is no memory to read the record; it may be read later
  Result<StreamRecord> parse_record(PayloadView record, std::string_view stream_arn,
                                    Copies& copies);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace streamonce::events
