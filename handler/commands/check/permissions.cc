#include "handler/commands/check/permissions.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "handler/commands/check/lines.h"
#include "runtime/base/arn.h"

namespace streamonce::handler::check {
namespace {

/// `words`, and the tables that they stand for where ARNs name these, so that a policy can be made
/// of them.
std::string with_arns(std::string words, const std::vector<std::string>& tables) {
  const bool are_arns = std::any_of(tables.begin(), tables.end(), begins_as_arn);
  return are_arns ? words.append(" (").append(joined(tables, ", ")).append(")") : words;
}

/// The tables whose rows are added up.
std::vector<std::string> added_tables(const Report& report) {
  std::vector<std::string> tables;
  for (std::size_t i = 0; i < report.file.view_tables.size(); ++i)
    if (report.file.views.views[i].separation == views::Separation::kGroups)
      tables.push_back(report.file.view_tables[i]);
  return tables;
}

}  // namespace

std::string permissions_text(const Report& report) {
  const Settings& settings = report.settings.settings;
  const std::string ledger = with_arns("the ledger", {settings.ledger});
  const std::string written = report.has_views
                                  ? with_arns("the views' tables", report.file.view_tables)
                                  : with_arns("the target", {settings.target.name});
  std::string text;
  if (settings.marks.are_in_items()) {
    text =
        "dynamodb:PutItem, also outside of transactions, and dynamodb:DeleteItem and "
        "dynamodb:Scan on " +
        written;
    text += report.has_views ? ", and dynamodb:BatchGetItem there"
                             : ", and dynamodb:BatchGetItem there for a dry run";
    text += "; dynamodb:PutItem, dynamodb:ConditionCheckItem and dynamodb:BatchGetItem on ";
  } else {
    text = "dynamodb:PutItem and dynamodb:DeleteItem on " + written;
    text += "; dynamodb:PutItem and dynamodb:BatchGetItem on ";
  }
  text += ledger;
  if (const std::vector<std::string> added = added_tables(report); !added.empty())
    text += "; dynamodb:UpdateItem on what adds up: " + joined(added, ", ");
  if (!settings.role.arn.empty())
    text += "; all for the role, and sts:AssumeRole on it for whoever this program runs as";
  return text;
}

}  // namespace streamonce::handler::check
