// tests/support/view_trees.h: whether two scripts are the same trees, and texts for short tests.

#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "handler/views/language/reader.h"
#include "handler/views/language/syntax.h"
#include "handler/views/rules/checker.h"
#include "handler/views/rules/names.h"

namespace streamonce::testing {

namespace views = handler::views;

template <class Range, class Same>
bool all_same(const Range& a, const Range& b, Same same) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

inline bool same_name(const views::Name& a, const views::Name& b) {
  return a.text == b.text;
}

inline bool same_path(std::span<const views::PathStep> a, std::span<const views::PathStep> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

template <class T, class Same>
bool both_same(const T* a, const T* b, Same same) {
  return (a == nullptr) == (b == nullptr) && (a == nullptr || same(*a, *b));
}

inline bool same_item(const views::SelectItem& a, const views::SelectItem& b) {
  return a.is_star == b.is_star && both_same(a.alias, b.alias, same_name) &&
         all_same(a.exclude, b.exclude,
                  [](const auto& x, const auto& y) { return same_path(x.steps, y.steps); }) &&
         (a.is_star || views::same_expression(a.expression, b.expression));
}

inline bool same_unnest(const views::Unnest& a, const views::Unnest& b) {
  return same_path(a.path, b.path) && same_name(a.alias, b.alias) &&
         both_same(a.position, b.position, same_name);
}

inline bool same_select(const views::Select& a, const views::Select& b) {
  return all_same(a.items, b.items, same_item) && same_name(a.source, b.source) &&
         both_same(a.source_alias, b.source_alias, same_name) &&
         both_same(a.unnest, b.unnest, same_unnest) &&
         both_same(a.where, b.where, views::same_expression) &&
         all_same(a.group_by, b.group_by, views::same_expression);
}

inline bool same_statement(const views::Statement& a, const views::Statement& b) {
  if (a.index() != b.index()) return false;
  if (const auto* source = std::get_if<views::SourceStatement>(&a)) {
    const auto& other = std::get<views::SourceStatement>(b);
    return same_name(source->name, other.name) && all_same(source->key, other.key, same_name);
  }
  const auto& view = std::get<views::ViewStatement>(a);
  const auto& other = std::get<views::ViewStatement>(b);
  return same_name(view.name, other.name) && all_same(view.key, other.key, same_name) &&
         all_same(view.options, other.options,
                  [](const views::ViewOption& x, const views::ViewOption& y) {
                    return same_name(x.name, y.name) && x.value == y.value;
                  }) &&
         same_select(view.select, other.select);
}

/// Whether both are the same trees, but for places.
inline bool same_script(const views::Script& a, const views::Script& b) {
  return all_same(a.statements, b.statements, same_statement);
}

/// `2:5: what is wrong`, a line for each fault.
inline std::string lines_of(const std::vector<views::Fault>& faults) {
  std::string lines;
  for (const views::Fault& fault : faults) {
    lines += std::to_string(fault.place.line) + ':' + std::to_string(fault.place.column) + ": " +
             fault.message + '\n';
  }
  return lines;
}

}  // namespace streamonce::testing
