// tests/support/conditions.h: conditions and items drawn at random, for tests that ask DynamoDB
// what it makes of them.
//
// A condition is a tree of the view language (handler/views/language/syntax.h). It is printed as
// the WHERE of a view, which is PartiQL's, too, and as a filter expression with its names and
// values apart.
//
// DynamoDB refuses some conditions that a view takes: those that hold an operand against itself, or
// have a literal where it sees no sense in one. Each has an equal that it takes, over items with
// twins of their attributes, and with all literals that are drawn.
//
// Threads: one thread at a time. Ownership: trees view what is there up to the end of the program.

#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "handler/views/language/syntax.h"
#include "tests/simulation/random.h"

namespace streamonce::testing {

/// As in a request of Scan.
struct FilterExpression {
  std::string text;
  nlohmann::json names = nlohmann::json::object();
  nlohmann::json values = nlohmann::json::object();
};

/// An item whose key `pk` is the text `key`.
nlohmann::json draw_item(simulation::Random& random, const std::string& key);

/// `item` with what with_attributes_only() needs.
nlohmann::json with_literals(nlohmann::json item);

handler::views::Expression draw_condition(simulation::Random& random);

/// A condition that means the same over items with literals: all literals in it are attributes, and
/// no operand is the same as the first one beside it.
handler::views::Expression with_attributes_only(const handler::views::Expression& condition);

/// `condition` as text behind WHERE.
std::string where_text(const handler::views::Expression& condition);

FilterExpression filter_expression(const handler::views::Expression& condition);

}  // namespace streamonce::testing
