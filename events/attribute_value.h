// events/attribute_value.h: a typed look into the bytes of an item that was checked.
//
// No tree is built: a value is a view of its bytes, and its parts are found by walking them.
//
// All texts that are looked into must have been walked by walk_item() or walk_key(), or made by
// this program: they are well-formed DynamoDB JSON. White space may stand anywhere.
//
// Source:  DynamoDB API reference, AttributeValue.
// Threads: values and pure functions. Ownership: views of the text that was given.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace streamonce::events {

enum class AttributeType : std::uint8_t {
  kString,
  kNumber,
  kBinary,
  kBool,
  kNull,
  kStringSet,
  kNumberSet,
  kBinarySet,
  kList,
  kMap,
};

/// `S`, `N` and so on.
std::string_view name_of(AttributeType type);

/// An attribute as it goes into a request.
struct RawAttribute {
  std::string_view name;        ///< unescaped
  std::string_view value_json;  ///< `{"S":"..."}`
};

}  // namespace streamonce::events
