#include "handler/sources/batch_log.h"

#include <cstddef>
#include <vector>

namespace streamonce::handler {
namespace {

/// How many failures of a batch are logged one by one; the others are counted.
constexpr std::size_t kFailuresLogged = 20;

}  // namespace

void log_failures(Logger& logger, const AppliedBatch& batch) {
  const std::vector<Failure>& failures = batch.result.failures;
  std::size_t logged = 0;
  for (const Failure& failure : failures) {
    if (++logged > kFailuresLogged) break;
    logger.log(LogLevel::kError, "record failed",
               {{"sequence_number", batch.sequence_numbers[failure.cause]},
                {"not_done_from", batch.sequence_numbers[failure.record]},
                {"table", batch.changes[failure.cause].source.table},
                {"reason", failure.reason}});
  }
  if (failures.size() > kFailuresLogged) {
    logger.log(LogLevel::kError, "more records failed",
               {{"items", failures.size() - kFailuresLogged}});
  }
}

void log_done(Logger& logger, const BatchResult& result) {
  if (!logger.enabled(LogLevel::kInfo)) return;
  const FateCounts& counts = result.counts;
  std::vector<LogField> fields = {{"records", counts.all()}, {"items", result.items}};
  for (const FateName& each : kFates) {
    if (each.field.empty() || (each.is_rare && counts.of(each.fate) == 0)) continue;
    fields.emplace_back(each.field, each.is_done ? counts.of(each.fate) : counts.not_done());
  }
  logger.log(LogLevel::kInfo, "batch done", fields);
}

}  // namespace streamonce::handler
