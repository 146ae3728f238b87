// handler/views/rules/view_checker.h: holds the rules of one view, and classifies it.
//
// Threads: one thread's. Borrows: the statement, the source, and the report that is written to.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "handler/views/language/report.h"
#include "handler/views/language/syntax.h"
#include "handler/views/rules/expression_checker.h"
#include "handler/views/rules/views.h"

namespace streamonce::handler::views {

class ViewChecker {
 public:
  /// @param sources  all sources of the text
  /// @param source   the view's own. Null: it is not known, so that rules of keys are not held
  ViewChecker(const ViewStatement& statement, const std::vector<Source>& sources,
              const Source* source, Report& report);

  /// Checks the view, and writes to `view` what it says. Without a fault, its class and separation,
  /// too. View::source and View::select are not touched.
  void check(View& view);

 private:
  void check_key_names();
  void check_unnest();
  void check_alias(const Name& alias, std::string_view other, std::string_view what);
  void check_items();
  void check_star(const SelectItem& star);
  void check_name(const SelectItem& item);
  void check_names_twice();
  void check_key_given();
  void check_key_type(const Name& name, const Expression& expression);
  void check_own_key();
  void check_grouping();
  void check_group_expressions();
  std::string hint_of_group_key(const Expression& expression) const;
  void check_options(const View& view);
  void check_added(std::string_view attribute, std::string_view option, Place place);
  Place place_of_option(std::string_view option) const;
  void classify(View& view);
  bool is_key_name(std::string_view name) const;

  const ViewStatement& statement_;
  const Select& select_;
  const std::vector<Source>& sources_;
  const Source* source_;
  Report& report_;
  ExpressionChecker expressions_;
};

}  // namespace streamonce::handler::views
