#include "handler/views/rules/expression_checker.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "events/attribute_value.h"
#include "handler/views/language/printer.h"
#include "handler/views/language/refusals.h"
#include "handler/views/language/token.h"
#include "handler/views/rules/names.h"
#include "handler/views/rules/static_type.h"
#include "runtime/base/text.h"

namespace streamonce::handler::views {
namespace {

constexpr std::string_view kNestedAggregate =
    "an aggregate stands alone, as an item of its own: write SUM(a + b) for SUM(a) + SUM(b), and "
    "calculate with the amounts when you read them";
constexpr std::string_view kWithoutGroupBy =
    "an aggregate needs GROUP BY: GROUP BY 'all' makes one row of all items, which its KEY has as "
    "an item: 'all' AS pk";
constexpr std::string_view kAggregateInWhere =
    "an aggregate cannot stand in WHERE, which looks at one item alone";
constexpr std::string_view kAggregateInGroupBy =
    "an aggregate cannot stand in GROUP BY, which says what the group of an item is";

bool is_known(StaticType type) {
  return type != StaticType::kUnknown;
}

bool is_nothing(StaticType type) {
  return type == StaticType::kNull || type == StaticType::kMissing;
}

bool has_order(StaticType type) {
  return !is_known(type) || type == StaticType::kText || type == StaticType::kNumber;
}

/// The types of a function's arguments: t is a text, n a number, and anything else is not checked.
std::string_view argument_types(Function function) {
  switch (function) {
    case Function::kUpper:
    case Function::kLower:
    case Function::kTrim:
    case Function::kCharLength:
    case Function::kToEpoch:
    case Function::kSha256:
      return "t";
    case Function::kReplace:
      return "ttt";
    case Function::kSubstring:
      return "tnn";
    case Function::kLpad:
      return "-nt";
    case Function::kSplitPart:
      return "ttn";
    case Function::kToIso8601:
      return "n";
    default:
      return {};
  }
}

}  // namespace

bool is_aggregate(const Expression& expression) {
  return expression.kind == ExpressionKind::kCountAll ||
         expression.kind == ExpressionKind::kCount || expression.kind == ExpressionKind::kSum;
}

void ExpressionChecker::check_item(const Expression& expression) {
  const bool is_grouped = !select_.group_by.empty();
  no_aggregate_ = is_grouped ? kNestedAggregate : kWithoutGroupBy;
  if (is_grouped && is_aggregate(expression))
    check_aggregate(expression);
  else
    check(expression, Role::kValue);
}

void ExpressionChecker::check_where(const Expression& condition) {
  no_aggregate_ = kAggregateInWhere;
  check(condition, Role::kCondition);
}

void ExpressionChecker::check_group_by(const Expression& expression) {
  no_aggregate_ = kAggregateInGroupBy;
  check(expression, Role::kValue);
}

void ExpressionChecker::check_aggregate(const Expression& aggregate) {
  no_aggregate_ = kNestedAggregate;
  for (const Expression& operand : aggregate.operands) check(operand, Role::kValue);
  if (aggregate.kind == ExpressionKind::kSum) check_numbers(aggregate);
}

void ExpressionChecker::check(const Expression& expression, Role role) {
  if (role == Role::kCondition) check_condition_type(expression);
  switch (expression.kind) {
    case ExpressionKind::kCountAll:
    case ExpressionKind::kCount:
    case ExpressionKind::kSum:
      report_.fault(expression.place,
                    "found " + shown(expression) + ": " + std::string(no_aggregate_));
      return;
    case ExpressionKind::kPath:
      return check_path(expression);
    case ExpressionKind::kCall:
      return check_call(expression);
    case ExpressionKind::kCase:
      return check_case(expression);
    case ExpressionKind::kOr:
    case ExpressionKind::kAnd:
    case ExpressionKind::kNot:
      for (const Expression& operand : expression.operands) check(operand, Role::kCondition);
      return;
    default:
      break;
  }
  check_operands(expression);
  switch (expression.kind) {
    case ExpressionKind::kEqual:
    case ExpressionKind::kNotEqual:
      return check_comparison(expression);
    case ExpressionKind::kLess:
    case ExpressionKind::kLessOrEqual:
    case ExpressionKind::kGreater:
    case ExpressionKind::kGreaterOrEqual:
      return check_order(expression);
    case ExpressionKind::kBetween:
      return check_between(expression);
    case ExpressionKind::kIn:
      return check_in(expression);
    case ExpressionKind::kConcatenate:
      return check_joined(expression);
    case ExpressionKind::kAdd:
    case ExpressionKind::kSubtract:
    case ExpressionKind::kMultiply:
    case ExpressionKind::kNegate:
      return check_numbers(expression);
    default:
      return;
  }
}

void ExpressionChecker::check_operands(const Expression& expression) {
  for (const Expression& operand : expression.operands) check(operand, Role::kValue);
  check_quotes(expression);
}

/// People who come from other languages write "text".
void ExpressionChecker::check_quotes(const Expression& expression) {
  const bool joins = expression.kind == ExpressionKind::kConcatenate;
  for (std::size_t i = joins ? 0 : 1; i < expression.operands.size(); ++i) {
    const Expression& operand = expression.operands[i];
    if (!operand.is_needlessly_quoted) continue;
    const std::string name = without_control_characters(operand.path.front().name);
    std::string message = "double quotes make a name: this is the attribute ";
    message += name;
    message += ", not a text; if the text is meant, write '";
    message += name;
    message += "', and else leave the quotes out";
    report_.warn(operand.place, std::move(message));
  }
}

void ExpressionChecker::check_path(const Expression& path) {
  const ResolvedPath resolved = resolve(select_, path.path);
  const std::string_view first = path.path.front().name;
  if (resolved.root == PathRoot::kItem && resolved.steps.empty()) {
    const std::string name(first);
    report_.fault(path.place, "found " + shown(path) +
                                  ", which is the whole item, and no value: write *, or one of its "
                                  "attributes, " +
                                  name + ".name; the attribute of this name is " + name + '.' +
                                  name);
  } else if (resolved.root == PathRoot::kPosition && !resolved.steps.empty()) {
    report_.fault(path.place, "found " + shown(path) + ": " + std::string(first) +
                                  " is the element's place, a number, and has no attributes");
  } else if (resolved.root == PathRoot::kItem && select_.source_alias != nullptr &&
             first == select_.source.text && path.path.size() > 1) {
    const std::string alias(select_.source_alias->text);
    report_.warn(path.place, "the source is called " + alias +
                                 " here, so that this is its attribute " + std::string(first) +
                                 "; write " + alias + ".name for the item's own");
  }
}

void ExpressionChecker::check_call(const Expression& call) {
  const FunctionName* const function = find_function(call.text);
  if (function == nullptr) return check_unknown_call(call);
  const std::size_t count = call.operands.size();
  if (count < function->arguments_least || count > function->arguments_most) {
    report_.fault(call.place,
                  "found " + std::string(function->shown) + " with " + std::to_string(count) +
                      (count == 1 ? " argument" : " arguments") + ": expected " +
                      std::string(function->shown) + '(' + std::string(function->arguments) + ')');
  } else if (function->takes_path && call.operands.front().kind != ExpressionKind::kPath) {
    report_.fault(call.operands.front().place,
                  "found " + shown(call.operands.front()) + ": " + std::string(function->shown) +
                      " looks at an attribute: expected its path, without quotes");
  } else {
    check_argument_types(call, function->function);
  }
  check_operands(call);
}

void ExpressionChecker::check_unknown_call(const Expression& call) {
  std::string message = "found " + upper_case(quoted_excerpt(call.text)) + ", which is no function";
  const std::string_view refusal = refusal_of_function(call.text);
  if (!refusal.empty()) {
    message += ": " + std::string(refusal);
  } else {
    if (report_.is_full()) return;
    Suggestion suggestion(call.text);
    std::string known;
    for (const std::string_view other : {"count", "sum", "cast"}) suggestion.consider(other);
    for (const FunctionName& each : function_names()) {
      suggestion.consider(each.call);
      known += (known.empty() ? "" : ", ") + std::string(each.shown);
    }
    const std::string nearest = suggestion.text();
    message += nearest.empty() ? "; there are " + known + ", CAST, COUNT and SUM" : nearest;
  }
  report_.fault(call.place, std::move(message));
  check_operands(call);
}

void ExpressionChecker::check_argument_types(const Expression& call, Function function) {
  const std::string_view types = argument_types(function);
  for (std::size_t i = 0; i < std::min(types.size(), call.operands.size()); ++i) {
    const StaticType wanted = types[i] == 't'   ? StaticType::kText
                              : types[i] == 'n' ? StaticType::kNumber
                                                : StaticType::kUnknown;
    const StaticType type = static_type(select_, call.operands[i]);
    if (!is_known(wanted) || !is_known(type) || type == wanted || is_nothing(type)) continue;
    report_.warn(call.operands[i].place, "fails for every item: found " +
                                             std::string(name_of(type)) + " where " +
                                             std::string(find_function(call.text)->shown) +
                                             " takes " + std::string(name_of(wanted)));
  }
  if (function != Function::kAttributeType && function != Function::kBeginsWith) return;
  const Expression& second = call.operands[1];
  const StaticType type = static_type(select_, second);
  if (is_known(type) && type != StaticType::kText)
    warn_never(call, "expected a text as second argument");
  else if (function == Function::kAttributeType && second.kind == ExpressionKind::kText &&
           !events::attribute_type_of(second.text))
    warn_never(call, "the types are 'S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L' and 'M'");
}

void ExpressionChecker::check_case(const Expression& expression) {
  const std::size_t first = expression.has_subject ? 1 : 0;
  const std::size_t end = expression.operands.size() - (expression.has_else ? 1 : 0);
  for (std::size_t i = 0; i < expression.operands.size(); ++i) {
    const bool is_when = i >= first && i < end && (i - first) % 2 == 0;
    check(expression.operands[i],
          is_when && !expression.has_subject ? Role::kCondition : Role::kValue);
  }
}

/// `status = 'NEW' OR 'PAID'` is the classic of them.
void ExpressionChecker::check_condition_type(const Expression& expression) {
  const StaticType type = static_type(select_, expression);
  if (!is_known(type) || type == StaticType::kBool || is_aggregate(expression)) return;
  report_.warn(expression.place,
               "false for every item: " + shown(expression) + " is " + std::string(name_of(type)) +
                   ", and no condition; to compare one value with several, write x IN ('a', 'b')");
}

void ExpressionChecker::check_comparison(const Expression& expression) {
  const StaticType left = static_type(select_, expression.operands[0]);
  const StaticType right = static_type(select_, expression.operands[1]);
  const bool is_equal = expression.kind == ExpressionKind::kEqual;
  const std::string is_not = is_equal ? "IS " : "IS NOT ";
  if (left == StaticType::kMissing || right == StaticType::kMissing) {
    report_.warn(expression.place, std::string(is_equal ? "false" : "true") +
                                       " for every item, since nothing is equal to MISSING: write "
                                       "x " +
                                       is_not + "MISSING");
  } else if (left == StaticType::kNull || right == StaticType::kNull) {
    report_.warn(expression.place, "a comparison with NULL is hardly meant: write x " + is_not +
                                       "NULL, and x " + is_not +
                                       "MISSING where the attribute may not be there");
  } else if (is_known(left) && is_known(right) && left != right) {
    report_.warn(expression.place, std::string(is_equal ? "false" : "true") +
                                       " for every item: " + std::string(name_of(left)) +
                                       " is never equal to " + std::string(name_of(right)));
  }
}

void ExpressionChecker::check_order(const Expression& expression) {
  const StaticType left = static_type(select_, expression.operands[0]);
  const StaticType right = static_type(select_, expression.operands[1]);
  if (!has_order(left) || !has_order(right))
    warn_never(expression, std::string(name_of(has_order(left) ? right : left)) + " has no order");
  else if (is_known(left) && is_known(right) && left != right)
    warn_never(expression, "a text and a number have no order");
}

void ExpressionChecker::check_between(const Expression& expression) {
  const Expression& low = expression.operands[1];
  const Expression& high = expression.operands[2];
  const StaticType from = static_type(select_, low);
  const StaticType to = static_type(select_, high);
  const StaticType value = static_type(select_, expression.operands[0]);
  const auto differ = [](StaticType a, StaticType b) {
    return is_known(a) && is_known(b) && a != b;
  };
  if (!has_order(from) || !has_order(to) || !has_order(value))
    warn_never(expression, "a value has no order");
  else if (differ(from, to) || differ(from, value) || differ(to, value))
    warn_never(expression, "the types differ");
  else if (is_greater_literal(low, high))
    warn_never(expression, "the lower bound stands first");
}

void ExpressionChecker::check_in(const Expression& expression) {
  const StaticType value = static_type(select_, expression.operands[0]);
  for (std::size_t i = 1; i < expression.operands.size(); ++i) {
    const Expression& candidate = expression.operands[i];
    const StaticType type = static_type(select_, candidate);
    if (type == StaticType::kMissing)
      report_.warn(candidate.place, "no value is equal to MISSING: write x IS MISSING");
    else if (type == StaticType::kNull)
      report_.warn(candidate.place, "a comparison with NULL is hardly meant: write x IS NULL");
    else if (is_known(value) && is_known(type) && value != type)
      report_.warn(candidate.place, std::string(name_of(value)) + " is never equal to " +
                                        std::string(name_of(type)));
  }
}

void ExpressionChecker::check_joined(const Expression& expression) {
  for (const Expression& operand : expression.operands) {
    const StaticType type = static_type(select_, operand);
    if (!is_known(type) || type == StaticType::kText || type == StaticType::kNumber) continue;
    std::string message = is_nothing(type) ? "MISSING for every item: " : "fails for every item: ";
    message += "|| joins texts and numbers, and found " + std::string(name_of(type));
    if (type == StaticType::kBool) message += "; conditions are joined with OR";
    report_.warn(operand.place, std::move(message));
  }
}

void ExpressionChecker::check_numbers(const Expression& expression) {
  for (const Expression& operand : expression.operands) {
    const StaticType type = static_type(select_, operand);
    if (!is_known(type) || type == StaticType::kNumber) continue;
    std::string message = is_nothing(type) ? "MISSING for every item: " : "fails for every item: ";
    message += "expected a number, and found " + std::string(name_of(type));
    if (type == StaticType::kText)
      message += expression.kind == ExpressionKind::kAdd
                     ? "; texts are joined with ||, and CAST(x AS NUMBER) makes a number"
                     : "; CAST(x AS NUMBER) makes a number of a text";
    report_.warn(operand.place, std::move(message));
  }
}

void ExpressionChecker::warn_never(const Expression& expression, std::string_view why) {
  report_.warn(expression.place, std::string(expression.is_negated ? "true" : "false") +
                                     " for every item: " + shown(expression) + ": " +
                                     std::string(why));
}

}  // namespace streamonce::handler::views
