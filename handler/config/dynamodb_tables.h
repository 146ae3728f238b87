// handler/config/dynamodb_tables.h: the rules of the tables that settings name for DynamoDB.
//
// A table is named by its name, which stands for one of the caller's own account and Region, or by
// its ARN. A transaction writes tables of one account and Region only, and whose a bare name is can
// not be known at a start: so all tables of a pipeline are named in the same way.
//
// Source:  DynamoDB API reference, TransactWriteItems: no tables in different accounts or Regions;
//          DynamoDB developer guide, "Cross-account access with resource-based policies": a name
//          stands for a table of the caller's account.
// Threads: pure functions.

#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::handler {

/// Whether `table` can be the name or the ARN of a table.
/// @param source  words that name in the message where it comes from
/// @error kInvalidArgument  it cannot; the message says what was found and expected
Status check_table(const std::string& source, std::string_view table);

/// Why no transaction can write `table` and `other`, which check_table() has taken, as a predicate
/// whose subject is `table`; empty: one can.
/// @param other_words  as in `the ledger`
std::string why_apart(std::string_view table, std::string_view other, std::string_view other_words);

}  // namespace streamonce::handler
