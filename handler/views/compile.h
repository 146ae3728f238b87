// handler/views/compile.h: an expression of a checked view, made ready to be evaluated many times.
//
// What can be known from the text alone is known here: literals are values, functions are no
// longer names, and the first step of a path is a slot. Slots are places in an array; all
// attributes that the views of a source name have one, so that one walk of an item fills it for all
// of them.
//
// Threads: values and pure functions.
// Ownership: what is compiled views the memory that it was made in, and the tree that it was made
// of.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "handler/views/language/function_names.h"
#include "handler/views/language/syntax.h"
#include "handler/views/values/value.h"

namespace streamonce::handler::views {

/// The slots that no attribute's name has: of the element that a view unnests, and of its place.
inline constexpr std::uint32_t kElementSlot = 0;
inline constexpr std::uint32_t kPositionSlot = 1;

/// Which attribute has which slot. Views the names.
class SlotNames {
 public:
  /// The slot of `name`, which is made if there is none.
  std::uint32_t slot_of(std::string_view name);
  /// None: `name` has no slot.
  std::optional<std::uint32_t> find(std::string_view name) const;
  /// How many slots there are, with those that no name has.
  std::size_t size() const { return count_; }

 private:
  struct Entry {
    std::string_view name;
    std::uint32_t slot;
  };

  /// The names by their length, which tells most of an item's names from all of them.
  std::vector<std::vector<Entry>> by_length_;
  /// All of them, for a length that too many have to look at each.
  std::unordered_map<std::string_view, std::uint32_t> by_name_;
  std::uint32_t count_ = kPositionSlot + 1;
};

/// A node of a compiled expression. One that compile() has not made may not be evaluated.
struct Node {
  ExpressionKind kind = ExpressionKind::kMissing;
  bool is_negated = false;
  bool has_subject = false;
  bool has_else = false;
  bool is_condition = false;              ///< of kCall: whether the function is one
  Function function = Function::kSize;    ///< of kCall
  ValueKind casts_to = ValueKind::kText;  ///< of kCast
  std::uint32_t slot = 0;                 ///< of kPath
  const Value* literal = nullptr;   ///< of what is written out, kText to kSet, where it is not null
  std::span<const PathStep> steps;  ///< of kPath: from the slot on
  std::span<const Node> operands;
};

/// What the operation of `node`, whose operands must have a type, is called in messages.
std::string_view shown_name(const Node& node);

/// Compiles an expression of `select`, which is that of a checked view. Gives each attribute that
/// it names a slot. An aggregate is none: what it is over is one.
/// @param memory  keeps what the node views, but for the texts and steps of the tree
Node compile(const Select& select, const Expression& expression, SlotNames& slots,
             TreeMemory& memory);

/// Compiles the path whose elements `select` unnests, which it must do.
Node compile_unnest(const Select& select, SlotNames& slots);

}  // namespace streamonce::handler::views
