// handler/targets/sqlite/database.h: a connection to one SQLite file, and statements on it.
//
// Errors carry SQLite's own message and extended result code. Their code says what they mean:
//   kTimeout          another connection held the file for too long
//   kInvalidArgument  the path or file is no good: absent, not writable, not a database, corrupt
//   kUnavailable      the disk is full or failed, or memory is short
//   kRejected         anything else: SQLite refuses the statement
//
// Source:    SQLite documentation: "C/C++ Interface", "Result and Error Codes", "Write-Ahead
//            Logging".
// Threads:   one thread at a time for a database and all its statements.
// Ownership: statements must go before their database. Borrows: clock, which must outlive it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace streamonce::handler::sqlite {

/// A prepared statement, to be run many times. Parameters and columns count as SQLite counts them:
/// parameters from 1, columns from 0.
class Statement {
 public:
  /// Binds a value. Texts and blobs are borrowed until the run has ended, or until reset().
  void bind_text(int parameter, std::string_view text);
  void bind_blob(int parameter, std::string_view bytes);
  void bind_integer(int parameter, std::int64_t number);
  void bind_integer(int parameter, std::optional<std::int64_t> number);  ///< none: NULL

  /// Runs a statement that has no rows, or whose rows nobody needs.
  Status run();

  /// @return true: there is a (further) row; false: there is none, and the statement is reset
  Result<bool> step();
  /// A column of the row that step() has reached; a text is valid until the statement is
  /// stepped, run or reset. NULL is an empty text, or 0.
  std::string_view text(int column) const;
  std::int64_t integer(int column) const;
  /// How many columns the row has.
  int columns() const;
  /// The place of the row's first column of this name; none: it has none.
  std::optional<int> column_named(std::string_view name) const;

  /// Ends the run, wherever it stands, and forgets what was bound.
  void reset();

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// How to read a file that must not be changed, and neither must the files beside it.
enum class ReadWay : std::uint8_t {
  /// The file has no write-ahead log and nobody changes it meanwhile, which is for the caller to
  /// see to: no lock is taken.
  kAlone,
  /// The file's write-ahead log and shared memory are there, and others may be writing.
  kShared,
};

/// Whether a database at `path` could be used at all, there or not.
/// @error kInvalidArgument  no path of a file, or one on a network file system
Status check_path(const std::string& path);

class Database {
 public:
  /// Opens the file, or creates it, with a write-ahead log that is synced at each COMMIT. Waits for
  /// other connections until `deadline`.
  ///
  /// A relative path is relative to the current folder, whatever it looks like: no URI is taken.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Clock& clock,
                                                SteadyTime deadline);
  /// Opens a file that is there, for reading only: nothing is created, changed or left behind.
  static Result<std::unique_ptr<Database>> open_read_only(const std::string& path, ReadWay way,
                                                          Clock& clock, SteadyTime deadline);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Sets until when a statement waits for other connections that hold the file.
  void set_busy_deadline(SteadyTime deadline) { busy_deadline_ = deadline; }

  Result<Statement> prepare(std::string_view sql);
  /// Runs one or more statements that have no parameters, rows ignored.
  Status execute(const std::string& sql);

  /// Whether BEGIN was run and neither COMMIT nor ROLLBACK was, nor a failure that SQLite answers
  /// with a rollback of the whole transaction.
  bool in_transaction() const;
  /// Gives the memory of cached pages back if there are many: the next event needs it before any
  /// page is read again. Does nothing after expect_many_batches().
  void shrink_cache();
  /// Sets the connection up for batches that follow each other: pages stay in memory, and the log
  /// goes into the file less often, so that a page that many batches touch is written there once.
  /// Each COMMIT is as durable as ever; the log grows to 64 MB.
  Status expect_many_batches();
  /// How many rows the latest INSERT, UPDATE or DELETE changed, its triggers apart.
  std::int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Database(Clock& clock, SteadyTime deadline) : clock_(clock), busy_deadline_(deadline) {}

  static int on_busy(void* database, int attempts);
  /// Sleeps a little before the next attempt. @return false: the deadline forbids another one
  bool wait(int attempts);
  Status open_file(const std::string& name, int flags);
  Status configure();
  Status configure_writing();
  Status use_write_ahead_log();

  Clock& clock_;
  SteadyTime busy_deadline_;
  bool keeps_cache_ = false;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// Whether a file system of this type (statfs, f_type) is one of a network's, where the shared
/// memory that a write-ahead log needs does not reach the other machines.
/// Source: SQLite, "Write-Ahead Logging", disadvantages; linux/magic.h.
bool is_network_file_system(std::uint32_t type);

}  // namespace streamonce::handler::sqlite
