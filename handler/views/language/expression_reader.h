// handler/views/language/expression_reader.h: reads expressions, token by token.
//
// From loose to tight: OR; AND; NOT; comparisons, BETWEEN, IN and IS, which do not chain; ||;
// + and -; *; unary -. A `-` right before a number is the number's sign.
//
// Threads: one thread's. Borrows: the tokens.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/views/language/syntax.h"
#include "handler/views/language/token_stream.h"

namespace streamonce::handler::views {

class ExpressionReader {
 public:
  explicit ExpressionReader(TokenStream& tokens) : tokens_(tokens) {}

  /// Reads an expression. Where the statement is stopped, it is good for nothing.
  Expression read();
  /// Reads a path: a name, and its steps.
  std::vector<PathStep> read_path();
  /// Reads a name. A text in single quotes, or a word of the language's own, is none.
  /// @param wanted  what the name is of, for the message
  Name read_name(std::string_view wanted);

 private:
  /// An expression, and how deep it is: brackets count, too.
  struct Node {
    Expression expression;
    int levels = 1;
  };

  Node read_or();
  Node read_and();
  Node read_not();
  Node read_comparison();
  void read_comparison_of(Node& left);
  Node read_between(Node&& value, Place place);
  Node read_in(Node&& value);
  Node read_is(Node&& value);
  Node read_concatenation();
  Node read_sum();
  Node read_product();
  Node read_negation();
  Node read_primary();
  Node read_word();
  Node read_number(std::string_view sign, Place place);
  Node read_brackets();
  Node read_call();
  Node read_aggregate(ExpressionKind kind, Place place);
  Node read_cast(Place place);
  Node read_case();
  Node read_literal();
  Node read_map();
  Node read_list();
  Node read_set();
  Node read_element();
  void read_elements(Node& list, std::string_view close);
  void read_arguments(Node& call);
  PathStep read_index();
  void pass_distinct();
  bool begins_subquery() const;

  static Node leaf(ExpressionKind kind, Place place) { return {{.kind = kind, .place = place}}; }
  Node take_leaf(ExpressionKind kind);
  Node join(ExpressionKind kind, Node&& left, Node&& right);
  /// Adds an operand, unless there are too many.
  void add(Node& parent, Node&& child);
  /// Goes one level down, to where only brackets and the like lead: what may not be without end.
  void open();
  void close() { --open_; }
  void check_levels(const Node& node);

  TokenStream& tokens_;
  int open_ = 0;
};

}  // namespace streamonce::handler::views
