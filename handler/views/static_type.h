// handler/views/static_type.h: what can be said of an expression's value before there is an item.
//
// Threads: pure functions.

#pragma once

#include <cstdint>
#include <string_view>

#include "handler/views/syntax.h"

namespace streamonce::handler::views {

enum class StaticType : std::uint8_t {
  kUnknown,  ///< it depends on the item
  kText,
  kNumber,
  kBool,
  kNull,
  kMissing,
  kMap,
  kList,
  kSet,
};

/// The type of the value of `expression` in `select`, for every item that it is not MISSING for.
StaticType static_type(const Select& select, const Expression& expression);

/// `a text`, `a number` and so on: for messages. Of kUnknown: `a value`.
std::string_view name_of(StaticType type);

/// Whether both are literals of one type with an order, and the first is greater.
bool is_greater_literal(const Expression& a, const Expression& b);

}  // namespace streamonce::handler::views
