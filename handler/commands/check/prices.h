// handler/commands/check/prices.h: what changes take in DynamoDB, and what that costs.
//
// Source:  DynamoDB developer guide, "DynamoDB on-demand capacity mode": a request takes one write
//          request unit for each KB of an item, a transaction two, also where it only checks one,
//          and a consistent read one read request unit for each 4 KB; "Quotas": a transaction has
//          100 actions. Amazon DynamoDB pricing: on-demand prices of us-east-1, November 2026.
// Threads: values and pure functions.

#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "handler/config/mark_settings.h"

namespace streamonce::handler::check {

/// What an item of up to 1 KB takes in a transaction, and in a request of its own.
inline constexpr std::uint64_t kUnitsOfItem = 2;
inline constexpr std::uint64_t kUnitsOfPut = 1;
/// What a consistent read of an entry of up to 4 KB takes.
inline constexpr std::uint64_t kUnitsOfRead = 1;
/// The prices of a million write and read request units, in thousandths of a dollar.
inline constexpr std::uint64_t kPriceOfMillion = 625;
inline constexpr std::uint64_t kReadPriceOfMillion = 125;

/// `2.50`: the dollars of `units` for each of a million changes, rounded up to a cent.
std::string dollars_of_million(std::uint64_t units, std::uint64_t price = kPriceOfMillion);
/// The same with tenths of a write unit.
std::string dollars_of_million_tenths(std::uint64_t tenths);

/// What changes take of an item of up to 1 KB, which has one row, in tenths of a write unit each.
struct MarkPrice {
  MarksIn in = MarksIn::kLedger;
  std::uint64_t insert = 0;
  std::uint64_t update = 0;
  std::uint64_t removal = 0;
  std::uint64_t mostly_updates = 0;  ///< on average, where kUpdatesOfTen of ten are updates
};

inline constexpr std::uint64_t kUpdatesOfTen = 8;

/// With either choice of where marks are.
std::array<MarkPrice, 2> mark_prices();

}  // namespace streamonce::handler::check
