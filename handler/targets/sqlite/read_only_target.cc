#include "handler/targets/sqlite/read_only_target.h"

#include <optional>
#include <utility>

#include "handler/targets/sqlite/database.h"
#include "handler/targets/sqlite/ledger.h"
#include "runtime/base/check.h"

namespace streamonce::handler::sqlite {

Result<std::unique_ptr<Target>> ReadOnlyTarget::create(const std::string& path, Clock& clock,
                                                       SteadyTime deadline) {
  STREAMONCE_TRY(check_path(path));
  std::unique_ptr<ReadOnlyTarget> target(new ReadOnlyTarget(path, clock));
  STREAMONCE_TRY(target->try_read({}, Reading::kVersions, deadline));
  return std::unique_ptr<Target>(std::move(target));
}

void ReadOnlyTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                            SteadyTime) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  for (Outcome& outcome : outcomes)
    outcome = {.result = CommitResult::kFailed, .reason = "the target is open for reading only"};
}

std::vector<MarkResult> ReadOnlyTarget::read_marks(std::span<const MarkPlace> places,
                                                   Reading reading, SteadyTime deadline) {
  Result<std::vector<MarkResult>> marks = try_read(places, reading, deadline);
  if (marks) return *std::move(marks);
  return std::vector<MarkResult>(places.size(), MarkResult(marks.error()));
}

Result<std::vector<MarkResult>> ReadOnlyTarget::try_read(std::span<const MarkPlace> places,
                                                         Reading reading, SteadyTime deadline) {
  const std::vector<MarkResult> none(places.size(), MarkResult(std::nullopt));
  std::vector<MarkResult> marks;
  const auto read = [&](Database& database) -> Status {
    STREAMONCE_TRY(database.execute("BEGIN"));  // all reads see one snapshot
    marks = none;
    if (!STREAMONCE_TRY(has_ledger(database))) return {};
    MarkFinder finder = STREAMONCE_TRY(MarkFinder::open(database));
    marks = finder.find_all(places, reading, clock_, deadline);
    return {};
  };
  const bool is_there = STREAMONCE_TRY(file_.read(read, deadline));
  if (!is_there) marks = none;
  return marks;
}

}  // namespace streamonce::handler::sqlite
