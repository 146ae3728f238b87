// handler/targets/sqlite/position_table.h: positions of followed shards, in a table beside the
// ledger, in the same file.
//
//     _streamonce_positions(id TEXT PRIMARY KEY, p TEXT NOT NULL, at INTEGER) WITHOUT ROWID
//
// The id is position_id(), `p` the position's text, and `at` the time of its writing. The table is
// there only once a stream was followed into the file. It is a connection of its own: nothing of
// the target's transaction is open while positions are read or written.
//
// Source:  SQLite documentation: UPSERT, WITHOUT ROWID.
// Threads: one thread at a time. Borrows: clock; it must outlive the object.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "handler/targets/position_store.h"
#include "handler/targets/sqlite/database.h"
#include "handler/targets/sqlite/sqlite_target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

struct PositionTableOptions {
  std::string path;                              ///< as SqliteOptions::path
  std::string pipeline;                          ///< as in ledger ids
  std::string stream_arn;                        ///< of the stream that is followed
  std::chrono::milliseconds open_timeout{5000};  ///< as SqliteOptions::open_timeout
  Access access = Access::kReadWrite;
};

class PositionTable final : public PositionStore {
 public:
  /// Opens or creates the file and the table. For Access::kReadOnly nothing is created: where there
  /// is none, there are no positions; nothing may be saved.
  /// @error as SqliteTarget::create(), of the table of positions
  static Result<std::unique_ptr<PositionStore>> open(PositionTableOptions options, Clock& clock);

  Result<std::vector<std::optional<Position>>> load(std::span<const std::string> shards,
                                                    SteadyTime deadline) override;
  Status save(std::span<const ShardPosition> positions, SteadyTime deadline) override;
  Status forget(std::span<const std::string> shards, SteadyTime deadline) override;

 private:
  struct Statements {
    Statement find;
    Statement put;
    Statement remove;
  };

  PositionTable(PositionTableOptions options, std::unique_ptr<Database> database,
                Statements statements, Clock& clock);

  /// Runs `write` in a transaction of its own.
  template <class Write>
  Status in_transaction(SteadyTime deadline, Write write);
  std::string id_of(const std::string& shard) const;

  const PositionTableOptions options_;
  const std::unique_ptr<Database> database_;  // destroyed last, after the statements on it
  Statements statements_;
  Clock& clock_;
};

}  // namespace streamonce::handler::sqlite
