// bench/load.h: stream events made of a record's number alone, so that a receiver can tell what it
// ought to have been sent.
//
// Threads: values and const calls; any.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamonce::bench {

/// The size of one record in an event; what a table of orders might have.
inline constexpr std::size_t kRecordBytes = 1000;
/// So that 10,000 records fit into Lambda's 6 MB.
inline constexpr std::size_t kSmallRecordBytes = 620;

/// What items have.
enum class Shape : std::uint8_t {
  kSixAttributes,
  kTenAttributes,  ///< an Order's, and what no view looks at
};

/// What has become of the items.
enum class Change : std::uint8_t {
  kInsert,
  kUpdate,
  kRemoval,  ///< without an image
};

/// What views look at in an item of ten attributes.
struct Order {
  std::string key;
  std::string status;  ///< placed, paid, or cancelled: every tenth
  std::string customer;
  std::string city;  ///< in the map ship_to
  std::int64_t total_cents = 0;
  std::optional<std::int64_t> discount_cents;  ///< none, in every third: NULL
};

/// Of record `number`, with the key of its own item.
Order order_of(std::uint64_t number);

/// An exact number as DynamoDB has it: without zeros at its end.
std::string decimal_text(std::int64_t cents);
/// The hundredths of a plain number; none: it has more than two digits behind the point.
std::optional<std::int64_t> cents_of(std::string_view text);

/// `item-` and 12 digits: the key of the item that record `number` is of. Each has its own item.
std::string item_key(std::uint64_t number);

/// The number of the first item key in `text`.
std::optional<std::uint64_t> number_in(std::string_view text);

/// What SequenceNumber says.
std::string sequence_number(std::uint64_t number);

class Load {
 public:
  /// `record_bytes`: about what one record takes in an event; at least kSmallRecordBytes, and for
  /// ten attributes kRecordBytes.
  /// `items_behind`: record N changes the item that record N - items_behind is of, so that it has
  /// all that is made of N but the key. 0: it has an item of its own.
  explicit Load(std::size_t record_bytes, Shape shape = Shape::kSixAttributes,
                std::uint64_t items_behind = 0, Change change = Change::kInsert);

  /// The new image of record `number`, as DynamoDB JSON; of a removal, what the item was before.
  std::string image(std::uint64_t number) const;
  /// The key of that item, as DynamoDB JSON.
  std::string key(std::uint64_t number) const;
  /// The event of `count` records, numbered from `first`.
  std::string event(std::uint64_t first, std::size_t count) const;

 private:
  std::string item_of(std::uint64_t number) const { return item_key(number - items_behind_); }
  void append_record(std::string& out, std::uint64_t number, Change change) const;

  const Shape shape_;
  const std::uint64_t items_behind_;
  const Change change_;
  std::size_t filler_bytes_ = 0;
};

}  // namespace streamonce::bench
