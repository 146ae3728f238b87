// handler/targets/sqlite/sqlite_items.h: items of the tables of one SQLite file.
//
// It has a connection of its own. Between two calls it holds no snapshot, so that a write-ahead log
// can go on into the file meanwhile. A table or file that is not there has no items, and nobody
// charges for reading. A row whose text is no item, since something else has written it, ends no
// walk: it comes as ItemScan::is_damaged() and ItemReader::read() have it.
//
// Source:  SQLite documentation, "Rowid Tables" and "Write-Ahead Logging".
// Threads: one thread at a time for the reader and its walks, which it must outlive. Borrows:
//          clock; it must outlive the reader.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_key.h"
#include "handler/items/item_reader.h"
#include "handler/targets/sqlite/database.h"
#include "handler/targets/sqlite/sqlite_target.h"
#include "handler/targets/sqlite/untouched_file.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

class SqliteItemReader final : public ItemReader {
 public:
  /// @param access  kReadOnly: nothing is created or changed, and the file is opened for each call:
  ///                see untouched_file.h. kReadWrite: it stays open from the first call on
  SqliteItemReader(std::string path, Access access, Clock& clock);

  std::unique_ptr<ItemScan> scan(std::string table, Segment segment,
                                 Consistency consistency) override;
  std::vector<Result<std::string_view>> read(std::string_view table,
                                             std::span<const events::ItemKey> keys,
                                             Consistency consistency, SteadyTime deadline) override;
  double read_units() const override { return 0; }
  bool has_segments() const override { return false; }

 private:
  class Walk;
  struct Reading;  // one call of read()

  /// Prepared statements that are kept as long as the file is open.
  struct KeptFind {
    std::string table;
    std::string key_shape;
    Statement statement;
  };

  /// Does `work` on the file. @return false: there is none, and `work` was not called
  Result<bool> with_database(const std::function<Status(Database&)>& work, SteadyTime deadline);
  Status read_all(Database& database, Reading& reading);
  Result<Statement*> find_for(Database& database, std::string_view table,
                              const events::ItemKey& key);
  Error at(Error error) const;

  const std::string path_;
  const Access access_;
  Clock& clock_;
  UntouchedFile untouched_;
  std::unique_ptr<Database> database_;  // null: not opened yet, or opened for each call
  std::optional<KeptFind> find_;        // of the file that is open
  std::string texts_;                   // the items of the latest read()
};

}  // namespace streamonce::handler::sqlite
