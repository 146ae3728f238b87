#include "handler/targets/sqlite/ledger.h"

#include <optional>
#include <string>
#include <utility>

#include "handler/targets/sqlite/schema.h"

namespace streamonce::handler::sqlite {
namespace {

constexpr const char* kColumns =
    R"("id" TEXT key 1, "v" TEXT, "op" TEXT, "at" INTEGER, "ttl" INTEGER)";

constexpr ExpectedTable kExpected{
    .role = "ledger",
    .name = kLedgerTable,
    .columns = kColumns,
    .advice = "something else made it, so name another file, or rename the table"};

// The index holds nothing while marks are kept for ever.
constexpr const char* kCreate =
    "CREATE TABLE IF NOT EXISTS _streamonce_ledger("
    "id TEXT PRIMARY KEY, v TEXT NOT NULL, op TEXT NOT NULL, at INTEGER, ttl INTEGER)"
    " WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS _streamonce_ledger_ttl ON _streamonce_ledger(ttl)"
    " WHERE ttl IS NOT NULL";

Status create(Database& database) {
  STREAMONCE_TRY(database.execute("BEGIN IMMEDIATE"));
  STREAMONCE_TRY(database.execute(kCreate));
  return database.execute("COMMIT");
}

}  // namespace

Result<bool> has_ledger(Database& database) {
  const std::string found = STREAMONCE_TRY(describe_columns(database, kLedgerTable));
  if (found.empty()) return false;
  STREAMONCE_TRY(expect_columns(database, kExpected));
  return true;
}

Result<MarkFinder> MarkFinder::open(Database& database) {
  return MarkFinder(
      STREAMONCE_TRY(database.prepare("SELECT v FROM _streamonce_ledger WHERE id = ?1")));
}

MarkResult MarkFinder::find(std::string_view ledger_id) {
  version_.bind_text(1, ledger_id);
  if (!STREAMONCE_TRY(version_.step())) return MarkResult(std::nullopt);
  const Result<events::Version> version = events::Version::parse(version_.text(0));
  version_.reset();
  if (!version) return Error{ErrorCode::kProtocol, "the mark in the ledger holds no version"};
  return MarkResult(*version);
}

std::vector<MarkResult> MarkFinder::find_all(std::span<const std::string_view> ledger_ids,
                                             const Clock& clock, SteadyTime deadline) {
  std::vector<MarkResult> results;
  results.reserve(ledger_ids.size());
  for (const std::string_view id : ledger_ids) {
    if (clock.steady_now() < deadline)
      results.push_back(find(id));
    else
      results.push_back(
          Error{ErrorCode::kTimeout, "the deadline has passed: the mark is not read"});
  }
  return results;
}

Result<Ledger> Ledger::open(Database& database) {
  if (!STREAMONCE_TRY(has_ledger(database))) {
    STREAMONCE_TRY(create(database));
    STREAMONCE_TRY(expect_columns(database, kExpected));
  }
  Statement upsert = STREAMONCE_TRY(database.prepare(
      "INSERT INTO _streamonce_ledger(id, v, op, at, ttl) VALUES(?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT(id) DO UPDATE SET v = excluded.v, op = excluded.op, at = excluded.at,"
      " ttl = excluded.ttl WHERE v < excluded.v"));
  MarkFinder marks = STREAMONCE_TRY(MarkFinder::open(database));
  Statement purge = STREAMONCE_TRY(
      database.prepare("DELETE FROM _streamonce_ledger WHERE id IN"
                       " (SELECT id FROM _streamonce_ledger WHERE ttl < ?1 LIMIT ?2)"));
  return Ledger(database, {std::move(upsert), std::move(marks), std::move(purge)});
}

Result<CommitResult> Ledger::mark(const Commit& commit) {
  Statement& upsert = statements_.upsert;
  upsert.bind_text(1, commit.ledger_id);
  upsert.bind_text(2, commit.version.text());
  upsert.bind_text(3, name_of(commit.operation));
  upsert.bind_integer(4, commit.at);
  upsert.bind_integer(5, commit.ttl);
  STREAMONCE_TRY(upsert.run());
  if (database_->changes() > 0) return CommitResult::kApplied;

  const std::optional<events::Version> found = STREAMONCE_TRY(marks().find(commit.ledger_id));
  if (!found) return Error{ErrorCode::kRejected, "the mark was neither written nor found"};
  return *found == commit.version ? CommitResult::kAlreadyApplied : CommitResult::kStale;
}

Result<std::int64_t> Ledger::purge(WallTime now, std::int64_t marks_max) {
  const auto before = std::chrono::floor<std::chrono::seconds>(now - kPurgeDelay);
  Statement& purge = statements_.purge;
  purge.bind_integer(1, before.time_since_epoch().count());
  purge.bind_integer(2, marks_max);
  STREAMONCE_TRY(purge.run());
  return database_->changes();
}

}  // namespace streamonce::handler::sqlite
