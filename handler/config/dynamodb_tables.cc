#include "handler/config/dynamodb_tables.h"

#include <utility>

#include "runtime/aws/dynamodb_names.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/arn.h"
#include "runtime/base/text.h"

namespace streamonce::handler {
namespace {

using aws::TableArn;

std::string place_of(const TableArn& arn) {
  return "the account " + std::string(arn.account) + " and the Region " + std::string(arn.region);
}

/// The ARN that the table of the name `name` has if it is beside the table of the ARN `beside`.
std::string arn_beside(std::string_view beside, std::string_view name) {
  return std::string(beside.substr(0, beside.find('/') + 1)).append(name);
}

}  // namespace

Status check_table(const std::string& source, std::string_view table) {
  if (begins_as_arn(table)) {
    auto arn = TableArn::parse(table);
    if (arn) return {};
    return invalid_argument(source + ": " + in_quotes(table) + " " + arn.error().message);
  }
  if (aws::is_table_name(table)) return {};
  return invalid_argument(source + ": " + in_quotes(table) +
                          " is no name of a DynamoDB table: expected 3 to 255 of a-z A-Z 0-9 _ - "
                          "., or the ARN of the table");
}

std::string why_apart(std::string_view table, std::string_view other,
                      std::string_view other_words) {
  const bool is_arn = begins_as_arn(table);
  if (is_arn != begins_as_arn(other)) {
    constexpr std::string_view kName =
        "a name, which stands for a table of the caller's own account and Region";
    const std::string words(other_words);
    std::string text =
        is_arn ? "is an ARN, and " + words + ", " + in_quotes(other) + ", is " : "is ";
    text += kName;
    text += is_arn ? ": name " + words + " by its ARN too, as "
                   : ", and " + words + " is named by its ARN: expected an ARN too, as ";
    return text += is_arn ? arn_beside(table, other) : arn_beside(other, table);
  }
  if (!is_arn) return {};
  const TableArn here = TableArn::parse(table).value();
  const TableArn there = TableArn::parse(other).value();
  if (here.account == there.account && here.region == there.region) return {};
  return "is in " + place_of(here) + ", and " + std::string(other_words) + " in " +
         place_of(there) +
         ": a transaction writes tables of one account and Region only: expected " + "both in one";
}

}  // namespace streamonce::handler
