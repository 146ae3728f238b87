#include "handler/views/static_type.h"

#include <algorithm>

#include "handler/views/function_names.h"
#include "handler/views/names.h"

namespace streamonce::handler::views {
namespace {

StaticType type_of_call(const Expression& call) {
  const FunctionName* const function = find_function(call.text);
  if (function == nullptr) return StaticType::kUnknown;
  if (function->is_condition) return StaticType::kBool;
  switch (function->function) {
    case Function::kCoalesce:
    case Function::kNullif:
      return StaticType::kUnknown;
    case Function::kSize:
    case Function::kCharLength:
    case Function::kToEpoch:
      return StaticType::kNumber;
    default:
      return StaticType::kText;
  }
}

/// Compares plain decimal numbers as canonical_number() gives them, without their signs.
bool is_greater_magnitude(std::string_view a, std::string_view b) {
  const std::size_t a_integer = std::min(a.find('.'), a.size());
  const std::size_t b_integer = std::min(b.find('.'), b.size());
  return a_integer == b_integer ? a > b : a_integer > b_integer;
}

bool is_greater_number(std::string_view a, std::string_view b) {
  const bool a_negative = a.front() == '-';
  const bool b_negative = b.front() == '-';
  if (a_negative != b_negative) return b_negative;
  if (a_negative) return is_greater_magnitude(b.substr(1), a.substr(1));
  return is_greater_magnitude(a, b);
}

}  // namespace

StaticType static_type(const Select& select, const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kText:
    case ExpressionKind::kConcatenate:
      return StaticType::kText;
    case ExpressionKind::kNull:
      return StaticType::kNull;
    case ExpressionKind::kMissing:
      return StaticType::kMissing;
    case ExpressionKind::kMap:
      return StaticType::kMap;
    case ExpressionKind::kList:
      return StaticType::kList;
    case ExpressionKind::kSet:
      return StaticType::kSet;
    case ExpressionKind::kNumber:
    case ExpressionKind::kAdd:
    case ExpressionKind::kSubtract:
    case ExpressionKind::kMultiply:
    case ExpressionKind::kNegate:
    case ExpressionKind::kCountAll:
    case ExpressionKind::kCount:
    case ExpressionKind::kSum:
      return StaticType::kNumber;
    case ExpressionKind::kCall:
      return type_of_call(expression);
    case ExpressionKind::kCast:
      return expression.text == "STRING" ? StaticType::kText : StaticType::kNumber;
    case ExpressionKind::kCase:
      return StaticType::kUnknown;
    case ExpressionKind::kPath:
      return resolve(select, expression.path).root == PathRoot::kPosition ? StaticType::kNumber
                                                                          : StaticType::kUnknown;
    default:
      return StaticType::kBool;
  }
}

std::string_view name_of(StaticType type) {
  switch (type) {
    case StaticType::kText:
      return "a text";
    case StaticType::kNumber:
      return "a number";
    case StaticType::kBool:
      return "a condition";
    case StaticType::kNull:
      return "NULL";
    case StaticType::kMissing:
      return "MISSING";
    case StaticType::kMap:
      return "a map";
    case StaticType::kList:
      return "a list";
    case StaticType::kSet:
      return "a set";
    case StaticType::kUnknown:
      break;
  }
  return "a value";
}

bool is_greater_literal(const Expression& a, const Expression& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == ExpressionKind::kText) return a.text > b.text;
  return a.kind == ExpressionKind::kNumber && is_greater_number(a.text, b.text);
}

}  // namespace streamonce::handler::views
