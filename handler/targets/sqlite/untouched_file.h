// handler/targets/sqlite/untouched_file.h: a SQLite file that is read without leaving a trace.
//
// Nothing is created and no byte is changed, of the file or of those that SQLite keeps beside it.
// The file is looked at anew for each read, since its writers come and go:
//
//     no file, or an empty one       there is nothing to read
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
// Threads: one thread at a time. Borrows: clock; it must outlive the object. The process must not
//          have the file open otherwise while nobody has a write-ahead log on it: POSIX drops all
//          locks of a process on a file when the process closes it once.

#pragma once

#include <functional>
#include <string>
#include <utility>

#include "handler/targets/sqlite/database.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::sqlite {

class UntouchedFile {
 public:
  UntouchedFile(std::string path, Clock& clock) : path_(std::move(path)), clock_(clock) {}

  /// Reads the file with `work`, on a connection that is open meanwhile. It is called more than
  /// once where the file was being changed, and what it did before does not count then.
  /// @return false: there is no file, or an empty one; `work` was not called
  /// @error kInvalidArgument  the folder is absent, or the file is no good
  /// @error kTimeout          no good moment came until `deadline`
  /// @error any other         as `work` has it
  Result<bool> read(const std::function<Status(Database&)>& work, SteadyTime deadline);

 private:
  const std::string path_;
  Clock& clock_;
};

}  // namespace streamonce::handler::sqlite
