#include "handler/views/compile.h"

#include "events/decimal.h"
#include "handler/views/rules/names.h"
#include "runtime/base/check.h"

namespace streamonce::handler::views {
namespace {

/// How many names of one length are compared one after the other. Comparing is the fastest for few.
constexpr std::size_t kComparedMax = 16;

/// What the map, list or set `expression` has, whose `operands` are compiled.
std::unique_ptr<LiteralParts> parts_of(const Expression& expression,
                                       const std::vector<Node>& operands) {
  auto parts = std::make_unique<LiteralParts>();
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Value& part = operands[i].literal;
    if (expression.kind != ExpressionKind::kMap)
      parts->elements.push_back(part);
    else if (i % 2 == 1)
      parts->members.push_back({.name = expression.operands[i - 1].text, .value = part});
  }
  return parts;
}

/// Gives the node of what is written out its value. What it is made of is compiled.
void make_literal(const Expression& expression, Node& node) {
  if (expression.kind >= ExpressionKind::kMap) node.parts = parts_of(expression, node.operands);
  switch (expression.kind) {
    case ExpressionKind::kText:
      node.literal = Value::of_text(expression.text);
      break;
    case ExpressionKind::kNumber:
      node.literal = Value::of(events::parse_decimal(expression.text).value());
      break;
    case ExpressionKind::kTrue:
    case ExpressionKind::kFalse:
      node.literal = Value::of(expression.kind == ExpressionKind::kTrue);
      break;
    case ExpressionKind::kNull:
      node.literal = Value::null();
      break;
    case ExpressionKind::kMap:
      node.literal = Value::of_map(node.parts->members);
      break;
    case ExpressionKind::kList:
      node.literal = Value::of_list(node.parts->elements);
      break;
    case ExpressionKind::kSet:
      node.literal = Value::of_set(node.parts->elements.front().kind() == ValueKind::kText
                                       ? ValueKind::kTextSet
                                       : ValueKind::kNumberSet,
                                   node.parts->elements);
      break;
    default:
      break;
  }
}

/// What an operation is called in messages.
std::string_view shown_name(ExpressionKind kind) {
  switch (kind) {
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

Node compile(const Select& select, const Expression& expression, SlotNames& slots) {
  STREAMONCE_CHECK(expression.kind < ExpressionKind::kCountAll);
  Node node;
  node.kind = expression.kind;
  node.is_negated = expression.is_negated;
  node.has_subject = expression.has_subject;
  node.has_else = expression.has_else;
  node.shown = shown_name(expression.kind);
  if (expression.kind == ExpressionKind::kPath)
    compile_path(resolve(select, expression.path), slots, node);
  if (expression.kind == ExpressionKind::kCall) {
    const FunctionName* found = find_function(expression.text);
    STREAMONCE_CHECK(found != nullptr);
    node.function = found->function;
    node.is_condition = found->is_condition;
    node.shown = found->shown;
  }
  if (expression.kind == ExpressionKind::kCast && expression.text == "NUMBER")
    node.casts_to = ValueKind::kNumber;
  node.operands.reserve(expression.operands.size());
  for (const Expression& operand : expression.operands)
    node.operands.push_back(compile(select, operand, slots));
  if (expression.kind < ExpressionKind::kPath) make_literal(expression, node);
  return node;
}

Node compile_unnest(const Select& select, SlotNames& slots) {
  Node node;
  node.kind = ExpressionKind::kPath;
  compile_path(resolve_unnest(select), slots, node);
  return node;
}

}  // namespace streamonce::handler::views
