// handler/views/language/expression_reader.h: reads expressions, token by token.
//
// From loose to tight: OR; AND; NOT; comparisons, BETWEEN, IN and IS, which do not chain; ||;
// + and -; *; unary -. A `-` right before a number is the number's sign.
//
// Threads: one thread's. Borrows: the tokens, and the memory that what is read lies in.

#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "handler/views/language/syntax.h"
#include "handler/views/language/token_stream.h"

namespace streamonce::handler::views {

class ExpressionReader {
 public:
  ExpressionReader(TokenStream& tokens, TreeMemory& memory) : tokens_(tokens), memory_(memory) {}

  /// Reads an expression. Where the statement is stopped, it is good for nothing.
  Expression read();
  /// Reads a path: a name, and its steps.
  std::span<const PathStep> read_path();
  /// Reads a name. A text in single quotes, or a word of the language's own, is none.
  /// @param wanted  what the name is of, for the message
  Name read_name(std::string_view wanted);

 private:
  /// An expression, and how deep it is: brackets count, too. While it is read, its operands are
  /// the last of pending_, from a place on.
  struct Node {
    Expression expression;
    int levels = 1;
    std::size_t first_operand = 0;
  };

  Node read_or();
  Node read_and();
  Node read_not();
  Node read_comparison();
  void read_comparison_of(Node& left);
  Node read_between(const Node& value, Place place);
  Node read_in(const Node& value);
  Node read_is(const Node& value);
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
  void read_elements(Node& list, const Terminal& close);
  void read_arguments(Node& call);
  PathStep read_index();
  void pass_distinct();
  bool begins_subquery() const;

  /// A node without operands as yet. Others that are begun behind it are finished before it is.
  Node begin(ExpressionKind kind, Place place) const {
    return {{.kind = kind, .place = place}, 1, pending_.size()};
  }
  Node take_leaf(ExpressionKind kind);
  Node join(ExpressionKind kind, const Node& left, const Node& right);
  /// Adds an operand, unless there are too many.
  void add(Node& parent, const Node& child);
  /// The operands that `parent` has until now.
  std::span<const Expression> operands_of(const Node& parent) const {
    return std::span(pending_).subspan(parent.first_operand);
  }
  /// Gives `parent` the operands that were added: nothing is added to it from now on.
  void finish(Node& parent);
  /// Goes one level down, to where only brackets and the like lead: what may not be without end.
  void open();
  void close() { --open_; }
  void check_levels(const Node& node);

  TokenStream& tokens_;
  TreeMemory& memory_;
  std::vector<Expression> pending_;  // operands of all nodes that are begun and not finished
  std::vector<PathStep> steps_;      // of the path that is read
  int open_ = 0;
};

}  // namespace streamonce::handler::views
