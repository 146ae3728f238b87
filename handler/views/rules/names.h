// handler/views/rules/names.h: what the first step of a path names.
//
// A first step that is an alias is that: of the source (its own name, where it has no alias), of
// the element that was unnested, or of the element's place. Any other name is an attribute of the
// source's item.
//
// Threads: pure functions. Ownership: what is returned views the steps that were given.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "handler/views/language/syntax.h"

namespace streamonce::handler::views {

enum class PathRoot : std::uint8_t {
  kItem,      ///< the source's item: the steps begin with an attribute's name
  kElement,   ///< the element that was unnested
  kPosition,  ///< the place of the element in its list
};

struct ResolvedPath {
  PathRoot root = PathRoot::kItem;
  /// The steps from there. Empty: the element itself, its place, or the item as a whole, which is
  /// no value and which the checker refuses.
  std::span<const PathStep> steps;
};

/// What the source's item is called in `select`.
std::string_view source_alias(const Select& select);

/// What `path`, which has a step, is in `select`.
ResolvedPath resolve(const Select& select, std::span<const PathStep> path);

/// What the path of the unnesting is, which cannot name the element.
ResolvedPath resolve_unnest(const Select& select);

/// The attribute of the source that `expression` is, whole and alone. Empty: it is none.
std::string_view bare_attribute(const Select& select, const Expression& expression);

/// Whether both mean the same in `select`: paths by what they name, and the rest as it is written.
bool same_meaning(const Select& select, const Expression& a, const Expression& b);

/// Whether both are the same tree: all but their places and needless quotes.
bool same_expression(const Expression& a, const Expression& b);

}  // namespace streamonce::handler::views
