// events/change.h: one change of one item of a source table, as a pipeline takes it.
//
// Where a change comes from decides nothing: a stream's record, a dead letter or another source
// says the same with it. What a change is made of is checked where it is made.
//
// Threads: a value, and pure functions. Ownership: all views are borrowed, from whatever the change
// was made of: see change_of().

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/item_key.h"
#include "events/stream_record.h"
#include "events/version.h"

namespace streamonce::events {

/// What a change does to its item.
enum class Operation : std::uint8_t {
  kPut,     ///< the item is the change's image from now on
  kRemove,  ///< there is no such item from now on
};

/// `put` or `remove`: as the ledger has it.
inline std::string_view name_of(Operation operation) {
  return operation == Operation::kPut ? "put" : "remove";
}

/// The table that a change comes from. All three are empty if it is not known.
struct SourceTable {
  std::string_view account;
  std::string_view region;
  std::string_view table;

  friend bool operator==(const SourceTable&, const SourceTable&) = default;
};

struct Change {
  SourceTable source;
  ItemKey key;                 ///< empty: not known
  std::string_view keys_json;  ///< the key as DynamoDB JSON
  Version version;
  Operation operation = Operation::kPut;
  /// As its stream tells it: kRemove if and only if the operation is.
  EventName event_name = EventName::kInsert;
  /// Of a removal: whether DynamoDB removed the item, at the end of its time, or may have.
  bool expired_by_ttl = false;
  /// Whether all that is wrong, as `problem` says, is that the stream's view type leaves out the
  /// image that is put: whoever can read the source may give it one.
  bool lacks_image = false;
  std::string_view image_json;             ///< the whole item as DynamoDB JSON; empty for kRemove
  std::optional<std::int64_t> created_at;  ///< epoch seconds; none: not known
  /// Why the change cannot be applied, for a person and without item values; empty: it can. Never
  /// empty if the source or the key is not known, or if there is no image to put.
  std::string problem;

  /// Whether it is known which item changes. If not, the change belongs to no lane.
  bool names_item() const { return !key.empty() && !source.table.empty(); }
};

/// The change that `record` tells of. Views what the record views.
///
/// A record whose stream is not known has a version before those of all streams, which orders it by
/// its sequence number.
Change change_of(const StreamRecord& record);

/// Lets a change that is of no stream be of `stream`, which is one that was parsed, under `number`,
/// which is its record's.
void adopt_stream(const StreamArn& stream, const SequenceNumber& number, Change& change);

}  // namespace streamonce::events
