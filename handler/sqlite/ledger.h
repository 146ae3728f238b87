// handler/sqlite/ledger.h: the marks, in a table of the same file as the items.
//
// Source:  SQLite documentation: UPSERT, WITHOUT ROWID.
// Threads: one thread at a time, as the database. Borrows: database; it must outlive the ledger.

#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "handler/sqlite/database.h"
#include "handler/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

inline constexpr const char* kLedgerTable = "_streamonce_ledger";

/// A mark goes so long after its ttl, and not before: a record that was young enough when another
/// process planned it must find its mark when that process commits. Far more than the longest
/// invocation (15 minutes) and a clock that is wrong.
inline constexpr std::chrono::hours kPurgeDelay{1};

class Ledger {
 public:
  /// Creates the table if it is absent. After an error, the database is to be closed.
  /// @error kRejected  the file has a table of this name with other columns
  static Result<Ledger> open(Database& database);

  /// Writes the mark of `commit`, if its version is above the mark that is there.
  /// @return kApplied: the mark is written; kAlreadyApplied or kStale: it was not above
  Result<CommitResult> mark(const Commit& commit);

  /// Removes up to `marks_max` marks whose ttl passed before `now` - kPurgeDelay. @return how many
  Result<std::int64_t> purge(WallTime now, std::int64_t marks_max);

 private:
  struct Statements {
    Statement upsert;
    Statement version;
    Statement purge;
  };
  Ledger(Database& database, Statements statements)
      : database_(&database),
        statements_(std::move(statements)) {}

  Database* database_;
  Statements statements_;
};

}  // namespace streamonce::handler::sqlite
