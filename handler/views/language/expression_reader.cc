#include "handler/views/language/expression_reader.h"

#include <algorithm>
#include <optional>
#include <string>

#include "events/item_key.h"
#include "handler/views/language/refusals.h"
#include "runtime/base/check.h"
#include "runtime/base/kept.h"
#include "runtime/base/text.h"

namespace streamonce::handler::views {
namespace {

/// The most digits of an index of a list. Source: an item of 400 KB has fewer elements.
constexpr std::size_t kIndexDigitsMax = 6;

constexpr std::string_view kValueWanted =
    "a value: an attribute, a literal, a function or an expression in brackets";

std::optional<ExpressionKind> comparison_of(const Token& token) {
  if (token.is("=") || token.is("==")) return ExpressionKind::kEqual;
  if (token.is("<>") || token.is("!=")) return ExpressionKind::kNotEqual;
  if (token.is("<")) return ExpressionKind::kLess;
  if (token.is("<=")) return ExpressionKind::kLessOrEqual;
  if (token.is(">")) return ExpressionKind::kGreater;
  if (token.is(">=")) return ExpressionKind::kGreaterOrEqual;
  return std::nullopt;
}

std::optional<ExpressionKind> constant_of(const Token& token) {
  if (token.is("TRUE")) return ExpressionKind::kTrue;
  if (token.is("FALSE")) return ExpressionKind::kFalse;
  if (token.is("NULL")) return ExpressionKind::kNull;
  if (token.is("MISSING")) return ExpressionKind::kMissing;
  return std::nullopt;
}

bool is_plain_literal(ExpressionKind kind) {
  return kind == ExpressionKind::kText || kind == ExpressionKind::kNumber;
}

}  // namespace

Expression ExpressionReader::read() {
  open_ = 0;
  const Expression expression = read_or().expression;
  STREAMONCE_CHECK(pending_.empty());
  return expression;
}

Name ExpressionReader::read_name(std::string_view wanted) {
  const Token& token = tokens_.token();
  if (token.kind == TokenKind::kQuotedName) {
    const Name name{unquoted(token.text, memory_), token.place};
    if (name.text.empty())
      tokens_.tell(name.place, "found an empty name: expected " + std::string(wanted));
    tokens_.take();
    return name;
  }
  if (token.kind == TokenKind::kWord && !is_reserved(token)) {
    const Name name{token.text, token.place};
    tokens_.take();
    return name;
  }
  const Place place = token.place;
  const std::string expected = "expected " + std::string(wanted);
  if (token.kind == TokenKind::kText) {
    tokens_.stop(place, "found " + describe(token) + ": " + expected +
                            "; single quotes make a text, double quotes a name");
  } else if (token.kind == TokenKind::kWord && !tokens_.at_statement() &&
             refusal_of(token).empty()) {
    tokens_.stop(place, "found " + describe(token) + ", a word of the language: " + expected +
                            "; a name that is such a word stands in double quotes");
  } else {
    tokens_.stop_expecting(wanted);
  }
  return {};
}

std::span<const PathStep> ExpressionReader::read_path() {
  steps_.clear();
  const Place place = tokens_.token().place;
  steps_.push_back({.name = read_name("an attribute").text});
  while (!tokens_.stopped()) {
    if (tokens_.accept(".")) {
      if (tokens_.at("*")) {
        tokens_.stop(
            tokens_.token().place,
            "found * behind a name: `*` stands alone, and is the whole item of the source");
        break;
      }
      steps_.push_back({.name = read_name("the name of an attribute behind the dot").text});
    } else if (tokens_.accept("[")) {
      steps_.push_back(read_index());
    } else {
      break;
    }
    if (steps_.size() > kPathStepsMax) {
      tokens_.stop(place, "found a path of more than " + std::to_string(kPathStepsMax) +
                              " steps: no attribute of DynamoDB's is nested deeper");
    }
  }
  return kept(steps_, memory_);
}

PathStep ExpressionReader::read_index() {
  PathStep step;
  const Token& token = tokens_.token();
  const bool is_index =
      token.kind == TokenKind::kNumber && token.text.size() <= kIndexDigitsMax &&
      std::all_of(token.text.begin(), token.text.end(), [](char c) { return is_digit(c); });
  if (!is_index) {
    tokens_.stop_expecting(token.kind == TokenKind::kText
                               ? "the place of an element, from 0; an attribute of a map is "
                                 "written map.attribute"
                               : "the place of an element, from 0");
    return step;
  }
  const std::string_view digits = token.text;
  tokens_.take();
  for (const char digit : digits)
    step.index = step.index * 10 + static_cast<std::uint32_t>(digit - '0');
  tokens_.expect("]", "] behind the place of an element");
  return step;
}

ExpressionReader::Node ExpressionReader::read_or() {
  Node left = read_and();
  while (tokens_.accept("OR")) left = join(ExpressionKind::kOr, left, read_and());
  return left;
}

ExpressionReader::Node ExpressionReader::read_and() {
  Node left = read_not();
  for (;;) {
    if (tokens_.at("&&"))
      tokens_.tell(tokens_.token().place, std::string(refusal_of(tokens_.token())));
    if (!tokens_.accept("AND") && !tokens_.accept("&&")) return left;
    left = join(ExpressionKind::kAnd, left, read_not());
  }
}

ExpressionReader::Node ExpressionReader::read_not() {
  if (!tokens_.at("NOT")) return read_comparison();
  Node node = take_leaf(ExpressionKind::kNot);
  open();
  add(node, read_not());
  finish(node);
  close();
  check_levels(node);
  return node;
}

ExpressionReader::Node ExpressionReader::read_comparison() {
  Node node = read_concatenation();
  const bool joins_texts = node.expression.kind == ExpressionKind::kConcatenate;
  read_comparison_of(node);
  const bool is_comparison = node.expression.kind >= ExpressionKind::kEqual &&
                             node.expression.kind <= ExpressionKind::kGreaterOrEqual;
  if (!comparison_of(tokens_.token())) return node;
  const bool means_or = !joins_texts && is_comparison &&
                        node.expression.operands[1].kind == ExpressionKind::kConcatenate;
  tokens_.tell(tokens_.token().place,
               means_or ? "found a second comparison: || joins texts; conditions are joined with OR"
                        : "found a second comparison: comparisons do not chain; join two with AND, "
                          "or put one in brackets");
  while (comparison_of(tokens_.token())) {
    tokens_.take();
    read_concatenation();
  }
  return node;
}

/// Makes `left` the comparison, BETWEEN, IN or IS whose first operand it is, if one follows.
void ExpressionReader::read_comparison_of(Node& left) {
  const Place place = left.expression.place;
  if (const std::optional<ExpressionKind> kind = comparison_of(tokens_.token())) {
    if (tokens_.at("=="))
      tokens_.tell(tokens_.token().place, std::string(refusal_of(tokens_.token())));
    tokens_.take();
    left = join(*kind, left, read_concatenation());
    return;
  }
  if (tokens_.token().kind != TokenKind::kWord) return;
  const Place at = tokens_.token().place;
  const Token following = tokens_.at("NOT") ? tokens_.following() : Token{};
  const bool negated = following.is("BETWEEN") || following.is("IN");
  if (negated) tokens_.take();
  Node node;
  if (tokens_.accept("BETWEEN")) {
    node = read_between(left, at);
  } else if (tokens_.accept("IN")) {
    node = read_in(left);
  } else if (tokens_.accept("IS")) {
    node = read_is(left);
  } else {
    if (tokens_.at("NOT") && following.kind == TokenKind::kWord && !refusal_of(following).empty())
      tokens_.stop(following.place, std::string(refusal_of(following)));
    return;
  }
  node.expression.place = place;
  node.expression.is_negated = node.expression.is_negated || negated;
  check_levels(node);
  left = node;
}

ExpressionReader::Node ExpressionReader::read_between(const Node& value, Place place) {
  Node node = begin(ExpressionKind::kBetween, place);
  add(node, value);
  add(node, read_concatenation());
  tokens_.expect("AND", "AND and the upper bound: x BETWEEN low AND high");
  add(node, read_concatenation());
  finish(node);
  return node;
}

ExpressionReader::Node ExpressionReader::read_in(const Node& value) {
  Node node = begin(ExpressionKind::kIn, value.expression.place);
  add(node, value);
  open();
  constexpr std::string_view kWanted = "the values in brackets: x IN ('a', 'b')";
  if (begins_subquery()) {
    tokens_.take();
    tokens_.stop_expecting(kWanted);
  } else if (tokens_.accept("(")) {
    read_elements(node, ")");
  } else if (tokens_.accept("[")) {
    read_elements(node, "]");
  } else if (tokens_.token().kind == TokenKind::kWord && !is_reserved(tokens_.token())) {
    tokens_.stop_expecting(
        "the values in brackets: x IN ('a', 'b'); whether a list or set has an "
        "element is contains(list, x)");
  } else {
    tokens_.stop_expecting(kWanted);
  }
  finish(node);
  close();
  return node;
}

ExpressionReader::Node ExpressionReader::read_is(const Node& value) {
  const bool negated = tokens_.accept("NOT");
  Node node = begin(ExpressionKind::kIsNull, value.expression.place);
  node.expression.is_negated = negated;
  if (tokens_.accept("MISSING"))
    node.expression.kind = ExpressionKind::kIsMissing;
  else
    tokens_.expect("NULL", "NULL or MISSING behind IS; other values are compared with =");
  add(node, value);
  finish(node);
  return node;
}

ExpressionReader::Node ExpressionReader::read_concatenation() {
  Node left = read_sum();
  while (tokens_.accept("||")) left = join(ExpressionKind::kConcatenate, left, read_sum());
  return left;
}

ExpressionReader::Node ExpressionReader::read_sum() {
  Node left = read_product();
  for (;;) {
    if (tokens_.accept("+"))
      left = join(ExpressionKind::kAdd, left, read_product());
    else if (tokens_.accept("-"))
      left = join(ExpressionKind::kSubtract, left, read_product());
    else
      return left;
  }
}

ExpressionReader::Node ExpressionReader::read_product() {
  Node left = read_negation();
  for (;;) {
    if (tokens_.at("/") || tokens_.at("%")) {
      tokens_.tell(tokens_.token().place,
                   tokens_.at("/")
                       ? "no division: its results are not exact; multiply by a literal, as in "
                         "x * 0.01, or keep both numbers and divide when you read"
                       : "no %, since there is no division: keep the number, and take the "
                         "remainder when you read");
    } else if (!tokens_.at("*")) {
      return left;
    }
    tokens_.take();
    left = join(ExpressionKind::kMultiply, left, read_negation());
  }
}

ExpressionReader::Node ExpressionReader::read_negation() {
  if (!tokens_.at("-")) return read_primary();
  const Place place = tokens_.token().place;
  tokens_.take();
  if (tokens_.token().kind == TokenKind::kNumber) return read_number("-", place);
  Node node = begin(ExpressionKind::kNegate, place);
  open();
  add(node, read_negation());
  finish(node);
  close();
  check_levels(node);
  return node;
}

ExpressionReader::Node ExpressionReader::read_number(std::string_view sign, Place place) {
  Node node = begin(ExpressionKind::kNumber, place);
  const Result<std::string> number =
      events::canonical_number(std::string(sign) + std::string(tokens_.token().text));
  if (number) {
    node.expression.text =
        *number == tokens_.token().text ? tokens_.token().text : kept(*number, memory_);
  } else {
    tokens_.tell(place, "found a number that DynamoDB cannot have: " + number.error().message);
    node.expression.text = "0";
  }
  tokens_.take();
  return node;
}

ExpressionReader::Node ExpressionReader::read_primary() {
  const Token& token = tokens_.token();
  switch (token.kind) {
    case TokenKind::kText:
      return take_leaf(ExpressionKind::kText);
    case TokenKind::kNumber:
      return read_number("", token.place);
    case TokenKind::kWord:
      return read_word();
    case TokenKind::kQuotedName: {
      const Place place = token.place;
      const Token& following = tokens_.following();
      if (following.is("(")) {
        tokens_.stop(place, "found " + describe(token) +
                                " before a bracket: a function's name stands without quotes");
        return {};
      }
      const bool needs_none = is_plain_name(token.text.substr(1, token.text.size() - 2));
      Node node = begin(ExpressionKind::kPath, place);
      node.expression.path = read_path();
      node.expression.is_needlessly_quoted = needs_none && node.expression.path.size() == 1;
      return node;
    }
    default:
      break;
  }
  if (tokens_.at("(")) return read_brackets();
  if (tokens_.at("{") || tokens_.at("[") || tokens_.at("<<")) return read_literal();
  if (tokens_.at("*"))
    tokens_.stop(token.place, "found *: it is an item of its own, as in SELECT *, and no value");
  tokens_.stop_expecting(kValueWanted);
  return {};
}

ExpressionReader::Node ExpressionReader::read_word() {
  const Token& token = tokens_.token();
  if (is_reserved(token)) {
    if (const std::optional<ExpressionKind> kind = constant_of(token)) return take_leaf(*kind);
    if (tokens_.at("CASE")) return read_case();
    if (tokens_.at_statement() || !refusal_of(token).empty())
      tokens_.stop_expecting(kValueWanted);
    else
      tokens_.stop(token.place, "found " + describe(token) + ", a word of the language: expected " +
                                    std::string(kValueWanted) +
                                    "; an attribute with such a name stands in double quotes");
    return {};
  }
  const Token& following = tokens_.following();
  if (following.is("(")) return read_call();
  if (is_clock(token.text))
    tokens_.tell(token.place, "found " + describe(token) + ": " + std::string(kClockRefusal));
  Node node = begin(ExpressionKind::kPath, token.place);
  node.expression.path = read_path();
  return node;
}

ExpressionReader::Node ExpressionReader::read_brackets() {
  const bool subquery = begins_subquery();
  tokens_.take();
  if (subquery) tokens_.stop_expecting(kValueWanted);
  open();
  Node node = read_or();
  close();
  ++node.levels;
  // A name in quotes and brackets is meant as a name.
  node.expression.is_needlessly_quoted = false;
  tokens_.expect(")", "an operator, or ) for the bracket that was opened");
  check_levels(node);
  return node;
}

ExpressionReader::Node ExpressionReader::read_call() {
  const Token name = tokens_.token();
  tokens_.take();
  tokens_.take();
  open();
  Node node = begin(ExpressionKind::kCall, name.place);
  node.expression.text = lower_case(name.text, memory_);
  if (node.expression.text == "count") {
    node = read_aggregate(ExpressionKind::kCount, name.place);
  } else if (node.expression.text == "sum") {
    node = read_aggregate(ExpressionKind::kSum, name.place);
  } else if (node.expression.text == "cast") {
    node = read_cast(name.place);
  } else {
    read_arguments(node);
    finish(node);
  }
  close();
  const Token& next = tokens_.token();
  if (next.is("OVER") || next.is("FILTER")) tokens_.stop(next.place, std::string(refusal_of(next)));
  check_levels(node);
  return node;
}

void ExpressionReader::read_arguments(Node& call) {
  pass_distinct();
  if (tokens_.accept(")")) return;
  if (tokens_.at("SELECT")) tokens_.stop_expecting(kValueWanted);
  read_elements(call, ")");
}

ExpressionReader::Node ExpressionReader::read_aggregate(ExpressionKind kind, Place place) {
  Node node = begin(kind, place);
  if (kind == ExpressionKind::kCount && tokens_.accept("*")) {
    node.expression.kind = ExpressionKind::kCountAll;
  } else if (tokens_.at(")")) {
    tokens_.stop_expecting(kind == ExpressionKind::kCount ? "what is counted: COUNT(*), or COUNT(x)"
                                                          : "what is added up: SUM(x)");
  } else {
    pass_distinct();
    add(node, read_or());
    finish(node);
  }
  tokens_.expect(")", ") behind the aggregate's one argument");
  return node;
}

ExpressionReader::Node ExpressionReader::read_cast(Place place) {
  Node node = begin(ExpressionKind::kCast, place);
  add(node, read_or());
  finish(node);
  constexpr std::string_view kWanted = "AS STRING or AS NUMBER: CAST(x AS STRING)";
  tokens_.expect("AS", kWanted);
  const Token& type = tokens_.token();
  if (tokens_.at("STRING") || tokens_.at("NUMBER")) {
    node.expression.text = tokens_.at("STRING") ? "STRING" : "NUMBER";
  } else if (type.kind == TokenKind::kWord && !is_reserved(type)) {
    node.expression.text = "STRING";
    tokens_.tell(type.place, "found the type " + describe(type) +
                                 ": expected STRING or NUMBER, the types that CAST makes");
  } else {
    tokens_.stop_expecting(kWanted);
  }
  tokens_.take();
  tokens_.expect(")", ") behind the type: STRING and NUMBER have no length");
  return node;
}

ExpressionReader::Node ExpressionReader::read_case() {
  Node node = take_leaf(ExpressionKind::kCase);
  open();
  if (!tokens_.at("WHEN")) {
    node.expression.has_subject = true;
    add(node, read_or());
  }
  if (!tokens_.at("WHEN"))
    tokens_.stop_expecting(
        "WHEN: CASE WHEN condition THEN x ELSE y END, or CASE x WHEN y THEN z END");
  while (tokens_.accept("WHEN")) {
    add(node, read_or());
    tokens_.expect("THEN", "THEN and the value behind WHEN");
    add(node, read_or());
  }
  if (tokens_.accept("ELSE")) {
    node.expression.has_else = true;
    add(node, read_or());
  }
  tokens_.expect("END", "WHEN, ELSE or END, which ends a CASE");
  finish(node);
  close();
  check_levels(node);
  return node;
}

ExpressionReader::Node ExpressionReader::read_literal() {
  open();
  Node node;
  if (tokens_.at("{"))
    node = read_map();
  else if (tokens_.at("["))
    node = read_list();
  else
    node = read_set();
  close();
  check_levels(node);
  return node;
}

/// A part of a literal, which is a literal again.
ExpressionReader::Node ExpressionReader::read_element() {
  const Token& token = tokens_.token();
  if (tokens_.at("{") || tokens_.at("[") || tokens_.at("<<")) return read_literal();
  if (token.kind == TokenKind::kText) return take_leaf(ExpressionKind::kText);
  if (token.kind == TokenKind::kNumber) return read_number("", token.place);
  if (tokens_.at("-")) {
    const Place place = token.place;
    tokens_.take();
    if (tokens_.token().kind == TokenKind::kNumber) return read_number("-", place);
  } else if (token.kind == TokenKind::kWord) {
    const std::optional<ExpressionKind> kind = constant_of(token);
    if (kind && *kind != ExpressionKind::kMissing) return take_leaf(*kind);
  }
  tokens_.stop_expecting(
      "a text in single quotes, a number, TRUE, FALSE, NULL or another literal: what stands in a "
      "list, map or set is written out");
  return {};
}

ExpressionReader::Node ExpressionReader::read_map() {
  Node map = take_leaf(ExpressionKind::kMap);
  if (tokens_.accept("}")) return map;
  do {
    const Token& name = tokens_.token();
    if (name.kind != TokenKind::kText)
      tokens_.stop_expecting("an attribute's name in single quotes: {'name': 1}");
    Node key = take_leaf(ExpressionKind::kText);
    if (!tokens_.stopped() && key.expression.text.empty())
      tokens_.tell(key.expression.place,
                   "found an empty name: an attribute's name has a character");
    const std::span<const Expression> parts = operands_of(map);
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      if (parts[i].text == key.expression.text)
        tokens_.tell(key.expression.place, "found a name of the map for the second time");
    }
    add(map, key);
    tokens_.expect(":", "a colon and a value: {'name': 1}");
    add(map, read_element());
  } while (tokens_.accept(","));
  tokens_.expect("}", "a comma, or } for the map that was opened");
  finish(map);
  return map;
}

ExpressionReader::Node ExpressionReader::read_list() {
  Node list = take_leaf(ExpressionKind::kList);
  if (tokens_.accept("]")) return list;
  do add(list, read_element());
  while (tokens_.accept(","));
  tokens_.expect("]", "a comma, or ] for the list that was opened");
  finish(list);
  return list;
}

ExpressionReader::Node ExpressionReader::read_set() {
  Node set = take_leaf(ExpressionKind::kSet);
  if (tokens_.at(">>")) tokens_.stop_expecting("an element: DynamoDB has no empty sets");
  do {
    Node element = read_element();
    if (tokens_.stopped()) break;
    const Expression& part = element.expression;
    const std::span<const Expression> parts = operands_of(set);
    if (!is_plain_literal(part.kind) || (!parts.empty() && parts.front().kind != part.kind))
      tokens_.stop(part.place, "a set has texts alone, or numbers alone: found something else");
    else if (std::any_of(parts.begin(), parts.end(),
                         [&](const Expression& each) { return each.text == part.text; }))
      tokens_.tell(part.place, "found an element of the set for the second time");
    add(set, element);
  } while (tokens_.accept(","));
  tokens_.expect(">>", "a comma, or >> for the set that was opened");
  finish(set);
  return set;
}

/// Expressions up to `close`: at least one.
void ExpressionReader::read_elements(Node& list, const Terminal& close) {
  if (tokens_.at(close)) tokens_.stop_expecting("at least one value");
  do add(list, read_or());
  while (tokens_.accept(","));
  if (tokens_.accept(close)) return;
  tokens_.stop_expecting("an operator, a comma, or " + std::string(close.text()) +
                         " for the bracket that was opened");
}

/// DISTINCT before an argument is told, and read over. It may as well be an attribute.
void ExpressionReader::pass_distinct() {
  if (!tokens_.at("DISTINCT")) return;
  const Token& next = tokens_.following();
  if (next.kind == TokenKind::kSymbol && !next.is("(")) return;
  tokens_.tell(tokens_.token().place, std::string(refusal_of(tokens_.token())));
  tokens_.take();
}

bool ExpressionReader::begins_subquery() const {
  return tokens_.at("(") && tokens_.following().is("SELECT");
}

/// The next token as a leaf. A text's quotes are taken away.
ExpressionReader::Node ExpressionReader::take_leaf(ExpressionKind kind) {
  const Token token = tokens_.token();
  tokens_.take();
  Node node = begin(kind, token.place);
  if (kind == ExpressionKind::kText && token.kind == TokenKind::kText)
    node.expression.text = unquoted(token.text, memory_);
  return node;
}

ExpressionReader::Node ExpressionReader::join(ExpressionKind kind, const Node& left,
                                              const Node& right) {
  Node node = begin(kind, left.expression.place);
  add(node, left);
  add(node, right);
  finish(node);
  check_levels(node);
  return node;
}

void ExpressionReader::add(Node& parent, const Node& child) {
  const std::size_t most = kOperandsMax + (parent.expression.kind == ExpressionKind::kIn ? 1 : 0);
  if (operands_of(parent).size() == most) {
    tokens_.stop(child.expression.place, "found more than " + std::to_string(kOperandsMax) +
                                             " values in one list, function, IN or CASE");
    return;
  }
  parent.levels = std::max(parent.levels, child.levels + 1);
  pending_.push_back(child.expression);
}

void ExpressionReader::finish(Node& parent) {
  parent.expression.operands = kept(operands_of(parent), memory_);
  pending_.resize(parent.first_operand);
}

void ExpressionReader::open() {
  if (++open_ >= kExpressionLevelsMax) {
    tokens_.stop(tokens_.token().place, "found an expression of more than " +
                                            std::to_string(kExpressionLevelsMax) +
                                            " levels of brackets and operators");
  }
}

void ExpressionReader::check_levels(const Node& node) {
  if (node.levels <= kExpressionLevelsMax) return;
  tokens_.stop(node.expression.place,
               "found an expression of more than " + std::to_string(kExpressionLevelsMax) +
                   " levels: of a long chain of one operator, put groups in brackets, or use IN");
}

}  // namespace streamonce::handler::views
