// events/stream_record.h: one change of one item, as the stream tells it.
//
// Source:  DynamoDB Streams API, Record and StreamRecord; AWS Lambda, "Using Lambda with DynamoDB",
//          example event. Every member is optional in the API's model.
// Threads: a value. Ownership: all views are borrowed from the payload, from the StreamParser that
//          made the record, and from its StreamBatch; all must outlive it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/item_key.h"
#include "events/sequence_number.h"
#include "events/stream_arn.h"

namespace streamonce::events {

enum class EventName : std::uint8_t { kInsert, kModify, kRemove };

enum class StreamViewType : std::uint8_t {
  kUnknown,  ///< absent
  kKeysOnly,
  kNewImage,
  kOldImage,
  kNewAndOldImages,
};

/// `KEYS_ONLY` and so on; `absent` for kUnknown.
std::string_view name_of(StreamViewType type);

struct StreamRecord {
  SequenceNumber sequence_number;
  EventName event_name = EventName::kInsert;
  StreamViewType view_type = StreamViewType::kUnknown;
  StreamArn stream;
  ItemKey key;  ///< empty if the record's key is absent or malformed; `problem` is set then
  /// The raw JSON objects, checked to be what their names say; empty: absent. No value has been
  /// unescaped; members of attribute values that are null have been left out.
  std::string_view keys_json;
  std::string_view new_image_json;
  std::string_view old_image_json;
  /// Seconds since the epoch, as ApproximateCreationDateTime says; none: it is absent, or neither
  /// a number of seconds up to the year 9999 nor a text that parse_iso_time() takes. Milliseconds
  /// lie beyond that year.
  std::optional<std::int64_t> created_at;
  /// Whether the item expired (userIdentity is DynamoDB itself) rather than was deleted by a user.
  bool expired_by_ttl = false;
  /// Why this record cannot be applied, if so; for a person, without item values.
  std::string problem;
};

/// Whether the record puts an item and has no image of it.
bool lacks_image(const StreamRecord& record);

/// Whether the record is sound but for an image that its stream was set up to leave out, so that no
/// change of that stream can be applied unless its item is read from the source.
bool lacks_image_by_view_type(const StreamRecord& record);

/// The end of a sentence that begins with what is lacking: `since the stream's view type is ...`,
/// and what is needed instead.
std::string why_view_type_lacks_image(StreamViewType type);

}  // namespace streamonce::events
