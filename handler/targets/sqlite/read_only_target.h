// handler/targets/sqlite/read_only_target.h: the marks of a SQLite file, read without leaving a
// trace.
//
// Nothing is created and no byte is changed, of the file or of those that SQLite keeps beside it.
// The file is looked at anew for each call, since its writers come and go:
//
//     no file, or an empty one       there are no marks
//     no write-ahead log beside it   nobody is at work: it is read without a lock, and once more if
//                                    it turns out to have been changed meanwhile
//     a log and its shared memory    it is read beside those who write
//     a log without shared memory,   a writer is about to come or go: it is waited for, and what
//     or a rollback journal          stays so is an error
//
// Where the last writer takes the log away in the very instant in which it is opened here, SQLite
// leaves an empty one behind, which means nothing and goes with the next writer.
//
// Source:  SQLite documentation: "Write-Ahead Logging", read-only databases; "URI Filenames",
//          immutable and readonly_shm.
// Threads: one thread at a time. Borrows: clock; it must outlive the target. The process must not
//          have the file open otherwise while nobody has a write-ahead log on it: POSIX drops all
//          locks of a process on a file when the process closes it once.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

class ReadOnlyTarget final : public Target {
 public:
  /// Looks at the file once, if it is there.
  /// @error kInvalidArgument  the folder is absent, or the path, the file or the ledger is no good
  /// @error kTimeout          no good moment came until `deadline`
  static Result<std::unique_ptr<Target>> create(const std::string& path, Clock& clock,
                                                SteadyTime deadline);

  /// Fails every commit.
  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override;

  std::vector<MarkResult> read_marks(std::span<const std::string_view> ledger_ids, Reading reading,
                                     SteadyTime deadline) override;

 private:
  ReadOnlyTarget(std::string path, Clock& clock) : path_(std::move(path)), clock_(clock) {}

  /// @return an error if no mark can be read, for one reason
  Result<std::vector<MarkResult>> try_read(std::span<const std::string_view> ledger_ids,
                                           Reading reading, SteadyTime deadline);

  const std::string path_;
  Clock& clock_;
};

}  // namespace streamonce::handler::sqlite
