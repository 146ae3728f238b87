// tests/support/changes.h: changes of a table `orders`, made by hand.

#pragma once

#include <string>
#include <string_view>

#include "events/change.h"

namespace streamonce::testing {

inline constexpr std::string_view kLabel = "2026-11-21T00:44:22.580";
inline constexpr std::string_view kKeysJson = R"({"id":{"S":"x"}})";
inline constexpr std::string_view kImageJson = R"({"id":{"S":"x"},"value":{"S":"y"}})";

inline events::Version version_of(std::string_view number, std::string_view label = kLabel) {
  return {label, events::SequenceNumber::parse(number).value()};
}

/// A put of the item `id`. Borrows `id`.
inline events::Change change(std::string_view id, std::string_view number) {
  events::Change made;
  made.source = {.account = "123456789012", .region = "eu-west-1", .table = "orders"};
  static_cast<void>(
      made.key.add({.name = "id", .type = events::KeyType::kString, .value = id}).has_value());
  made.keys_json = kKeysJson;
  made.version = version_of(number);
  made.image_json = kImageJson;
  made.created_at = 1'795'221'862;
  return made;
}

inline events::Change removal(std::string_view id, std::string_view number) {
  events::Change made = change(id, number);
  made.operation = events::Operation::kRemove;
  made.image_json = {};
  return made;
}

/// A change that cannot be applied.
inline events::Change bad_change(std::string_view id, std::string_view number,
                                 std::string_view problem = "bad") {
  events::Change made = change(id, number);
  made.problem = problem;
  return made;
}

/// A change of nobody knows which item.
inline events::Change nameless_change(std::string_view number) {
  events::Change made = bad_change("x", number, "no key");
  made.key = {};
  return made;
}

}  // namespace streamonce::testing
