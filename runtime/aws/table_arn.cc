#include "runtime/aws/table_arn.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "runtime/aws/dynamodb_names.h"
#include "runtime/aws/endpoint.h"
#include "runtime/base/arn.h"
#include "runtime/base/text.h"

namespace streamonce::aws {
namespace {

constexpr std::string_view kExpected = ": expected arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE";
constexpr std::string_view kTable = "table/";

Error refused(std::string what) {
  return invalid_argument(what.append(kExpected));
}

/// Why the part behind the last colon of `text` is no table; empty: it is one.
std::string why_no_table(std::string_view text, std::string_view resource) {
  if (!resource.starts_with(kTable)) return "is not the ARN of a table" + std::string(kExpected);
  const std::string_view name =
      resource.substr(kTable.size(), resource.find('/', kTable.size()) - kTable.size());
  if (!is_table_name(name)) {
    return "has " + quoted_excerpt(name) +
           " for the name of a table: expected 3 to 255 of a-z A-Z 0-9 _ - .";
  }
  const std::string_view rest = resource.substr(kTable.size() + name.size());
  if (rest.empty()) return {};
  const std::string_view kind = rest.substr(1, rest.find('/', 1) - 1);
  return "is the ARN of the " + quoted_excerpt(kind) +
         " of a table: expected that of the table itself, " +
         std::string(text.substr(0, text.size() - rest.size()));
}

}  // namespace

Result<TableArn> TableArn::parse(std::string_view text) {
  const auto arn = Arn::split(text);
  if (!arn) return refused("is not the ARN of a table");
  if (arn->service != "dynamodb")
    return refused("is an ARN of the service " + quoted_excerpt(arn->service));
  if (!Region::parse(arn->region))
    return refused("has " + quoted_excerpt(arn->region) + " for a Region");
  if (const std::string_view partition = partition_of(arn->region); arn->partition != partition) {
    return refused("has the partition " + quoted_excerpt(arn->partition) + ", and the Region " +
                   std::string(arn->region) + " is one of " + std::string(partition));
  }
  if (!is_account(arn->account))
    return refused("has " + quoted_excerpt(arn->account) + " for an account, which has 12 digits");
  if (std::string why = why_no_table(text, arn->resource); !why.empty())
    return invalid_argument(std::move(why));
  return TableArn{
      .region = arn->region, .account = arn->account, .table = arn->resource.substr(kTable.size())};
}

bool is_table(std::string_view text) {
  return begins_as_arn(text) ? TableArn::parse(text).has_value() : is_table_name(text);
}

std::string_view name_of_table(std::string_view table) {
  return begins_as_arn(table) ? table.substr(table.find('/') + 1) : table;
}

}  // namespace streamonce::aws
