// tests/support/target_under_test.h: each kind of target, empty and real, behind one face: for
// tests that every target must pass alike.
//
// Threads: one thread at a time; opened targets may be used in threads of their own.

#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/http/http.h"
#include "tests/support/dynamodb_local.h"

namespace streamonce::testing {

/// A target and what it borrows.
struct OpenedTarget {
  std::unique_ptr<runtime::HttpTransport> transport;
  std::unique_ptr<handler::Target> target;
};

class TargetUnderTest {
 public:
  /// Name and type (S, N or B) of each key attribute.
  using Key = std::vector<std::pair<std::string, std::string>>;

  virtual ~TargetUnderTest() = default;

  /// Creates the target for items of the table `orders`, whose key has these attributes. Called
  /// first, once.
  virtual void create(const Key& key) = 0;
  /// Opens the target once more, as another process or another thread would.
  virtual OpenedTarget open(Clock& clock, Logger& logger) = 0;
  /// The variables that the binary's environment must have to use the target.
  virtual std::vector<std::string> environment() const = 0;
  /// The table that is to be written; empty: the source table's name.
  virtual std::string table() const = 0;
  /// All items, sorted, without the marks that they may have.
  virtual std::vector<nlohmann::json> items() = 0;
  /// How many source items have a mark, wherever it is.
  virtual std::size_t marks() = 0;
};

std::unique_ptr<TargetUnderTest> make_sqlite_under_test();
/// Makes one on a DynamoDB Local of the test process's own, which the first call starts.
std::unique_ptr<TargetUnderTest> make_dynamodb_under_test();
/// Makes one of `kind`, which is `sqlite`, `dynamodb`, or `items`, which is DynamoDB with marks in
/// the items.
std::unique_ptr<TargetUnderTest> make_target_under_test(std::string_view kind);

/// The server of make_dynamodb_under_test().
DynamoDbLocal& shared_dynamodb_local();

}  // namespace streamonce::testing
