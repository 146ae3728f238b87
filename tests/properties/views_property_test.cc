// What is printed is read to the same tree, for any tree that can be read at all; and no text makes
// the checker fail.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_key.h"
#include "handler/views/language/function_names.h"
#include "handler/views/language/printer.h"
#include "handler/views/language/reader.h"
#include "handler/views/rules/checker.h"
#include "runtime/base/kept.h"
#include "tests/support/property.h"
#include "tests/support/view_trees.h"

namespace streamonce::handler::views {
namespace {

using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::in_range;
using streamonce::testing::lines_of;
using streamonce::testing::same_script;
using streamonce::testing::utf8_text;

/// How deep expressions are drawn: with a bracket at each level they are read still.
constexpr int kLevels = 6;

/// What all trees that are drawn lie in, up to the end of the program.
TreeMemory& memory() {
  static TreeMemory all;
  return all;
}

std::string_view draw_name() {
  static constexpr std::array<std::string_view, 14> kNames{
      "a",     "b",      "order_id", "select", "Distinct",          "current_date",
      "count", "limit",  "odd name", "x\"y",   "\xC3\xA9t\xC3\xA9", "0",
      "a.b",   "missing"};
  return kNames[draw_below(kNames.size())];
}

Name draw_named() {
  return {draw_name(), {}};
}

const Name* draw_kept_name() {
  return kept_value(draw_named(), memory());
}

std::span<const PathStep> draw_path() {
  std::vector<PathStep> path{{.name = draw_name()}};
  for (std::size_t i = draw_below(3); i > 0; --i) {
    if (draw_coin())
      path.push_back({.name = draw_name()});
    else
      path.push_back({.name = {}, .index = static_cast<std::uint32_t>(draw_below(1'000'000))});
  }
  return kept(path, memory());
}

Expression draw_text_literal() {
  return {.kind = ExpressionKind::kText, .text = kept(*utf8_text(), memory())};
}

Expression draw_number_literal() {
  std::string text = draw_coin() ? "-" : "";
  text += std::to_string(draw_below(1'000'000'000));
  if (draw_coin()) text += '.' + std::to_string(draw_below(1'000'000));
  text += 'e' + std::to_string(*in_range(-100, 100));
  return {.kind = ExpressionKind::kNumber,
          .text = kept(events::canonical_number(text).value(), memory())};
}

/// A literal of one value. NULL, TRUE and FALSE may stand in lists and maps, MISSING may not.
Expression draw_simple(bool with_missing) {
  switch (draw_below(with_missing ? 6 : 5)) {
    case 0:
      return draw_text_literal();
    case 1:
      return draw_number_literal();
    case 2:
      return {.kind = ExpressionKind::kTrue};
    case 3:
      return {.kind = ExpressionKind::kFalse};
    case 4:
      return {.kind = ExpressionKind::kNull};
    default:
      return {.kind = ExpressionKind::kMissing};
  }
}

Expression draw_set_literal() {
  std::vector<Expression> elements;
  const bool of_texts = draw_coin();
  for (std::size_t i = 0; i < 1 + draw_below(3) || elements.empty(); ++i) {
    const Expression element = of_texts ? draw_text_literal() : draw_number_literal();
    const bool is_there =
        std::any_of(elements.begin(), elements.end(),
                    [&](const Expression& each) { return each.text == element.text; });
    if (!is_there) elements.push_back(element);
  }
  return {.kind = ExpressionKind::kSet, .operands = kept(elements, memory())};
}

Expression draw_literal(int levels) {
  const std::size_t choice = levels > 0 ? draw_below(5) : draw_below(2);
  if (choice < 2) return draw_simple(/*with_missing=*/false);
  if (choice == 2) return draw_set_literal();
  std::vector<Expression> parts;
  for (std::size_t i = draw_below(3); i > 0; --i) {
    if (choice == 4)
      parts.push_back({.kind = ExpressionKind::kText,
                       .text = kept(std::to_string(i).append(draw_name()), memory())});
    parts.push_back(draw_literal(levels - 1));
  }
  return {.kind = choice == 3 ? ExpressionKind::kList : ExpressionKind::kMap,
          .operands = kept(parts, memory())};
}

Expression draw_expression(int levels);

Expression draw_with(ExpressionKind kind, std::size_t count, int levels) {
  std::vector<Expression> operands;
  for (std::size_t i = 0; i < count; ++i) operands.push_back(draw_expression(levels - 1));
  return {.kind = kind, .operands = kept(operands, memory())};
}

Expression draw_case(int levels) {
  const bool has_subject = draw_coin();
  const bool has_else = draw_coin();
  const std::size_t parts = 2 * (1 + draw_below(2));
  Expression expression =
      draw_with(ExpressionKind::kCase, parts + (has_subject ? 1 : 0) + (has_else ? 1 : 0), levels);
  expression.has_subject = has_subject;
  expression.has_else = has_else;
  return expression;
}

Expression draw_call(int levels) {
  const auto functions = function_names();
  const bool is_known = draw_coin();
  Expression call = draw_with(ExpressionKind::kCall, draw_below(4), levels);
  call.text = is_known ? functions[draw_below(functions.size())].call : "unknown_1";
  return call;
}

Expression draw_inner(int levels) {
  static const std::array kBinary{ExpressionKind::kOr,          ExpressionKind::kAnd,
                                  ExpressionKind::kEqual,       ExpressionKind::kNotEqual,
                                  ExpressionKind::kLess,        ExpressionKind::kLessOrEqual,
                                  ExpressionKind::kGreater,     ExpressionKind::kGreaterOrEqual,
                                  ExpressionKind::kConcatenate, ExpressionKind::kAdd,
                                  ExpressionKind::kSubtract,    ExpressionKind::kMultiply};
  static const std::array kUnary{ExpressionKind::kNot, ExpressionKind::kNegate,
                                 ExpressionKind::kCount, ExpressionKind::kSum};
  Expression expression;
  switch (draw_below(9)) {
    case 0:
    case 1:
    case 2:
      return draw_with(kBinary[draw_below(kBinary.size())], 2, levels);
    case 3:
      return draw_with(kUnary[draw_below(kUnary.size())], 1, levels);
    case 4:
      return draw_case(levels);
    case 5:
      return draw_call(levels);
    case 6:
      expression = draw_with(ExpressionKind::kCast, 1, levels);
      expression.text = draw_coin() ? "STRING" : "NUMBER";
      return expression;
    case 7:
      expression = draw_coin() ? draw_with(ExpressionKind::kBetween, 3, levels)
                               : draw_with(ExpressionKind::kIn, 2 + draw_below(3), levels);
      break;
    default:
      expression =
          draw_with(draw_coin() ? ExpressionKind::kIsNull : ExpressionKind::kIsMissing, 1, levels);
  }
  expression.is_negated = draw_coin();
  return expression;
}

Expression draw_expression(int levels) {
  if (levels > 0 && draw_below(4) != 0) return draw_inner(levels);
  switch (draw_below(6)) {
    case 0:
      return draw_simple(/*with_missing=*/true);
    case 1:
      return draw_literal(2);
    case 2:
      return {.kind = ExpressionKind::kCountAll};
    default:
      return {.kind = ExpressionKind::kPath, .path = draw_path()};
  }
}

SelectItem draw_select_item() {
  SelectItem item;
  if (draw_below(5) == 0) {
    item.is_star = true;
    std::vector<ExcludedPath> excluded;
    for (std::size_t i = draw_below(3); i > 0; --i) excluded.push_back({draw_path(), {}});
    item.exclude = kept(excluded, memory());
    return item;
  }
  item.expression = draw_expression(kLevels);
  if (draw_coin()) item.alias = draw_kept_name();
  return item;
}

Select draw_select() {
  Select select;
  std::vector<SelectItem> items;
  for (std::size_t i = 0; i < 1 + draw_below(3) || items.empty(); ++i)
    items.push_back(draw_select_item());
  select.items = kept(items, memory());
  select.source = draw_named();
  if (draw_coin()) select.source_alias = draw_kept_name();
  if (draw_coin()) {
    Unnest unnest{.path = draw_path(), .place = {}, .alias = draw_named()};
    if (draw_coin()) unnest.position = draw_kept_name();
    select.unnest = kept_value(unnest, memory());
  }
  if (draw_coin()) select.where = kept_value(draw_expression(kLevels), memory());
  std::vector<Expression> group_by;
  for (std::size_t i = draw_below(3); i > 0; --i) group_by.push_back(draw_expression(kLevels));
  select.group_by = kept(group_by, memory());
  return select;
}

std::span<const Name> draw_key(std::size_t least, std::size_t most) {
  std::vector<Name> key;
  for (std::size_t i = least + draw_below(most - least + 1); i > 0; --i)
    key.push_back(draw_named());
  return kept(key, memory());
}

Script draw_script() {
  Script script;
  for (std::size_t i = draw_below(4); i > 0; --i) {
    if (draw_coin()) {
      script.statements.emplace_back(
          SourceStatement{.place = {}, .name = draw_named(), .key = draw_key(1, 2)});
      continue;
    }
    ViewStatement view;
    view.name = draw_named();
    view.key = draw_key(0, 2);
    std::vector<ViewOption> options;
    for (std::size_t j = draw_below(3); j > 0; --j)
      options.push_back({draw_named(), kept(*utf8_text(), memory()), {}});
    view.options = kept(options, memory());
    view.select = draw_select();
    script.statements.emplace_back(view);
  }
  return script;
}

TEST(ViewsProperty, PrintedScriptsAreReadToTheSameTrees) {
  EXPECT_TRUE(holds("max_success=300 max_size=30", [] {
    const Script script = draw_script();
    const std::string text = print(script);
    const ReadScript read = read_script(text);
    RC_LOG(text);
    RC_ASSERT(lines_of(read.faults) == "");
    RC_ASSERT(same_script(read.script, script));
    RC_ASSERT(print(read.script) == text);
  }));
}

/// Whether a bracket of `text`, with its other one, could go without a change of the tree.
bool has_needless_brackets(const std::string& text, const Script& script) {
  std::vector<std::size_t> open;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != '\0' || text[i] == '\'' || text[i] == '"') {
      if (quote == '\0')
        quote = text[i];
      else if (text[i] == quote)
        quote = '\0';
    } else if (text[i] == '(') {
      open.push_back(i);
    } else if (text[i] == ')') {
      std::string without = text;
      without[i] = without[open.back()] = ' ';
      open.pop_back();
      const ReadScript read = read_script(without);
      if (read.faults.empty() && same_script(read.script, script)) return true;
    }
  }
  return false;
}

TEST(ViewsProperty, NoBracketIsPrintedThatCouldGo) {
  EXPECT_TRUE(holds("max_success=200 max_size=20", [] {
    Script script;
    ViewStatement view{.place = {}, .name = draw_named()};
    SelectItem item;
    item.expression = draw_expression(4);
    view.select.items = {kept_value(item, memory()), 1};
    view.select.source = draw_named();
    script.statements.emplace_back(view);
    const std::string text = print(script);
    RC_LOG(text);
    RC_ASSERT(!has_needless_brackets(text, script));
  }));
}

TEST(ViewsProperty, EveryScriptIsCheckedAndItsFaultsAreInOrder) {
  EXPECT_TRUE(holds("max_success=200 max_size=20", [] {
    const Script script = draw_script();
    const CheckedViews checked = check_text(print(script));
    for (const auto* faults : {&checked.faults, &checked.warnings})
      RC_ASSERT(std::is_sorted(faults->begin(), faults->end(),
                               [](const Fault& a, const Fault& b) { return a.place < b.place; }));
  }));
}

}  // namespace
}  // namespace streamonce::handler::views
