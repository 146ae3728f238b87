// handler/services/table_reader.h: tables of DynamoDB, as somebody asks what they are like.
//
// Threads: one thread at a time.

#pragma once

#include <string_view>

#include "handler/services/dynamodb_tables.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

class TableReader {
 public:
  virtual ~TableReader() = default;

  /// What the service says of `table`, a name or an ARN. Returns by `deadline`.
  /// @error any code  it cannot be asked, or says no; the message names the table and the reason
  virtual Result<dynamodb_tables::TableDescription> describe(std::string_view table,
                                                             SteadyTime deadline) = 0;
};

}  // namespace streamonce::handler
