// tests/support/mark_places.h: where marks are, for who knows the ids of a ledger only, and for who
// knows the rows, too.

#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/item_key.h"
#include "handler/targets/target.h"
#include "runtime/base/check.h"

namespace streamonce::testing {

inline std::vector<handler::MarkPlace> places_of(std::span<const std::string_view> ids) {
  std::vector<handler::MarkPlace> places;
  for (const std::string_view id : ids) places.push_back({.ledger_id = id});
  return places;
}

inline std::vector<handler::MarkPlace> place_of(std::string_view id) {
  return {{.ledger_id = id}};
}

/// Places that own their texts, of rows whose key is one string.
class MarkPlaces {
 public:
  void add(std::string ledger_id, std::string table, std::string key_name, std::string key) {
    const std::string_view name = keep(std::move(key_name));
    events::ItemKey& item = keys_.emplace_back();
    STREAMONCE_CHECK(item.add({.name = name, .value = keep(std::move(key))}).has_value());
    list_.push_back(
        {.ledger_id = keep(std::move(ledger_id)), .table = keep(std::move(table)), .key = &item});
  }
  const std::vector<handler::MarkPlace>& list() const { return list_; }

 private:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::deque<std::string> texts_;  // which stay where they are
  std::deque<events::ItemKey> keys_;
  std::vector<handler::MarkPlace> list_;
};

}  // namespace streamonce::testing
