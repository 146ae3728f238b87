// tests/support/condition_expression.h: the conditions of writes, as DynamoDB evaluates them: for
// services in memory.
//
// It knows what this program has ever sent: attribute_exists and attribute_not_exists, comparisons
// of attributes with values, AND, OR, NOT and brackets, over attributes of the top level. Values
// that have an order are strings. As the service does, it refuses names and values that are given
// and not used, or used and not given.
//
// Source:  DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
// Threads: pure functions.

#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace streamonce::testing {

/// Whether the condition of `write` holds, which is a Put, a Delete, a ConditionCheck or an Update
/// of a transaction, or a request of PutItem; without a ConditionExpression it does.
/// @param there  the item that is there; null: there is none
/// @return none: it is malformed, lacks a name or a value, or is one that is not known here
std::optional<bool> condition_holds(const nlohmann::json& write, const nlohmann::json* there);

}  // namespace streamonce::testing
