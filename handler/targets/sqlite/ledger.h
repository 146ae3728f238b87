// handler/targets/sqlite/ledger.h: the marks, in a table of the same file as the items.
//
//     _streamonce_ledger(id TEXT PRIMARY KEY, v TEXT NOT NULL, op TEXT NOT NULL, at INTEGER,
//                        ttl INTEGER [, r TEXT, w TEXT]) WITHOUT ROWID
//
// The columns `r` and `w`, of an entry's nonce and content, are added for the first commit that has
// content or has seen an entry: the file of a mirror never gets them, and an earlier version of
// this program goes on with it. Such a version refuses a file that has them. See
// handler/targets/mark.h.
//
// Source:  SQLite documentation: UPSERT, WITHOUT ROWID.
// Threads: one thread at a time, as the database. Borrows: database; it must outlive the ledger.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
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

/// @return whether the file has the table of the marks, with or without the columns for content
/// @error kRejected  the file has a table of this name with other columns
Result<bool> has_ledger(Database& database);

/// @return whether it has the columns for content, too
/// @error as has_ledger()
Result<bool> has_contents(Database& database);

/// Finds marks, and writes nothing.
class MarkFinder {
 public:
  /// Prepares to find marks in a file that has the table.
  static Result<MarkFinder> open(Database& database);

  /// @error kProtocol  as Target::read_marks() says
  MarkResult find(std::string_view ledger_id, Reading reading);

  /// One result for each id, in their order. What is not found by `deadline` is an error.
  std::vector<MarkResult> find_all(std::span<const MarkPlace> places, Reading reading,
                                   const Clock& clock, SteadyTime deadline);

 private:
  explicit MarkFinder(Statement entry) : entry_(std::move(entry)) {}

  Statement entry_;
};

class Ledger {
 public:
  /// Creates the table if it is absent. After an error, the database is to be closed.
  /// @error kRejected  the file has a table of this name with other columns
  static Result<Ledger> open(Database& database);

  /// Adds the columns that an entry of `commit` needs, within the transaction in hand, if they are
  /// not there. To be called outside of a savepoint; forget() is to be called if the transaction
  /// does not last.
  Status make_room(const Commit& commit);
  void forget() { put_whole_.reset(); }

  /// Writes the mark of `commit`, if its condition holds; there must be room for it.
  /// @return kApplied: the mark is written; otherwise it is not, and for kChanged Outcome::found
  ///         and Outcome::reason are set as well
  Result<Outcome> mark(const Commit& commit);

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

  Status put_whole(const Commit& commit);

  Database* database_;
  MarkStatements statements_;
  std::optional<Statement>
      put_whole_;  // prepared once the columns for content are known to be there
};

}  // namespace streamonce::handler::sqlite
