// handler/views/exclusion.h: a value without the parts that EXCLUDE names.
//
// Threads: values and pure functions.
// Ownership: an Exclusion views the names of the path that it was made of.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "events/attribute_value.h"
#include "handler/views/language/syntax.h"

namespace streamonce::handler::views {

/// A member or an element that is left out, or of which something is.
struct Exclusion {
  PathStep step;
  std::vector<Exclusion> inner;  ///< empty: it is left out as a whole
};

/// Adds the path of `steps`, at least one, to `exclusions`, which are in the order of their steps.
void exclude(std::vector<Exclusion>& exclusions, std::span<const PathStep> steps);

/// Appends `value` as DynamoDB JSON without what `exclusions` names in it. Elements behind one that
/// is left out close up, and a map or list that becomes empty stays. What is not there is no error.
void append_without(std::string& out, const events::AttributeValue& value,
                    std::span<const Exclusion> exclusions);

}  // namespace streamonce::handler::views
