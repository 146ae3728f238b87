#include "tests/support/conditions.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "runtime/base/kept.h"

namespace streamonce::testing {
namespace {

using handler::views::Expression;
using handler::views::ExpressionKind;
using handler::views::PathStep;
using handler::views::TreeMemory;
using nlohmann::json;
using simulation::Random;

// Trees.

/// What all trees that are drawn lie in, up to the end of the program.
TreeMemory& memory() {
  static TreeMemory all;
  return all;
}

Expression node(ExpressionKind kind, const std::vector<Expression>& operands = {}) {
  Expression expression;
  expression.kind = kind;
  expression.operands = kept(operands, memory());
  return expression;
}

Expression scalar(ExpressionKind kind, std::string_view text) {
  Expression expression = node(kind);
  expression.text = kept(text, memory());
  return expression;
}

Expression text(std::string_view value) {
  return scalar(ExpressionKind::kText, value);
}

Expression number(std::string_view value) {
  return scalar(ExpressionKind::kNumber, value);
}

Expression call(std::string_view name, const std::vector<Expression>& operands) {
  Expression expression = node(ExpressionKind::kCall, operands);
  expression.text = kept(name, memory());
  return expression;
}

/// The texts of `steps` must be good up to the end of the program.
Expression path(const std::vector<PathStep>& steps) {
  Expression expression = node(ExpressionKind::kPath);
  expression.path = kept(steps, memory());
  return expression;
}

Expression negated(Expression expression) {
  expression.is_negated = true;
  return expression;
}

// What is drawn from. Few values of each type, so that many are equal.

constexpr std::string_view kNines = "99999999999999999999999999999999999999";

/// The literals, the ones that have an order first.
const std::vector<Expression>& literals() {
  using Kind = ExpressionKind;
  static const std::vector<Expression> kAll = {
      text(""), text("a"), text("ab"), text("abc"), text("b"), text("5"), text("it's"),
      text("\xC3\xA9"), text("\xEF\xBF\xBF"), text("\xF0\x9F\x98\x80"),
      // Numbers.
      number("-5"), number("0"), number("0.1"), number("1"), number("2"), number("3"), number("5"),
      number(std::string(kNines)), number(std::string(kNines).insert(1, ".")),
      // Without order.
      node(Kind::kTrue), node(Kind::kFalse), node(Kind::kNull),
      node(Kind::kSet, {text("a"), text("b")}), node(Kind::kSet, {text("a")}),
      node(Kind::kSet, {number("2"), number("1")}), node(Kind::kSet, {number("5")}),
      node(Kind::kList), node(Kind::kList, {number("1")}),
      node(Kind::kList, {text("a"), number("1"), node(Kind::kNull)}), node(Kind::kMap),
      node(Kind::kMap, {text("x"), number("1")}),
      node(Kind::kMap,
           {text("y"), text("a"), text("x"), node(Kind::kSet, {text("b"), text("a")})})};
  return kAll;
}
constexpr std::size_t kTexts = 10;
constexpr std::size_t kNumbers = 9;

json value_of(const Expression& literal);

json set_of(const Expression& literal) {
  const bool is_text = literal.operands.front().kind == ExpressionKind::kText;
  json elements = json::array();
  for (const Expression& element : literal.operands) elements.push_back(element.text);
  return {{is_text ? "SS" : "NS", elements}};
}

json list_of(const Expression& literal) {
  json elements = json::array();
  for (const Expression& element : literal.operands) elements.push_back(value_of(element));
  return {{"L", elements}};
}

json map_of(const Expression& literal) {
  json members = json::object();
  for (std::size_t i = 0; i + 1 < literal.operands.size(); i += 2)
    members[std::string(literal.operands[i].text)] = value_of(literal.operands[i + 1]);
  return {{"M", members}};
}

/// A literal as DynamoDB JSON.
json value_of(const Expression& literal) {
  switch (literal.kind) {
    case ExpressionKind::kText:
      return {{"S", literal.text}};
    case ExpressionKind::kNumber:
      return {{"N", literal.text}};
    case ExpressionKind::kTrue:
    case ExpressionKind::kFalse:
      return {{"BOOL", literal.kind == ExpressionKind::kTrue}};
    case ExpressionKind::kSet:
      return set_of(literal);
    case ExpressionKind::kList:
      return list_of(literal);
    case ExpressionKind::kMap:
      return map_of(literal);
    default:
      return {{"NULL", true}};
  }
}

bool is_literal(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kText:
    case ExpressionKind::kNumber:
    case ExpressionKind::kTrue:
    case ExpressionKind::kFalse:
    case ExpressionKind::kNull:
    case ExpressionKind::kSet:
    case ExpressionKind::kList:
    case ExpressionKind::kMap:
      return true;
    default:
      return false;
  }
}

constexpr std::size_t kBinaryValues = 7;
constexpr std::size_t kAnyValue = 1000;

/// Values that no literal has: binaries, the first of these, and other spellings.
json draw_unspoken(Random& random, std::size_t below) {
  static const std::vector<json> kAll = {
      {{"B", ""}},
      {{"B", "AA=="}},
      {{"B", "YWJj"}},
      {{"B", "YWI="}},
      {{"B", "Yg=="}},
      {{"B", "/w=="}},
      {{"B", "/g=="}},
      {{"BS", {"YWI=", "/w=="}}},
      {{"BS", {"/w==", "YWI="}}},
      {{"BS", {"Yg=="}}},
      {{"N", "1.0"}},
      {{"N", "50e-1"}},
      {{"N", "-0"}},
      {{"N", "+2"}},
      {{"N", "1E125"}},
      {{"N", "-1e-130"}},
      {{"SS", {"b", "a"}}},
      {{"NS", {"1.00", "20e-1"}}},
      {{"NS", {"2", "1"}}},
      {{"S", "a\"\\\n\x01"}},
  };
  return kAll[random.below(std::min(below, kAll.size()))];
}

enum class Place { kAttribute, kElement };

json draw_value(Random& random, int depth, Place place) {
  if (depth > 0 && random.chance(25)) {
    json elements = json::array();
    for (std::size_t i = random.below(4); i > 0; --i)
      elements.push_back(draw_value(random, depth - 1, Place::kElement));
    return {{"L", elements}};
  }
  if (depth > 0 && random.chance(25)) {
    json members = json::object();
    for (const char* name : {"x", "y", "odd \"name\""})
      if (random.chance(60)) members[name] = draw_value(random, depth - 1, Place::kAttribute);
    return {{"M", members}};
  }
  if (random.chance(35)) return draw_unspoken(random, kAnyValue);
  const std::vector<Expression>& all = literals();
  // What has no order is of use in lists, which may contain it.
  const bool has_order = random.chance(place == Place::kElement ? 20 : 70);
  return value_of(all[random.below(has_order ? kTexts + kNumbers : all.size())]);
}

constexpr const char* kAttributes[] = {"a", "b", "c", "odd \"name\""};
/// Attributes that are binaries, of which there are no literals.
constexpr const char* kBinaries[] = {"d", "e", "f"};
/// An attribute that is a list of some of the literals.
constexpr const char* kList = "g";
/// Behind an attribute's name: that of its twin.
constexpr const char* kTwin = "2";
/// The map that has all literals, and its twin.
constexpr const char* kLiterals = "literals";

std::string literal_name(std::size_t index) {
  return "v" + std::to_string(index);
}

// Conditions.

/// A text or a number, or any literal.
Expression draw_literal(Random& random) {
  const std::vector<Expression>& all = literals();
  if (random.chance(10)) return all[random.below(all.size())];
  return all[random.below(kTexts + kNumbers)];
}

/// A literal that is neither text nor number.
Expression draw_unordered(Random& random) {
  const std::size_t first = kTexts + kNumbers;
  return literals()[first + random.below(literals().size() - first)];
}

Expression draw_path(Random& random) {
  std::vector<PathStep> steps = {{.name = kAttributes[random.below(std::size(kAttributes))]}};
  while (steps.size() < 3 && random.chance(30)) {
    if (random.chance(50))
      steps.push_back({.name = {}, .index = static_cast<std::uint32_t>(random.below(3))});
    else
      steps.push_back({.name = random.chance(80) ? (random.chance(50) ? "x" : "y")
                                                 : kAttributes[std::size(kAttributes) - 1]});
  }
  return path(steps);
}

Expression draw_operand(Random& random) {
  if (random.chance(15)) return call("size", {draw_path(random)});
  return random.chance(50) ? draw_literal(random) : draw_path(random);
}

/// Mostly what DynamoDB lets stand first.
Expression draw_first(Random& random) {
  return random.chance(85) ? draw_path(random) : draw_operand(random);
}

Expression draw_comparison(Random& random) {
  using Kind = ExpressionKind;
  static const Kind kKinds[] = {Kind::kEqual,       Kind::kNotEqual, Kind::kLess,
                                Kind::kLessOrEqual, Kind::kGreater,  Kind::kGreaterOrEqual};
  const bool has_order = random.chance(50);
  const Kind kind = kKinds[has_order ? 2 + random.below(4) : random.below(2)];
  // Of literals, most that are compared for equality have no order.
  const bool has_any = !has_order && random.chance(40);
  Expression other = has_any ? draw_unordered(random) : draw_operand(random);
  return node(kind, {draw_first(random), other});
}

Expression draw_between(Random& random) {
  Expression low = draw_operand(random);
  Expression high = draw_operand(random);
  if (random.chance(70)) {  // two literals of one type, mostly the lower one first
    const std::size_t first = random.chance(50) ? 0 : kTexts;
    const std::size_t count = first == 0 ? kTexts : kNumbers;
    const std::size_t one = random.below(count);
    const std::size_t other = random.chance(95) ? one + random.below(count - one) : 0;
    low = literals()[first + one];
    high = literals()[first + other];
  }
  return node(ExpressionKind::kBetween, {draw_first(random), low, high});
}

Expression draw_in(Random& random) {
  std::vector<Expression> operands = {draw_first(random)};
  for (std::size_t i = 1 + random.below(4); i > 0; --i)
    operands.push_back(random.chance(20) ? draw_unordered(random) : draw_operand(random));
  return node(ExpressionKind::kIn, operands);
}

Expression draw_call(Random& random) {
  switch (random.below(5)) {
    case 0:
      return call("attribute_exists", {draw_path(random)});
    case 1:
      return call("attribute_not_exists", {draw_path(random)});
    case 2: {
      static const char* const kTypes[] = {"S",  "N",  "B",  "BOOL", "NULL",
                                           "SS", "NS", "BS", "L",    "M"};
      return call("attribute_type", {draw_path(random), text(kTypes[random.below(10)])});
    }
    case 3: {
      Expression prefix = random.chance(75)   ? literals()[random.below(kTexts)]
                          : random.chance(80) ? draw_path(random)
                                              : draw_literal(random);
      // No size, which DynamoDB sees no sense in whatever it is the size of.
      Expression value = random.chance(90) ? draw_path(random) : draw_literal(random);
      return call("begins_with", {value, prefix});
    }
    default: {
      if (random.chance(25))
        return call("contains", {path({{.name = kList}}), draw_unordered(random)});
      Expression part =
          random.chance(40) ? literals()[random.below(literals().size())] : draw_operand(random);
      return call("contains", {draw_first(random), part});
    }
  }
}

/// A condition that means something for binaries, over three of them.
Expression draw_about_binaries(Random& random) {
  using Kind = ExpressionKind;
  std::vector<Expression> operands;
  const std::size_t first = random.below(std::size(kBinaries));
  for (std::size_t i = 0; i < std::size(kBinaries); ++i)
    operands.push_back(path({{.name = kBinaries[(first + i) % std::size(kBinaries)]}}));
  if (random.chance(25)) return node(Kind::kBetween, operands);
  operands.pop_back();
  switch (random.below(4)) {
    case 0:
      return call("begins_with", operands);
    case 1:
      return call("contains", operands);
    default:
      return node(random.chance(50) ? Kind::kLess : Kind::kGreaterOrEqual, operands);
  }
}

Expression draw_leaf(Random& random) {
  const auto may_be_negated = [&](Expression expression) {
    return random.chance(30) ? negated(std::move(expression)) : expression;
  };
  if (random.chance(5)) return draw_about_binaries(random);
  switch (random.below(6)) {
    case 0:
    case 1:
      return draw_comparison(random);
    case 2:
      return may_be_negated(draw_between(random));
    case 3:
      return may_be_negated(draw_in(random));
    case 4:
      return may_be_negated(
          node(random.chance(50) ? ExpressionKind::kIsNull : ExpressionKind::kIsMissing,
               {draw_path(random)}));
    default:
      return draw_call(random);
  }
}

Expression draw_tree(Random& random, int depth) {
  if (depth == 0 || random.chance(55)) return draw_leaf(random);
  if (random.chance(25)) return node(ExpressionKind::kNot, {draw_tree(random, depth - 1)});
  return node(random.chance(50) ? ExpressionKind::kAnd : ExpressionKind::kOr,
              {draw_tree(random, depth - 1), draw_tree(random, depth - 1)});
}

// Texts.

/// Brackets around what binds more loosely than its parent: OR, AND, NOT, and then all else.
int looseness(ExpressionKind kind) {
  switch (kind) {
    case ExpressionKind::kOr:
      return 3;
    case ExpressionKind::kAnd:
      return 2;
    case ExpressionKind::kNot:
      return 1;
    default:
      return 0;
  }
}

const char* symbol_of(ExpressionKind kind) {
  switch (kind) {
    case ExpressionKind::kOr:
      return " OR ";
    case ExpressionKind::kAnd:
      return " AND ";
    case ExpressionKind::kEqual:
      return " = ";
    case ExpressionKind::kNotEqual:
      return " <> ";
    case ExpressionKind::kLess:
      return " < ";
    case ExpressionKind::kLessOrEqual:
      return " <= ";
    case ExpressionKind::kGreater:
      return " > ";
    default:
      return " >= ";
  }
}

/// `text` between quotes, each doubled inside.
std::string between_quotes(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

/// Prints a condition in either dialect: what differs is how names and literals are written, and
/// what is said with IS.
class Printer {
 public:
  enum class Dialect { kWhere, kFilter };

  explicit Printer(Dialect dialect) : dialect_(dialect) {}

  std::string print(const Expression& expression) {
    using Kind = ExpressionKind;
    const std::span<const Expression> operands = expression.operands;
    if (is_literal(expression)) return literal(expression);
    switch (expression.kind) {
      case Kind::kPath:
        return steps(expression.path);
      case Kind::kCall:
        return std::string(expression.text) + '(' + list(operands, 0) + ')';
      case Kind::kNot:
        return "NOT " + inside(operands[0], expression.kind);
      case Kind::kBetween:
        return negatable(expression,
                         "BETWEEN " + print(operands[1]) + " AND " + print(operands[2]));
      case Kind::kIn:
        return negatable(expression, "IN (" + list(operands, 1) + ')');
      case Kind::kIsNull:
      case Kind::kIsMissing:
        return is(expression);
      default:
        return inside(operands[0], expression.kind) + symbol_of(expression.kind) +
               inside(operands[1], expression.kind);
    }
  }

  FilterExpression take() { return std::move(filter_); }

 private:
  std::string inside(const Expression& operand, ExpressionKind parent) {
    const std::string text = print(operand);
    return looseness(operand.kind) > looseness(parent) ? '(' + text + ')' : text;
  }

  std::string list(std::span<const Expression> operands, std::size_t first) {
    std::string text;
    for (std::size_t i = first; i < operands.size(); ++i)
      text += (i == first ? "" : ", ") + print(operands[i]);
    return text;
  }

  std::string negatable(const Expression& expression, const std::string& rest) {
    const std::string first = print(expression.operands[0]);
    if (!expression.is_negated) return first + ' ' + rest;
    return dialect_ == Dialect::kWhere ? first + " NOT " + rest
                                       : "(NOT " + first + ' ' + rest + ')';
  }

  std::string is(const Expression& expression) {
    const bool is_null = expression.kind == ExpressionKind::kIsNull;
    const std::string operand = print(expression.operands[0]);
    if (dialect_ == Dialect::kWhere)
      return operand + (expression.is_negated ? " IS NOT " : " IS ") +
             (is_null ? "NULL" : "MISSING");
    const bool is_not = expression.is_negated;
    if (!is_null) return (is_not ? "attribute_exists(" : "attribute_not_exists(") + operand + ')';
    const std::string type = "attribute_type(" + operand + ", " + literal(text("NULL")) + ')';
    return is_not ? "(NOT " + type + ')' : type;
  }

  std::string steps(std::span<const PathStep> path) {
    std::string text;
    for (const PathStep& step : path) {
      if (step.name.empty()) {
        text += '[' + std::to_string(step.index) + ']';
        continue;
      }
      if (!text.empty()) text += '.';
      text += name(std::string(step.name));
    }
    return text;
  }

  std::string name(const std::string& plain) {
    if (dialect_ == Dialect::kFilter) return placeholder("#n", plain, filter_.names);
    return plain.find(' ') == std::string::npos ? plain : between_quotes(plain, '"');
  }

  std::string literal(const Expression& expression) {
    using Kind = ExpressionKind;
    if (dialect_ == Dialect::kFilter)
      return placeholder(":v", value_of(expression), filter_.values);
    switch (expression.kind) {
      case Kind::kText:
        return between_quotes(expression.text, '\'');
      case Kind::kNumber:
        return std::string(expression.text);
      case Kind::kTrue:
        return "TRUE";
      case Kind::kFalse:
        return "FALSE";
      case Kind::kList:
        return '[' + list(expression.operands, 0) + ']';
      case Kind::kSet:
        return "<<" + list(expression.operands, 0) + ">>";
      case Kind::kMap: {
        std::string members;
        for (std::size_t i = 0; i + 1 < expression.operands.size(); i += 2)
          members += (i == 0 ? "" : ", ") + print(expression.operands[i]) + ": " +
                     print(expression.operands[i + 1]);
        return '{' + members + '}';
      }
      default:
        return "NULL";
    }
  }

  /// What stands for `meaning`, which `table` has from then on.
  static std::string placeholder(const std::string& prefix, const json& meaning, json& table) {
    for (const auto& [known, known_meaning] : table.items())
      if (known_meaning == meaning) return known;
    std::string made = prefix + std::to_string(table.size());
    table[made] = meaning;
    return made;
  }

  Dialect dialect_;
  FilterExpression filter_;
};

/// The attribute that has what `operand`, an operand beside others, stands for.
Expression as_attribute(const Expression& operand, bool is_first) {
  const std::string suffix = is_first ? "" : kTwin;
  if (operand.kind == ExpressionKind::kPath) {
    std::vector<PathStep> steps(operand.path.begin(), operand.path.end());
    steps.front().name = kept(std::string(steps.front().name) + suffix, memory());
    return path(steps);
  }
  if (operand.kind == ExpressionKind::kCall)
    return call(operand.text, {as_attribute(operand.operands[0], is_first)});
  const json value = value_of(operand);
  std::size_t index = 0;
  while (value_of(literals()[index]) != value) ++index;
  return path({{.name = kept(kLiterals + suffix, memory())},
               {.name = kept(literal_name(index), memory())}});
}

}  // namespace

json draw_item(Random& random, const std::string& key) {
  json item = {{"pk", {{"S", key}}}};
  for (const char* name : kAttributes)
    if (random.chance(80)) item[name] = draw_value(random, 3, Place::kAttribute);
  for (const char* name : kBinaries)
    if (random.chance(90)) item[name] = draw_unspoken(random, kBinaryValues);
  json elements = json::array();
  for (int i = 0; i < 4; ++i)
    elements.push_back(value_of(literals()[random.below(literals().size())]));
  item[kList] = {{"L", elements}};
  return item;
}

json with_literals(json item) {
  const json plain = item;
  for (const auto& [name, value] : plain.items()) item[name + kTwin] = value;
  json all = json::object();
  for (std::size_t i = 0; i < literals().size(); ++i)
    all[literal_name(i)] = value_of(literals()[i]);
  item[kLiterals] = {{"M", all}};
  item[std::string(kLiterals) + kTwin] = {{"M", all}};
  return item;
}

Expression draw_condition(Random& random) {
  return draw_tree(random, 3);
}

Expression with_attributes_only(const Expression& condition) {
  using Kind = ExpressionKind;
  std::vector<Expression> operands(condition.operands.begin(), condition.operands.end());
  const bool is_inner =
      condition.kind == Kind::kAnd || condition.kind == Kind::kOr || condition.kind == Kind::kNot;
  const bool has_type = condition.kind == Kind::kCall && condition.text == "attribute_type";
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (is_inner)
      operands[i] = with_attributes_only(condition.operands[i]);
    else if (!(has_type && i == 1))
      operands[i] = as_attribute(condition.operands[i], i == 0);
  }
  Expression result = condition;
  result.operands = kept(operands, memory());
  return result;
}

std::string where_text(const Expression& condition) {
  return Printer(Printer::Dialect::kWhere).print(condition);
}

FilterExpression filter_expression(const Expression& condition) {
  Printer printer(Printer::Dialect::kFilter);
  std::string text = printer.print(condition);
  FilterExpression filter = printer.take();
  filter.text = std::move(text);
  return filter;
}

}  // namespace streamonce::testing
