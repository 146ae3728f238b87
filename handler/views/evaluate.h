// handler/views/evaluate.h: what a compiled expression comes to for one item.
//
// Operands are evaluated from left to right, and all of them, but for these: AND, OR, CASE,
// COALESCE and IN stop where the outcome is known, and no error behind that place is looked at. In
// arithmetic, || and functions, MISSING and NULL are looked at first, and give MISSING; types are
// looked at then.
//
// A message of an error tells operations and types, and never a value.
//
// Threads: pure functions, but for the arena.

#pragma once

#include <span>

#include "handler/views/compile.h"
#include "handler/views/values/scratch_arena.h"
#include "handler/views/values/value.h"
#include "runtime/base/result.h"

namespace streamonce::handler::views {

/// What an expression is evaluated over.
struct Scope {
  std::span<const Value> slots;  ///< one for each name of the SlotNames; MISSING: not in the item
  ScratchArena& arena;           ///< takes what is made
};

/// The value of an expression. That of a condition is a BOOL.
/// @error kInvalidArgument  an operand has a type that the operation does not take, or a value that
///                          it has no result for; or more than kScratchBytesMax was made
Result<Value> evaluate(const Node& node, const Scope& scope);

/// Whether an expression holds as a condition: what is neither a condition nor true does not.
/// @error  as evaluate()
Result<bool> holds(const Node& node, const Scope& scope);

}  // namespace streamonce::handler::views
