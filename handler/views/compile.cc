#include "handler/views/compile.h"

#include <memory>
#include <memory_resource>
#include <type_traits>

#include "events/decimal.h"
#include "handler/views/rules/names.h"
#include "runtime/base/check.h"
#include "runtime/base/kept.h"

namespace streamonce::handler::views {
namespace {

/// How many names of one length are compared one after the other. Comparing is the fastest for few.
constexpr std::size_t kComparedMax = 16;

/// The value of the map, list or set `expression`, whose `operands` are compiled.
Value value_of_parts(const Expression& expression, std::span<const Node> operands,
                     TreeMemory& memory) {
  std::vector<Value> elements;
  std::vector<ValueMember> members;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Value& part = *operands[i].literal;
    if (expression.kind != ExpressionKind::kMap)
      elements.push_back(part);
    else if (i % 2 == 1)
      members.push_back({.name = expression.operands[i - 1].text, .value = part});
  }
  if (expression.kind == ExpressionKind::kMap) return Value::of_map(kept(members, memory));
  const std::span<const Value> parts = kept(elements, memory);
  if (expression.kind == ExpressionKind::kList) return Value::of_list(parts);
  return Value::of_set(
      parts.front().kind() == ValueKind::kText ? ValueKind::kTextSet : ValueKind::kNumberSet,
      parts);
}

/// The value of what is written out, whose `operands` are compiled.
Value value_of(const Expression& expression, std::span<const Node> operands, TreeMemory& memory) {
  switch (expression.kind) {
    case ExpressionKind::kText:
      return Value::of_text(expression.text);
    case ExpressionKind::kNumber:
      return Value::of(events::parse_decimal(expression.text).value());
    case ExpressionKind::kTrue:
    case ExpressionKind::kFalse:
      return Value::of(expression.kind == ExpressionKind::kTrue);
    case ExpressionKind::kNull:
      return Value::null();
    case ExpressionKind::kMap:
    case ExpressionKind::kList:
    case ExpressionKind::kSet:
      return value_of_parts(expression, operands, memory);
    default:
      return {};
  }
}

void compile_path(const ResolvedPath& path, SlotNames& slots, Node& node) {
  if (path.root != PathRoot::kItem) {
    node.slot = path.root == PathRoot::kElement ? kElementSlot : kPositionSlot;
    node.steps = path.steps;
    return;
  }
  STREAMONCE_CHECK(!path.steps.empty());
  node.slot = slots.slot_of(path.steps.front().name);
  node.steps = path.steps.subspan(1);
}

}  // namespace

std::optional<std::uint32_t> SlotNames::find(std::string_view name) const {
  if (name.size() >= by_length_.size()) return std::nullopt;
  const std::vector<Entry>& entries = by_length_[name.size()];
  if (entries.size() > kComparedMax) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
  }
  for (const Entry& entry : entries)
    if (entry.name == name) return entry.slot;
  return std::nullopt;
}

std::uint32_t SlotNames::slot_of(std::string_view name) {
  if (const std::optional<std::uint32_t> slot = find(name)) return *slot;
  if (name.size() >= by_length_.size()) by_length_.resize(name.size() + 1);
  by_length_[name.size()].push_back({.name = name, .slot = count_});
  by_name_.emplace(name, count_);
  return count_++;
}

std::string_view shown_name(const Node& node) {
  switch (node.kind) {
    case ExpressionKind::kCall:
      return function_names()[static_cast<std::size_t>(node.function)].shown;
    case ExpressionKind::kConcatenate:
      return "||";
    case ExpressionKind::kAdd:
      return "+";
    case ExpressionKind::kSubtract:
    case ExpressionKind::kNegate:
      return "-";
    case ExpressionKind::kMultiply:
      return "*";
    case ExpressionKind::kCast:
      return "CAST";
    default:
      return {};
  }
}

Node compile(const Select& select, const Expression& expression, SlotNames& slots,
             TreeMemory& memory) {
  STREAMONCE_CHECK(expression.kind < ExpressionKind::kCountAll);
  Node node;
  node.kind = expression.kind;
  node.is_negated = expression.is_negated;
  node.has_subject = expression.has_subject;
  node.has_else = expression.has_else;
  if (expression.kind == ExpressionKind::kPath)
    compile_path(resolve(select, expression.path), slots, node);
  if (expression.kind == ExpressionKind::kCall) {
    const FunctionName* found = find_function(expression.text);
    STREAMONCE_CHECK(found != nullptr);
    node.function = found->function;
    node.is_condition = found->is_condition;
  }
  if (expression.kind == ExpressionKind::kCast && expression.text == "NUMBER")
    node.casts_to = ValueKind::kNumber;
  static_assert(std::is_trivially_destructible_v<Node>);
  if (const std::size_t count = expression.operands.size(); count > 0) {
    Node* const operands = std::pmr::polymorphic_allocator<Node>(&memory).allocate(count);
    for (std::size_t i = 0; i < count; ++i)
      std::construct_at(operands + i, compile(select, expression.operands[i], slots, memory));
    node.operands = {operands, count};
  }
  if (expression.kind < ExpressionKind::kPath)
    node.literal = kept_value(value_of(expression, node.operands, memory), memory);
  return node;
}

Node compile_unnest(const Select& select, SlotNames& slots) {
  Node node;
  node.kind = ExpressionKind::kPath;
  compile_path(resolve_unnest(select), slots, node);
  return node;
}

}  // namespace streamonce::handler::views
