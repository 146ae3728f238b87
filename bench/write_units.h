// bench/write_units.h: what a write takes by DynamoDB's rule, whatever becomes of it: a condition
// that fails is billed as the write would have been, and so is, as far as is known, each action of
// a transaction that is cancelled.
//
// Source:  DynamoDB developer guide, "DynamoDB on-demand capacity mode" and "Working with item
//          sizes and formats": one unit for each KB of an item that has begun, where an item is
//          replaced of the larger one; twice that in a transaction, also of what it only checks.
// Threads: pure functions.

#pragma once

#include <cstdint>
#include <string_view>

namespace streamonce::bench {

/// Of an item as DynamoDB JSON. Its numbers count as one byte each.
std::uint64_t write_units(std::string_view item_json);
std::uint64_t write_units_in_transaction(std::string_view item_json);

}  // namespace streamonce::bench
