#include "handler/views/rules/names.h"

#include <algorithm>

#include "handler/views/rules/views.h"

namespace streamonce::handler::views {
namespace {

ResolvedPath item_path(const Select& select, std::span<const PathStep> path) {
  return {PathRoot::kItem, path.subspan(path.front().name == source_alias(select) ? 1 : 0)};
}

bool same_path(const Select& select, const Expression& a, const Expression& b) {
  if (a.path.empty() || b.path.empty()) return a.path.empty() == b.path.empty();
  const ResolvedPath one = resolve(select, a.path);
  const ResolvedPath other = resolve(select, b.path);
  return one.root == other.root &&
         std::equal(one.steps.begin(), one.steps.end(), other.steps.begin(), other.steps.end());
}

bool same_node(const Expression& a, const Expression& b) {
  return a.kind == b.kind && a.text == b.text && a.is_negated == b.is_negated &&
         a.has_subject == b.has_subject && a.has_else == b.has_else &&
         a.operands.size() == b.operands.size();
}

}  // namespace

std::string_view source_alias(const Select& select) {
  return select.source_alias != nullptr ? select.source_alias->text : select.source.text;
}

ResolvedPath resolve(const Select& select, std::span<const PathStep> path) {
  if (select.unnest != nullptr) {
    const Unnest& unnest = *select.unnest;
    if (path.front().name == unnest.alias.text) return {PathRoot::kElement, path.subspan(1)};
    if (unnest.position != nullptr && path.front().name == unnest.position->text)
      return {PathRoot::kPosition, path.subspan(1)};
  }
  return item_path(select, path);
}

ResolvedPath resolve_unnest(const Select& select) {
  return item_path(select, select.unnest->path);
}

std::string_view bare_attribute(const Select& select, const Expression& expression) {
  if (expression.kind != ExpressionKind::kPath) return {};
  const ResolvedPath path = resolve(select, expression.path);
  return path.root == PathRoot::kItem && path.steps.size() == 1 ? path.steps.front().name
                                                                : std::string_view();
}

bool same_expression(const Expression& a, const Expression& b) {
  return same_node(a, b) &&
         std::equal(a.path.begin(), a.path.end(), b.path.begin(), b.path.end()) &&
         std::equal(a.operands.begin(), a.operands.end(), b.operands.begin(), same_expression);
}

bool same_meaning(const Select& select, const Expression& a, const Expression& b) {
  return same_node(a, b) && same_path(select, a, b) &&
         std::equal(
             a.operands.begin(), a.operands.end(), b.operands.begin(),
             [&](const Expression& x, const Expression& y) { return same_meaning(select, x, y); });
}

std::string_view name_of(const SelectItem& item) {
  if (item.is_star) return {};
  if (item.alias != nullptr) return item.alias->text;
  const std::span<const PathStep> path = item.expression.path;
  return path.empty() ? std::string_view() : path.back().name;
}

}  // namespace streamonce::handler::views
