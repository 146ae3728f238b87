#include "handler/views/evaluate.h"

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "handler/views/values/text_functions.h"
#include "runtime/base/check.h"
#include "runtime/base/iso_time.h"

namespace streamonce::handler::views {
namespace {

/// The most arguments of a function that all of are evaluated.
constexpr std::size_t kArgumentsMax = 3;

struct Arguments {
  std::array<Value, kArgumentsMax> values;
  std::size_t count = 0;
  bool is_any_absent = false;  ///< whether one is MISSING or NULL

  const Value& operator[](std::size_t place) const { return values[place]; }
};

Result<Arguments> evaluate_all(const Node& node, const Scope& scope) {
  STREAMONCE_CHECK(node.operands.size() <= kArgumentsMax);
  if (scope.arena.is_spent())
    return invalid_argument("the texts on the way to a value have more than 32 MB");
  Arguments arguments;
  for (const Node& operand : node.operands) {
    Value& value = arguments.values[arguments.count++];
    value = STREAMONCE_TRY(evaluate(operand, scope));
    arguments.is_any_absent = arguments.is_any_absent || value.is_missing() || value.is_null();
  }
  return arguments;
}

Error wrong_type(const Node& node, std::string_view wanted, const Value& found) {
  std::string message(shown_name(node));
  message += " takes ";
  message += wanted;
  message += ", and found ";
  message += name_of(found.kind());
  return invalid_argument(std::move(message));
}

Result<Decimal> number_of(const Node& node, const Value& value) {
  if (value.kind() != ValueKind::kNumber) return wrong_type(node, "a number (N)", value);
  return value.number();
}

Result<std::string_view> text_of(const Node& node, const Value& value, const Scope& scope) {
  if (value.kind() != ValueKind::kText) return wrong_type(node, "a text (S)", value);
  return value.text(scope.arena);
}

/// A whole number, or the nearest number that the type has.
std::int64_t clamped(const Decimal& number) {
  using Limits = std::numeric_limits<std::int64_t>;
  return truncated(number).value_or(number.is_negative ? Limits::min() : Limits::max());
}

Result<Decimal> whole_number_of(const Node& node, const Value& value) {
  const Decimal number = STREAMONCE_TRY(number_of(node, value));
  if (!is_integer(number))
    return invalid_argument(std::string(shown_name(node)) +
                            " takes whole numbers, and found another");
  return number;
}

/// `result`, or its error with the operation before it.
template <class T>
Result<T> named(const Node& node, Result<T> result) {
  if (result) return result;
  return with_context(shown_name(node), std::move(result).error());
}

Result<Value> arithmetic(const Node& node, const Scope& scope) {
  const Arguments operands = STREAMONCE_TRY(evaluate_all(node, scope));
  if (operands.is_any_absent) return Value();
  const Decimal first = STREAMONCE_TRY(number_of(node, operands[0]));
  if (node.kind == ExpressionKind::kNegate) return Value::of(negate(first));
  const Decimal second = STREAMONCE_TRY(number_of(node, operands[1]));
  Result<Decimal> result = node.kind == ExpressionKind::kAdd        ? add(first, second)
                           : node.kind == ExpressionKind::kSubtract ? subtract(first, second)
                                                                    : multiply(first, second);
  return Value::of(STREAMONCE_TRY(named(node, std::move(result))));
}

/// A text as it is, and a number in plain decimal form.
Result<std::string_view> spelled(const Node& node, const Value& value, const Scope& scope) {
  if (value.kind() == ValueKind::kText) return value.text(scope.arena);
  if (value.kind() == ValueKind::kNumber) return plain_text(value.number(), scope.arena);
  return wrong_type(node, "texts and numbers (S, N)", value);
}

Result<Value> concatenated(const Node& node, const Scope& scope) {
  const Arguments operands = STREAMONCE_TRY(evaluate_all(node, scope));
  if (operands.is_any_absent) return Value();
  const std::string_view first = STREAMONCE_TRY(spelled(node, operands[0], scope));
  const std::string_view second = STREAMONCE_TRY(spelled(node, operands[1], scope));
  return Value::of_text(STREAMONCE_TRY(concatenate(first, second, scope.arena)));
}

Result<Value> cast(const Node& node, const Scope& scope) {
  const Arguments operands = STREAMONCE_TRY(evaluate_all(node, scope));
  if (operands.is_any_absent) return Value();
  if (operands[0].kind() == node.casts_to) return operands[0];
  const std::string_view text = STREAMONCE_TRY(spelled(node, operands[0], scope));
  if (node.casts_to == ValueKind::kText) return Value::of_text(text);
  Result<Decimal> number = events::parse_decimal(text);
  if (!number) return with_context("CAST of a text (S)", std::move(number).error());
  return Value::of(*number);
}

/// The place behind `length` places from `start` on. A sum of too many digits is beyond all places.
std::int64_t end_of(const Decimal& start, const Decimal& length) {
  const Result<Decimal> end = add(start, length);
  if (end) return clamped(*end);
  using Limits = std::numeric_limits<std::int64_t>;
  return std::is_gt(events::compare(length, negate(start))) ? Limits::max() : Limits::min();
}

Result<Value> substring_of(const Node& node, const Arguments& arguments, const Scope& scope) {
  const std::string_view text = STREAMONCE_TRY(text_of(node, arguments[0], scope));
  const Decimal start = STREAMONCE_TRY(whole_number_of(node, arguments[1]));
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  if (arguments.count > 2) {
    const Decimal length = STREAMONCE_TRY(whole_number_of(node, arguments[2]));
    if (length.is_negative) return invalid_argument("SUBSTRING has a length below 0");
    end = end_of(start, length);
  }
  return Value::of_text(substring(text, clamped(start), end));
}

Result<Value> padded(const Node& node, const Arguments& arguments, const Scope& scope) {
  const std::string_view text = STREAMONCE_TRY(spelled(node, arguments[0], scope));
  const Decimal length = STREAMONCE_TRY(whole_number_of(node, arguments[1]));
  const std::string_view fill = STREAMONCE_TRY(text_of(node, arguments[2], scope));
  return Value::of_text(STREAMONCE_TRY(pad_left(text, clamped(length), fill, scope.arena)));
}

Result<Value> part_of(const Node& node, const Arguments& arguments, const Scope& scope) {
  const std::string_view text = STREAMONCE_TRY(text_of(node, arguments[0], scope));
  const std::string_view separator = STREAMONCE_TRY(text_of(node, arguments[1], scope));
  const Decimal number = STREAMONCE_TRY(whole_number_of(node, arguments[2]));
  const std::optional<std::string_view> part =
      STREAMONCE_TRY(split_part(text, separator, clamped(number)));
  return part ? Value::of_text(*part) : Value();
}

Result<Value> replaced(const Node& node, const Arguments& arguments, const Scope& scope) {
  const std::string_view text = STREAMONCE_TRY(text_of(node, arguments[0], scope));
  const std::string_view from = STREAMONCE_TRY(text_of(node, arguments[1], scope));
  const std::string_view to = STREAMONCE_TRY(text_of(node, arguments[2], scope));
  return Value::of_text(STREAMONCE_TRY(replace(text, from, to, scope.arena)));
}

Result<Value> hashed(const Node& node, const Value& value, const Scope& scope) {
  if (value.kind() == ValueKind::kBinary)
    return Value::of_text(sha256_text(value.bytes(scope.arena), scope.arena));
  if (value.kind() != ValueKind::kText) return wrong_type(node, "a text or a binary (S, B)", value);
  return Value::of_text(sha256_text(value.text(scope.arena), scope.arena));
}

/// The whole seconds that begin no later than `seconds`: a fraction is cut off, before the epoch
/// too.
std::int64_t floor_of(const Decimal& seconds) {
  const std::int64_t whole = clamped(seconds);
  const bool is_above = seconds.is_negative && !is_integer(seconds);
  return is_above && whole != std::numeric_limits<std::int64_t>::min() ? whole - 1 : whole;
}

Result<Value> epoch_of(const Node& node, const Value& value, const Scope& scope) {
  const std::string_view text = STREAMONCE_TRY(text_of(node, value, scope));
  const std::optional<ExactTime> time = parse_exact_time(text);
  if (!time)
    return invalid_argument(
        "TO_EPOCH takes a text such as 2023-11-14T22:13:20Z, and found one (S) that is no time");
  const Decimal seconds = events::decimal_of(time->seconds);
  const std::string_view digits =
      time->fraction.substr(0, time->fraction.find_last_not_of('0') + 1);
  if (digits.empty()) return Value::of(seconds);
  const Decimal fraction =
      STREAMONCE_TRY(named(node, events::parse_decimal("0." + std::string(digits))));
  return Value::of(STREAMONCE_TRY(named(node, add(seconds, fraction))));
}

Result<Value> coalesced(const Node& node, const Scope& scope) {
  for (const Node& operand : node.operands) {
    const Value value = STREAMONCE_TRY(evaluate(operand, scope));
    if (!value.is_missing() && !value.is_null()) return value;
  }
  return Value();
}

/// size() of a type that has none is MISSING, so that a comparison with it is false.
Value size_value(const Value& value) {
  const std::optional<std::uint64_t> size = size_of(value);
  return size ? Value::of(events::decimal_of(static_cast<std::int64_t>(*size))) : Value();
}

Result<Value> call(const Node& node, const Scope& scope) {
  if (node.function == Function::kCoalesce) return coalesced(node, scope);
  const Arguments arguments = STREAMONCE_TRY(evaluate_all(node, scope));
  const Value& first = arguments[0];
  if (node.function == Function::kNullif) return equal(first, arguments[1]) ? Value::null() : first;
  if (arguments.is_any_absent) return Value();
  switch (node.function) {
    case Function::kSize:
      return size_value(first);
    case Function::kUpper:
      return Value::of_text(upper(STREAMONCE_TRY(text_of(node, first, scope)), scope.arena));
    case Function::kLower:
      return Value::of_text(lower(STREAMONCE_TRY(text_of(node, first, scope)), scope.arena));
    case Function::kTrim:
      return Value::of_text(trim(STREAMONCE_TRY(text_of(node, first, scope))));
    case Function::kReplace:
      return replaced(node, arguments, scope);
    case Function::kSubstring:
      return substring_of(node, arguments, scope);
    case Function::kLpad:
      return padded(node, arguments, scope);
    case Function::kSplitPart:
      return part_of(node, arguments, scope);
    case Function::kCharLength: {
      const std::size_t length = char_length(STREAMONCE_TRY(text_of(node, first, scope)));
      return Value::of(events::decimal_of(static_cast<std::int64_t>(length)));
    }
    case Function::kSha256:
      return hashed(node, first, scope);
    case Function::kToIso8601: {
      const Decimal seconds = STREAMONCE_TRY(number_of(node, first));
      return Value::of_text(STREAMONCE_TRY(to_iso8601(floor_of(seconds), scope.arena)));
    }
    case Function::kToEpoch:
      return epoch_of(node, first, scope);
    case Function::kCoalesce:
    case Function::kNullif:
    case Function::kAttributeExists:
    case Function::kAttributeNotExists:
    case Function::kAttributeType:
    case Function::kBeginsWith:
    case Function::kContains:
      break;
  }
  return Value();
}

Result<Value> chosen_case(const Node& node, const Scope& scope) {
  std::size_t at = node.has_subject ? 1 : 0;
  std::pmr::monotonic_buffer_resource arena;
  Value subject;
  if (node.has_subject) subject = settled(STREAMONCE_TRY(evaluate(node.operands[0], scope)), arena);
  const std::size_t end = node.operands.size() - (node.has_else ? 1 : 0);
  for (; at < end; at += 2) {
    bool matches = false;
    if (node.has_subject) {
      const Value candidate = STREAMONCE_TRY(evaluate(node.operands[at], scope));
      matches = equal(subject, candidate);
    } else {
      matches = STREAMONCE_TRY(holds(node.operands[at], scope));
    }
    if (matches) return evaluate(node.operands[at + 1], scope);
  }
  return node.has_else ? evaluate(node.operands.back(), scope) : Value();
}

Value path_value(const Node& node, const Scope& scope) {
  Value value = scope.slots[node.slot];
  for (const PathStep& step : node.steps)
    value = step.name.empty() ? value.element(step.index) : value.member(step.name);
  return value;
}

Result<bool> compares(const Node& node, const Scope& scope) {
  const Value a = STREAMONCE_TRY(evaluate(node.operands[0], scope));
  const Value b = STREAMONCE_TRY(evaluate(node.operands[1], scope));
  switch (node.kind) {
    case ExpressionKind::kEqual:
      return equal(a, b);
    case ExpressionKind::kNotEqual:
      return !equal(a, b);
    case ExpressionKind::kLess:
      return std::is_lt(order(a, b));
    case ExpressionKind::kLessOrEqual:
      return std::is_lteq(order(a, b));
    case ExpressionKind::kGreater:
      return std::is_gt(order(a, b));
    default:
      return std::is_gteq(order(a, b));
  }
}

Result<bool> is_between(const Node& node, const Scope& scope) {
  const Arguments operands = STREAMONCE_TRY(evaluate_all(node, scope));
  const bool is_inside = std::is_gteq(order(operands[0], operands[1])) &&
                         std::is_lteq(order(operands[0], operands[2]));
  return is_inside != node.is_negated;
}

Result<bool> is_in(const Node& node, const Scope& scope) {
  std::pmr::monotonic_buffer_resource arena;
  const Value value = settled(STREAMONCE_TRY(evaluate(node.operands[0], scope)), arena);
  for (std::size_t i = 1; i < node.operands.size(); ++i) {
    const Value candidate = STREAMONCE_TRY(evaluate(node.operands[i], scope));
    if (equal(value, candidate)) return !node.is_negated;
  }
  return node.is_negated;
}

Result<bool> holds_call(const Node& node, const Scope& scope) {
  if (!node.is_condition) {
    const Value value = STREAMONCE_TRY(call(node, scope));
    return value.is_true();
  }
  const Arguments arguments = STREAMONCE_TRY(evaluate_all(node, scope));
  switch (node.function) {
    case Function::kAttributeExists:
      return !arguments[0].is_missing();
    case Function::kAttributeNotExists:
      return arguments[0].is_missing();
    case Function::kAttributeType:
      return !arguments[0].is_missing() && arguments[1].kind() == ValueKind::kText &&
             arguments[1].text(scope.arena) == name_of(arguments[0].kind());
    case Function::kBeginsWith:
      return begins_with(arguments[0], arguments[1]);
    default:
      return contains(arguments[0], arguments[1]);
  }
}

}  // namespace

Result<Value> evaluate(const Node& node, const Scope& scope) {
  switch (node.kind) {
    case ExpressionKind::kText:
    case ExpressionKind::kNumber:
    case ExpressionKind::kTrue:
    case ExpressionKind::kFalse:
    case ExpressionKind::kNull:
    case ExpressionKind::kMissing:
    case ExpressionKind::kMap:
    case ExpressionKind::kList:
    case ExpressionKind::kSet:
      return *node.literal;
    case ExpressionKind::kPath:
      return path_value(node, scope);
    case ExpressionKind::kConcatenate:
      return concatenated(node, scope);
    case ExpressionKind::kAdd:
    case ExpressionKind::kSubtract:
    case ExpressionKind::kMultiply:
    case ExpressionKind::kNegate:
      return arithmetic(node, scope);
    case ExpressionKind::kCast:
      return cast(node, scope);
    case ExpressionKind::kCase:
      return chosen_case(node, scope);
    case ExpressionKind::kCall:
      if (!node.is_condition) return call(node, scope);
      break;
    default:
      break;
  }
  return Value::of(STREAMONCE_TRY(holds(node, scope)));
}

Result<bool> holds(const Node& node, const Scope& scope) {
  switch (node.kind) {
    case ExpressionKind::kOr:
    case ExpressionKind::kAnd: {
      const bool decides = node.kind == ExpressionKind::kOr;
      const bool first = STREAMONCE_TRY(holds(node.operands[0], scope));
      return first == decides ? first : holds(node.operands[1], scope);
    }
    case ExpressionKind::kNot: {
      const bool is_true = STREAMONCE_TRY(holds(node.operands[0], scope));
      return !is_true;
    }
    case ExpressionKind::kEqual:
    case ExpressionKind::kNotEqual:
    case ExpressionKind::kLess:
    case ExpressionKind::kLessOrEqual:
    case ExpressionKind::kGreater:
    case ExpressionKind::kGreaterOrEqual:
      return compares(node, scope);
    case ExpressionKind::kBetween:
      return is_between(node, scope);
    case ExpressionKind::kIn:
      return is_in(node, scope);
    case ExpressionKind::kIsNull: {
      const Value value = STREAMONCE_TRY(evaluate(node.operands[0], scope));
      return value.is_null() != node.is_negated;
    }
    case ExpressionKind::kIsMissing: {
      const Value value = STREAMONCE_TRY(evaluate(node.operands[0], scope));
      return value.is_missing() != node.is_negated;
    }
    case ExpressionKind::kCall:
      return holds_call(node, scope);
    default: {
      const Value value = STREAMONCE_TRY(evaluate(node, scope));
      return value.is_true();
    }
  }
}

}  // namespace streamonce::handler::views
