#include "handler/sqlite/ledger.h"

#include <string>
#include <utility>

#include "handler/sqlite/schema.h"

namespace streamonce::handler::sqlite {
namespace {

constexpr const char* kColumns =
    R"("id" TEXT key 1, "v" TEXT, "op" TEXT, "at" INTEGER, "ttl" INTEGER)";

// The index holds nothing while marks are kept for ever.
constexpr const char* kCreate =
    "CREATE TABLE IF NOT EXISTS _streamonce_ledger("
    "id TEXT PRIMARY KEY, v TEXT NOT NULL, op TEXT NOT NULL, at INTEGER, ttl INTEGER)"
    " WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS _streamonce_ledger_ttl ON _streamonce_ledger(ttl)"
    " WHERE ttl IS NOT NULL";

Status create_if_absent(Database& database) {
  const std::string found = STREAMONCE_TRY(describe_columns(database, kLedgerTable));
  if (!found.empty()) return {};
  STREAMONCE_TRY(database.execute("BEGIN IMMEDIATE"));
  STREAMONCE_TRY(database.execute(kCreate));
  return database.execute("COMMIT");
}

}  // namespace

Result<Ledger> Ledger::open(Database& database) {
  STREAMONCE_TRY(create_if_absent(database));
  STREAMONCE_TRY(expect_columns(database, kLedgerTable, kColumns));
  Statement upsert = STREAMONCE_TRY(database.prepare(
      "INSERT INTO _streamonce_ledger(id, v, op, at, ttl) VALUES(?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT(id) DO UPDATE SET v = excluded.v, op = excluded.op, at = excluded.at,"
      " ttl = excluded.ttl WHERE v < excluded.v"));
  Statement version =
      STREAMONCE_TRY(database.prepare("SELECT v FROM _streamonce_ledger WHERE id = ?1"));
  Statement purge = STREAMONCE_TRY(
      database.prepare("DELETE FROM _streamonce_ledger WHERE id IN"
                       " (SELECT id FROM _streamonce_ledger WHERE ttl < ?1 LIMIT ?2)"));
  return Ledger(database, {std::move(upsert), std::move(version), std::move(purge)});
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

  Statement& version = statements_.version;
  version.bind_text(1, commit.ledger_id);
  if (!STREAMONCE_TRY(version.step()))
    return Error{ErrorCode::kRejected, "the mark was neither written nor found"};
  const bool equal = version.text(0) == commit.version.text();
  const bool sound = events::is_version(version.text(0));
  version.reset();
  if (!sound) return Error{ErrorCode::kRejected, "the mark in the ledger holds no version"};
  return equal ? CommitResult::kAlreadyApplied : CommitResult::kStale;
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
