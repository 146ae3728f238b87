// handler/targets/sqlite/read_only_target.h: the marks of a SQLite file, read without leaving a
// trace.
//
// Where there is no file, or an empty one, there are no marks. How the file is read, and what
// others may do with it meanwhile, is in untouched_file.h.
//
// Threads: one thread at a time, and with the file as untouched_file.h says. Borrows: clock; it
//          must outlive the target.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/targets/sqlite/untouched_file.h"
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

  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override;

 private:
  ReadOnlyTarget(std::string path, Clock& clock) : file_(std::move(path), clock), clock_(clock) {}

  /// @return an error if no mark can be read, for one reason
  Result<std::vector<MarkResult>> try_read(std::span<const MarkPlace> places, Reading reading,
                                           SteadyTime deadline);

  UntouchedFile file_;
  Clock& clock_;
};

}  // namespace streamonce::handler::sqlite
