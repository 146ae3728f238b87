// handler/targets/sqlite/sqlite_key_scanner.h: walks through the tables of one SQLite file.
//
// It has a connection of its own, which is open for the time of one page only: no snapshot is held,
// so that the write-ahead log can go on into the file meanwhile.
//
// Source:  SQLite documentation, "Rowid Tables" and "Write-Ahead Logging".
// Threads: one thread at a time. Borrows: clock; it must outlive the scanner and its walks.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "handler/targets/key_scan.h"
#include "handler/targets/sqlite/sqlite_target.h"
#include "runtime/base/clock.h"

namespace streamonce::handler::sqlite {

class SqliteKeyScanner final : public KeyScanner {
 public:
  /// @param access  kReadOnly: nothing is created or changed, a file that is absent has no rows,
  ///                and what others write meanwhile may make a page an error
  SqliteKeyScanner(std::string path, Access access, Clock& clock)
      : path_(std::move(path)),
        access_(access),
        clock_(clock) {}

  std::unique_ptr<KeyScan> rows(std::string table, std::vector<std::string> key_names) override;
  std::unique_ptr<KeyScan> entries(std::string prefix, const events::Version& below) override;
  std::unique_ptr<EntryScan> contents(std::string prefix) override;
  std::unique_ptr<KeyScan> marks_of(std::string_view source) override;

 private:
  const std::string path_;
  const Access access_;
  Clock& clock_;
};

}  // namespace streamonce::handler::sqlite
