// handler/targets/sqlite/ledger.h: the marks, in a table of the same file as the items.
//
// Source:  SQLite documentation: UPSERT, WITHOUT ROWID.
// Threads: one thread at a time, as the database. Borrows: database; it must outlive the ledger.

#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/targets/sqlite/database.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

inline constexpr const char* kLedgerTable = "_streamonce_ledger";

/// How long a mark stays after its ttl: a record that was young enough when another process planned
/// it must find its mark when that process commits. This is far more than the longest invocation
/// (15 minutes) and a clock that is wrong.
inline constexpr std::chrono::hours kPurgeDelay{1};

/// @return whether the file has the table of the marks
/// @error kRejected  the file has a table of this name with other columns
Result<bool> has_ledger(Database& database);

/// Finds marks, and writes nothing.
class MarkFinder {
 public:
  /// Prepares to find marks in a file that has the table.
  static Result<MarkFinder> open(Database& database);

  /// @error kProtocol  the mark holds no version
  MarkResult find(std::string_view ledger_id);

  /// One result for each id, in their order. What is not found by `deadline` is an error.
  std::vector<MarkResult> find_all(std::span<const std::string_view> ledger_ids, const Clock& clock,
                                   SteadyTime deadline);

 private:
  explicit MarkFinder(Statement version) : version_(std::move(version)) {}

  Statement version_;
};

class Ledger {
 public:
  /// Creates the table if it is absent. After an error, the database is to be closed.
  /// @error kRejected  the file has a table of this name with other columns
  static Result<Ledger> open(Database& database);

  /// Writes the mark of `commit`, if its version is above the mark that is there.
  /// @return kApplied: the mark is written; kAlreadyApplied or kStale: it was not above
  Result<CommitResult> mark(const Commit& commit);

  MarkFinder& marks() { return statements_.marks; }

  /// Removes up to `marks_max` marks whose ttl passed before `now` - kPurgeDelay. @return how many
  Result<std::int64_t> purge(WallTime now, std::int64_t marks_max);

 private:
  struct MarkStatements {
    Statement upsert;
    MarkFinder marks;
    Statement purge;
  };
  Ledger(Database& database, MarkStatements statements)
      : database_(&database),
        statements_(std::move(statements)) {}

  Database* database_;
  MarkStatements statements_;
};

}  // namespace streamonce::handler::sqlite
