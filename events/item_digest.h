// events/item_digest.h: whether two items are the same, however they were written.
//
// Two items are equal if they have the same attributes with equal values, as DynamoDB has it: names
// stand in any order, a number has many spellings, a set has no order, and a JSON string may be
// escaped or not. A list has an order. What is absent, a NULL and what is empty are three things.
//
// An item's digest is made of bytes that are the same for equal items and different for all others:
// each part has its type before it, and its length or count. Names and elements of sets are sorted
// by their bytes, and a number is in the spelling of canonical keys (item_key.h).
//
// Source:  DynamoDB API reference, AttributeValue; developer guide, "Supported data types and
//          naming rules".
// Threads: one thread at a time for one digester. Ownership: results own their bytes.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/digest.h"
#include "runtime/base/result.h"

namespace streamonce::events {

/// Equal for equal items, and for no others that anybody has ever found.
using ItemDigest = Sha256;

/// Keeps its memory from one item to the next.
class ItemDigester {
 public:
  /// @param ignored  names of top-level attributes that do not count, unescaped
  explicit ItemDigester(std::vector<std::string> ignored = {});
  ~ItemDigester();
  ItemDigester(const ItemDigester&) = delete;
  ItemDigester& operator=(const ItemDigester&) = delete;

  /// @error kInvalidArgument  `item_json` is not one item as DynamoDB JSON, in each of its bytes.
  ///                          The message tells what is wrong with which attribute, and no value
  Result<ItemDigest> digest_of(std::string_view item_json);

  /// The names of the top-level attributes that differ, or that only one of the two items has,
  /// unescaped and sorted by their bytes.
  /// @error as digest_of(), of either
  Result<std::vector<std::string>> differing_attributes(std::string_view a, std::string_view b);

 private:
  class Canonical;

  const std::vector<std::string> ignored_;  // sorted
  std::unique_ptr<Canonical> first_;
  std::unique_ptr<Canonical> second_;  // null: two items were never compared
};

}  // namespace streamonce::events
