#include "handler/targets/sqlite/sqlite_target.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "handler/targets/owner.h"
#include "handler/targets/sqlite/added_item.h"
#include "handler/targets/sqlite/read_only_target.h"
#include "runtime/base/check.h"

namespace streamonce::handler::sqlite {
namespace {

using std::chrono::milliseconds;

/// The time that is kept back for COMMIT, which writes and syncs the log, and for the log's
/// transfer into the file now and then. If little time is left, a quarter of it is kept back.
constexpr milliseconds kCommitReserveMax{250};

/// How many old marks may go for each commit of a batch: more than one, so that the ledger can
/// shrink.
constexpr std::int64_t kMarksPurgedPerCommit = 2;

/// How many tables are held prepared. A stream has one; `invoke` and `replay` may see a few.
constexpr std::size_t kTablesMax = 100;

Outcome failed(std::string reason) {
  return {.result = CommitResult::kFailed, .reason = std::move(reason)};
}

SteadyTime stop_time(SteadyTime now, SteadyTime deadline) {
  const auto quarter = std::max((deadline - now) / 4, SteadyTime::duration::zero());
  return deadline - std::min<SteadyTime::duration>(kCommitReserveMax, quarter);
}

Error at(const std::string& path, Error error) {
  return with_context("sqlite target " + path, std::move(error));
}

}  // namespace

Result<SqliteTarget::TransactionStatements> SqliteTarget::TransactionStatements::prepare(
    Database& database) {
  // One after the other: where a member's initializer returned, Clang 14 would not destroy the
  // members before it, and the database could not be closed.
  Statement begin = STREAMONCE_TRY(database.prepare("BEGIN IMMEDIATE"));
  Statement savepoint = STREAMONCE_TRY(database.prepare("SAVEPOINT one"));
  Statement release = STREAMONCE_TRY(database.prepare("RELEASE one"));
  Statement undo = STREAMONCE_TRY(database.prepare("ROLLBACK TO one"));
  Statement commit = STREAMONCE_TRY(database.prepare("COMMIT"));
  Statement data_version = STREAMONCE_TRY(database.prepare("PRAGMA data_version"));
  return TransactionStatements{.begin = std::move(begin),
                               .savepoint = std::move(savepoint),
                               .release = std::move(release),
                               .undo = std::move(undo),
                               .commit = std::move(commit),
                               .data_version = std::move(data_version)};
}

Result<std::unique_ptr<Target>> SqliteTarget::create(const SqliteOptions& options, Clock& clock,
                                                     Logger& logger) {
  if (options.access == Access::kReadOnly) {
    Result<std::unique_ptr<Target>> target =
        ReadOnlyTarget::create(options.path, clock, clock.steady_now() + options.open_timeout);
    if (!target) return at(options.path, std::move(target).error());
    return target;
  }
  Result<std::unique_ptr<Database>> database =
      Database::open(options.path, clock, clock.steady_now() + options.open_timeout);
  if (!database) return at(options.path, std::move(database).error());
  if (options.has_many_batches) {
    Status expecting = (*database)->expect_many_batches();
    if (!expecting) return at(options.path, std::move(expecting).error());
  }
  Result<Ledger> ledger = Ledger::open(**database);
  if (!ledger) return at(options.path, std::move(ledger).error());
  Result<TransactionStatements> statements = TransactionStatements::prepare(**database);
  if (!statements) return at(options.path, std::move(statements).error());
  return std::unique_ptr<Target>(new SqliteTarget(*std::move(database), *std::move(ledger),
                                                  *std::move(statements), clock, logger));
}

SqliteTarget::RowPlace::RowPlace(const Write& write)
    : table(write.table),
      key(*write.key),
      may_be_made(write.operation == Operation::kPut) {}

SqliteTarget::RowPlace::RowPlace(const Addition& addition)
    : table(addition.table),
      key(*addition.key),
      may_be_made(true) {}

SqliteTarget::SqliteTarget(std::unique_ptr<Database> database, Ledger ledger,
                           TransactionStatements statements, Clock& clock, Logger& logger)
    : database_(std::move(database)),
      ledger_(std::move(ledger)),
      statements_(std::move(statements)),
      clock_(clock),
      logger_(logger) {}

void SqliteTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                          SteadyTime deadline) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  std::fill(outcomes.begin(), outcomes.end(), Outcome{});
  usual_keys_ = UsualKeys(commits);
  told_by_table_.clear();
  const SteadyTime stop_at = stop_time(clock_.steady_now(), deadline);
  database_->set_busy_deadline(stop_at);

  Status status = begin();
  for (std::size_t i = 0; status && i < commits.size(); ++i) status = ledger_.make_room(commits[i]);
  if (status) status = apply_all(commits, outcomes, stop_at);
  if (status) status = statements_.commit.run();
  if (status) return database_->shrink_cache();
  roll_back();
  // A commit that had nothing to do stays done. One that had failed for a reason of its own keeps
  // that reason.
  for (Outcome& outcome : outcomes) {
    const bool undone = outcome.result == CommitResult::kApplied;
    if (undone || (!outcome.done() && outcome.reason.empty()))
      outcome = failed(status.error().message);
  }
}

std::vector<MarkResult> SqliteTarget::read_marks(std::span<const MarkPlace> places, Reading reading,
                                                 SteadyTime deadline) {
  database_->set_busy_deadline(deadline);
  return ledger_.marks().find_all(places, reading, clock_, deadline);
}

/// Takes the file's write lock, and forgets prepared tables if another connection has written
/// since: it may have changed a table, or the key that is noted for it.
Status SqliteTarget::begin() {
  if (Status begun = statements_.begin.run(); !begun) {
    return with_context("waiting for another connection that writes to the file",
                        std::move(begun).error());
  }
  Statement& data_version = statements_.data_version;
  STREAMONCE_CHECK(STREAMONCE_TRY(data_version.step()));
  const std::int64_t version = data_version.integer(0);
  data_version.reset();
  if (version != data_version_) tables_.clear();
  data_version_ = version;
  return {};
}

/// @return an error if the whole transaction is lost
Status SqliteTarget::apply_all(std::span<const Commit> commits, std::span<Outcome> outcomes,
                               SteadyTime stop_at) {
  std::size_t i = 0;
  for (; i < commits.size() && clock_.steady_now() < stop_at; ++i)
    STREAMONCE_TRY(apply(commits[i], outcomes[i]));
  for (Outcome& late : outcomes.subspan(i)) late = failed("the deadline was near: not begun");
  if (i == commits.size()) purge_marks(commits);
  return {};
}

/// Applies one commit within the transaction. If it fails, what it has done is undone.
/// @return an error if that is not possible, or if SQLite has rolled back all by itself, as it may
///         on a full or failing disk: the whole transaction is lost
Status SqliteTarget::apply(const Commit& commit, Outcome& outcome) {
  table_noted_ = false;
  Result<Outcome> result = try_apply(commit);
  outcome = result ? *std::move(result) : failed(result.error().message);
  if (outcome.result != CommitResult::kFailed) return {};
  const auto lost = [&](std::string_view why) {
    return with_context("the transaction of the whole batch was lost",
                        {ErrorCode::kUnavailable, std::string(why)});
  };
  if (!database_->in_transaction()) return lost(outcome.reason);
  if (const Status undone = undo(); !undone) return lost(undone.error().message);
  return {};
}

Result<Outcome> SqliteTarget::try_apply(const Commit& commit) {
  STREAMONCE_TRY(statements_.savepoint.run());
  Outcome outcome = STREAMONCE_TRY(ledger_.mark(commit));
  if (outcome.result == CommitResult::kApplied) {
    Outcome refusal = write_all(commit.writes);
    if (refusal.result != CommitResult::kFailed) refusal = add_all(commit.additions);
    if (refusal.result == CommitResult::kFailed) return refusal;
  }
  STREAMONCE_TRY(statements_.release.run());
  return outcome;
}

/// Writes all that goes. Behind one that collides the others are tried as well, since whoever asks
/// wants to know of all that do.
/// @return kApplied, or kFailed with the reason
Outcome SqliteTarget::write_all(std::span<const Write> writes) {
  Outcome all{.result = CommitResult::kApplied, .reason = {}};
  for (std::size_t i = 0; i < writes.size(); ++i) {
    Outcome written = write(writes[i]);
    if (written.result != CommitResult::kFailed) continue;
    const bool collides = written.collides;
    const bool is_first = all.refused_writes.empty();
    if (is_first) all = std::move(written);
    if (is_first || collides) all.refused_writes.push_back(i);
    if (!collides) break;
  }
  return all;
}

/// @return kApplied, or kFailed with the reason
Outcome SqliteTarget::write(const Write& write) {
  Result<Outcome> written = try_write(write);
  return written ? *std::move(written) : failed(written.error().message);
}

Result<Outcome> SqliteTarget::try_write(const Write& write) {
  const Outcome applied{.result = CommitResult::kApplied, .reason = {}};
  const bool is_put = write.operation == Operation::kPut;
  const RowPlace row(write);
  if (!is_put && !STREAMONCE_TRY(has_items(row))) return applied;
  TargetTable* table = STREAMONCE_TRY(table_for(row));
  if (!write.owner.empty() && !STREAMONCE_TRY(table->is_free_for(*write.key, write.owner))) {
    Outcome collision = failed(why_collides(write));
    collision.collides = true;
    return collision;
  }
  STREAMONCE_TRY(is_put ? table->put(*write.key, write.image_json) : table->remove(*write.key));
  return applied;
}

/// @return kApplied, or kFailed with the reason
Outcome SqliteTarget::add_all(std::span<const Addition> additions) {
  for (std::size_t i = 0; i < additions.size(); ++i) {
    const Status added = add(additions[i]);
    if (added) continue;
    Outcome refusal = failed(added.error().message);
    refusal.refused_addition = i;
    return refusal;
  }
  return {.result = CommitResult::kApplied, .reason = {}};
}

Status SqliteTarget::add(const Addition& addition) {
  TargetTable* table = STREAMONCE_TRY(table_for(RowPlace(addition)));
  const std::optional<std::string> there = STREAMONCE_TRY(table->find(*addition.key));
  const Result<std::string> item =
      added_item(there ? std::string_view(*there) : addition.keys_json, addition.addends);
  if (!item) return with_context("a row of table " + std::string(addition.table), item.error());
  return table->put(*addition.key, *item);
}

Status SqliteTarget::undo() {
  if (table_noted_) tables_.clear();
  STREAMONCE_TRY(statements_.undo.run());
  return statements_.release.run();
}

/// Whether the table of `row` may have items. A prepared table that fits is not asked.
Result<bool> SqliteTarget::has_items(const RowPlace& row) {
  const auto known = tables_.find(row.table);
  if (known != tables_.end() && known->second.fits(row.key)) return true;
  return TargetTable::has_items(*database_, row.table);
}

Result<TargetTable*> SqliteTarget::table_for(const RowPlace& row) {
  const auto known = tables_.find(row.table);
  if (known != tables_.end() && known->second.fits(row.key) &&
      (is_usual(row) || STREAMONCE_TRY(TargetTable::has_items(*database_, row.table))))
    return &known->second;
  // A known table that does not fit is opened again all the same: it may have no rows any more, and
  // if it has, that tells what is wrong.
  TargetTable table = STREAMONCE_TRY(open_table(row));
  if (tables_.size() >= kTablesMax) tables_.clear();
  const auto [place, _] = tables_.insert_or_assign(std::string(row.table), std::move(table));
  return &place->second;
}

/// Whether the key of `row` may be the first of its table: a removal puts none into it.
bool SqliteTarget::is_usual(const RowPlace& row) {
  return !row.may_be_made || row.key.same_shape(usual_keys_.of(row.table));
}

Result<TargetTable> SqliteTarget::open_table(const RowPlace& row) {
  bool created = false;
  const auto open = [&](const events::ItemKey& key) {
    return TargetTable::open(*database_, row.table, key, told_by_table_, created);
  };
  // A table that is not there, or has no rows, takes the usual key, and then refuses another. A
  // table with rows stays as it is.
  if (!is_usual(row)) {
    const events::ItemKey& usual = usual_keys_.of(row.table);
    const Result<TargetTable> taken = open(usual);
    if (!taken && taken.error().code != ErrorCode::kRejected) return taken.error();
    if (taken && !STREAMONCE_TRY(TargetTable::has_items(*database_, row.table)))
      return TargetTable::other_key(row.table, usual.shape(), row.key);
  }
  TargetTable table = STREAMONCE_TRY(open(row.key));
  table_noted_ = table_noted_ || table.is_newly_noted();
  if (created) logger_.log(LogLevel::kDebug, "table created", {{"table", row.table}});
  return table;
}

/// Removes old marks, where marks are given a ttl. This is no part of the batch's work: a failure
/// is told and has no other effect.
void SqliteTarget::purge_marks(std::span<const Commit> commits) {
  const bool retention = std::any_of(commits.begin(), commits.end(),
                                     [](const Commit& commit) { return commit.ttl.has_value(); });
  if (!retention) return;
  const auto marks_max = kMarksPurgedPerCommit * static_cast<std::int64_t>(commits.size());
  const Result<std::int64_t> purged = ledger_.purge(clock_.now(), marks_max);
  if (!purged)
    logger_.log(LogLevel::kWarn, "marks not purged", {{"reason", purged.error().message}});
  else if (*purged > 0)
    logger_.log(LogLevel::kDebug, "marks purged", {{"marks", *purged}});
}

void SqliteTarget::roll_back() {
  tables_.clear();
  ledger_.forget();
  if (!database_->in_transaction()) return;
  if (const Status rolled_back = database_->execute("ROLLBACK"); !rolled_back)
    logger_.log(LogLevel::kWarn, "rollback failed", {{"reason", rolled_back.error().message}});
}

}  // namespace streamonce::handler::sqlite
