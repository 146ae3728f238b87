#include "handler/commands/check/prices.h"

namespace streamonce::handler::check {
namespace {

/// A cent, in thousandths of a dollar.
constexpr std::uint64_t kCent = 10;

std::string dollars(std::uint64_t cents) {
  const std::string rest = std::to_string(cents % 100);
  return std::to_string(cents / 100) + (rest.size() == 1 ? ".0" : ".") + rest;
}

MarkPrice price_of(MarksIn in, std::uint64_t update) {
  constexpr std::uint64_t kTransaction = 2 * kUnitsOfItem * 10;
  return {.in = in,
          .insert = kTransaction,
          .update = update,
          .removal = kTransaction,
          .mostly_updates = (kUpdatesOfTen * update + (10 - kUpdatesOfTen) * kTransaction) / 10};
}

}  // namespace

std::string dollars_of_million(std::uint64_t units, std::uint64_t price) {
  return dollars((units * price + kCent - 1) / kCent);
}

std::string dollars_of_million_tenths(std::uint64_t tenths) {
  return dollars((tenths * kPriceOfMillion + 10 * kCent - 1) / (10 * kCent));
}

std::array<MarkPrice, 2> mark_prices() {
  return {price_of(MarksIn::kLedger, 2 * kUnitsOfItem * 10),
          price_of(MarksIn::kItem, 10 * kUnitsOfPut)};
}

}  // namespace streamonce::handler::check
