// handler/views/expression_checker.h: holds the rules of expressions, and looks for what cannot be
// meant: a check that is false for every item, a value that no item gives.
//
// Threads: one thread's. Borrows: the select, and the report that is written to.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "handler/views/function_names.h"
#include "handler/views/report.h"
#include "handler/views/syntax.h"

namespace streamonce::handler::views {

/// Whether `expression` is COUNT or SUM.
bool is_aggregate(const Expression& expression);

class ExpressionChecker {
 public:
  ExpressionChecker(const Select& select, Report& report) : select_(select), report_(report) {}

  /// Checks an item of SELECT. An aggregate may stand here, alone, if there is a GROUP BY.
  void check_item(const Expression& expression);
  void check_where(const Expression& condition);
  void check_group_by(const Expression& expression);

 private:
  enum class Role : std::uint8_t { kValue, kCondition };

  void check(const Expression& expression, Role role);
  void check_aggregate(const Expression& aggregate);
  void check_path(const Expression& path);
  void check_call(const Expression& call);
  void check_unknown_call(const Expression& call);
  void check_argument_types(const Expression& call, Function function);
  void check_operands(const Expression& expression);
  void check_quotes(const Expression& expression);
  void check_case(const Expression& expression);
  void check_condition_type(const Expression& expression);
  void check_comparison(const Expression& expression);
  void check_order(const Expression& expression);
  void check_between(const Expression& expression);
  void check_in(const Expression& expression);
  void check_joined(const Expression& expression);
  void check_numbers(const Expression& expression);
  void warn_never(const Expression& expression, std::string_view why);

  const Select& select_;
  Report& report_;
  /// Why an aggregate cannot stand where the check is at.
  std::string_view no_aggregate_;
};

}  // namespace streamonce::handler::views
