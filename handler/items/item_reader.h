// handler/items/item_reader.h: items of tables, read by their keys and walked through.
//
// Threads: one thread at a time for a reader and all its walks, which must not outlive it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_key.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// How new an item is that is read. A strong read has all that was written before it, and costs
/// twice as much.
enum class Consistency : std::uint8_t { kEventual, kStrong };

/// One of `count` parts of a table, which have no item in common and all items together.
struct Segment {
  std::uint32_t number = 0;  ///< from 0 on, below `count`
  std::uint32_t count = 1;
};

/// A walk through one segment, page by page. What is there all the time comes, once; what others
/// write meanwhile may come or not.
class ItemScan {
 public:
  virtual ~ItemScan() = default;

  /// Puts the next page, which may be empty, into `items`: each a well-formed JSON object of
  /// DynamoDB's form, see is_damaged(). The texts are good until the next call of this walk. Where
  /// pages come over a network, the one behind is asked for meanwhile.
  /// @return false: the walk has come to its end, and there is no page
  /// @error kRejected  the table may not be read, or is not there where tables must be; any other
  ///                   code: it cannot be read now. The message says why, without an item's values.
  ///                   The next call asks for the same page again
  virtual Result<bool> next(std::vector<std::string_view>& items, SteadyTime deadline) = 0;

  /// Whether the row at `place` of the latest page has a text that is no item, as others may have
  /// written it into a file. What came of it is an object of its key alone, or `{}` if the key
  /// cannot be told.
  virtual bool is_damaged(std::size_t /*place*/) const { return false; }
};

class ItemReader {
 public:
  virtual ~ItemReader() = default;

  /// A walk through `segment` of `table`, a name or an ARN.
  virtual std::unique_ptr<ItemScan> scan(std::string table, Segment segment,
                                         Consistency consistency) = 0;

  /// The items of `table` that have `keys`, which are distinct and have the table's key attributes:
  /// one result for each in their order, the whole item as DynamoDB JSON, or an empty text where
  /// there is none. A row whose text is no item, as others may have written it into a file, comes
  /// as it is there, and an empty one as a blank: events::is_item() tells. The texts are good until
  /// the next call of read(). One key's error does not stop the others.
  /// @error kRejected  the table may not be read, or one key is none that the table can have; any
  ///                   other code: it cannot be read now
  virtual std::vector<Result<std::string_view>> read(std::string_view table,
                                                     std::span<const events::ItemKey> keys,
                                                     Consistency consistency,
                                                     SteadyTime deadline) = 0;

  /// Lets calls end early, with kTimeout, once `stopped` says so, where they wait for a network. It
  /// is asked some times a second.
  virtual void end_early_if(const std::function<bool()>& /*stopped*/) {}

  /// Read units that the service said it charged for all so far; 0 where nobody charges.
  virtual double read_units() const = 0;

  /// Whether a table has segments: where not, only segment 0 of 1 may be asked for.
  virtual bool has_segments() const = 0;
};

}  // namespace streamonce::handler
