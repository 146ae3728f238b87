// handler/targets/sqlite/sqlite_target.h: applies commits to tables of one SQLite file, the ledger
// with them.
//
// The file holds
//
//     _streamonce_ledger(id TEXT PRIMARY KEY, v TEXT NOT NULL, op TEXT NOT NULL, at INTEGER,
//                        ttl INTEGER [, r TEXT, w TEXT]) WITHOUT ROWID
//
// and, for each table that is written, an ordinary table of that name, which is created when it is
// first needed: the key columns and `item`, the whole item as DynamoDB JSON (see target_table.h).
// Anybody may read it at any time; indexes, views, triggers and generated columns of your own do no
// harm. Which key each table has is kept in `_streamonce_tables`, since its columns do not tell it
// all.
//
// A change whose key is of another shape than its table's has failed, and the others go on. A table
// that is created, or has no rows, gets the shape of most changes of the batch: see usual_keys.h. A
// removal from such a table writes its mark and nothing else.
//
// A call of commit() is one transaction with a savepoint for each commit, so that one failure takes
// nothing away from the others. A row with an owner is read before it is written: see Write::owner.
// So is a row that numbers are added to, by exact decimals and never by SQLite: see added_item.h.
// The journal is a write-ahead log that is synced before commit() returns. Several processes may
// work on one file, if all run on the machine that has it on its own disk: the write-ahead log
// needs shared memory, so network file systems are refused.
//
// Source:  SQLite documentation: Write-Ahead Logging, Savepoints, UPSERT, Result and Error Codes.
// Threads: one thread at a time; two targets, in two threads or two processes, may share a file. A
//          target must not be carried over a fork(). Borrows: clock, logger; they must outlive it.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/targets/sqlite/database.h"
#include "handler/targets/sqlite/ledger.h"
#include "handler/targets/sqlite/target_table.h"
#include "handler/targets/sqlite/usual_keys.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

enum class Access : std::uint8_t {
  kReadWrite,
  kReadOnly,  ///< marks can be read, and nothing is created or changed: see read_only_target.h
};

struct SqliteOptions {
  std::string path;  ///< the database file, which is created if it is absent; its folder is not
  /// How long create() waits for another process that holds the file. Lambda grants 10 s for all
  /// of a function's start.
  std::chrono::milliseconds open_timeout{5000};
  Access access = Access::kReadWrite;
  /// Whether many batches follow each other: see Database::expect_many_batches().
  bool has_many_batches = false;
};

class SqliteTarget final : public Target {
 public:
  /// Opens or creates the file and its ledger; for Access::kReadOnly, looks at them if they are
  /// there, and makes a ReadOnlyTarget.
  /// @error kInvalidArgument  the path names no file that can be opened and written, or the file is
  ///                          not a database, or its ledger has other columns
  /// @error kTimeout          another process held the file for all of `open_timeout`
  /// @error kUnavailable      a disk error, or a full disk
  static Result<std::unique_ptr<Target>> create(const SqliteOptions& options, Clock& clock,
                                                Logger& logger);
  SqliteTarget(const SqliteTarget&) = delete;
  SqliteTarget& operator=(const SqliteTarget&) = delete;

  /// Does what Target says. Waits for another process that writes, until shortly before `deadline`.
  /// Applies commits in the order of the span, each after the one before it has ended. If the
  /// transaction as a whole fails, so does every commit but those that had nothing to do.
  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override;

  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override;

 private:
  /// The parts of a transaction, prepared.
  struct TransactionStatements {
    static Result<TransactionStatements> prepare(Database& database);

    Statement begin;
    Statement savepoint;
    Statement release;
    Statement undo;  ///< goes back to the savepoint, which stays
    Statement commit;
    Statement data_version;
  };

  /// Where a row is.
  struct RowPlace {
    explicit RowPlace(const Write& write);
    explicit RowPlace(const Addition& addition);

    std::string_view table;
    const events::ItemKey& key;
    bool may_be_made;  ///< whether the row is there from now on
  };

  SqliteTarget(std::unique_ptr<Database> database, Ledger ledger, TransactionStatements statements,
               Clock& clock, Logger& logger);

  Status begin();
  Status apply_all(std::span<const Commit> commits, std::span<Outcome> outcomes,
                   SteadyTime stop_at);
  Status apply(const Commit& commit, Outcome& outcome);
  Result<Outcome> try_apply(const Commit& commit);
  Outcome write_all(std::span<const Write> writes);
  Outcome write(const Write& write);
  Result<Outcome> try_write(const Write& write);
  Outcome add_all(std::span<const Addition> additions);
  Status add(const Addition& addition);
  Status undo();
  Result<bool> has_items(const RowPlace& row);
  bool is_usual(const RowPlace& row);
  Result<TargetTable*> table_for(const RowPlace& row);
  Result<TargetTable> open_table(const RowPlace& row);
  void purge_marks(std::span<const Commit> commits);
  void roll_back();

  const std::unique_ptr<Database> database_;  // destroyed last, after the statements on it
  Ledger ledger_;
  TransactionStatements statements_;
  std::map<std::string, TargetTable, std::less<>> tables_;  // by name
  std::int64_t data_version_ = 0;  // changes when another connection has written to the file
  bool table_noted_ = false;       // whether the savepoint undoes a key
  UsualKeys usual_keys_;           // the usual keys of the batch in hand
  TypesByTable told_by_table_;     // found in the transaction in hand
  Clock& clock_;
  Logger& logger_;
};

}  // namespace streamonce::handler::sqlite
