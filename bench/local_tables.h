// bench/local_tables.h: tables of a DynamoDB Local.
//
// Needs:   libcurl initialised.
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::bench {

class LocalTables {
 public:
  explicit LocalTables(std::string endpoint_url);

  /// A table with the partition key `key`, a string.
  /// @error kRejected  the server refused; or as HttpTransport has them. So for the others.
  Result<std::size_t> create(const std::string& table, const std::string& key);
  /// The items of a table of a few, as a JSON array.
  Result<std::string> items(const std::string& table);
  /// How many items the table has.
  Result<std::size_t> count(const std::string& table);

 private:
  Result<std::string> call(std::string_view operation, std::string body);

  const std::string endpoint_url_;
  SystemClock clock_;
  const std::unique_ptr<runtime::HttpTransport> transport_;
};

}  // namespace streamonce::bench
