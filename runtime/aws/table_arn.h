// runtime/aws/table_arn.h: a table of DynamoDB as requests name it: by its name, which stands for
// one of the caller's own account and Region, or by its ARN, which may be of any.
//
// Source:  Service Authorization Reference, DynamoDB: arn:PARTITION:dynamodb:REGION:ACCOUNT:table/
//          TABLE; DynamoDB API reference, TransactWriteItems and BatchGetItem, TableName.
// Threads: a value and pure functions.

#pragma once

#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::aws {

/// What the ARN of a table says. Borrows its text.
struct TableArn {
  std::string_view region;
  std::string_view account;
  std::string_view table;  ///< the table's name

  /// @error kInvalidArgument  `text` is malformed, or the ARN of something else, as of a stream:
  ///                          the message is a predicate, `is an ARN of the service "s3": ...`,
  ///                          with what is expected instead
  static Result<TableArn> parse(std::string_view text);
};

/// Whether a request may name a table so: by a name, see is_table_name(), or by an ARN.
bool is_table(std::string_view text);

/// The name of the table that `table` names, if is_table(table).
std::string_view name_of_table(std::string_view table);

}  // namespace streamonce::aws
