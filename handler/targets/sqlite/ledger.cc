#include "handler/targets/sqlite/ledger.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "handler/targets/mark.h"
#include "handler/targets/sqlite/schema.h"
#include "runtime/base/check.h"

namespace streamonce::handler::sqlite {
namespace {

constexpr const char* kColumns =
    R"("id" TEXT key 1, "v" TEXT, "op" TEXT, "at" INTEGER, "ttl" INTEGER)";

/// The columns once those for content were added.
constexpr const char* kWholeColumns =
    R"("id" TEXT key 1, "v" TEXT, "op" TEXT, "at" INTEGER, "ttl" INTEGER, "r" TEXT, "w" TEXT)";

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

constexpr const char* kAddColumns =
    "ALTER TABLE _streamonce_ledger ADD COLUMN r TEXT;"
    "ALTER TABLE _streamonce_ledger ADD COLUMN w TEXT";

/// The place of `v` in a row, and how many columns are there from the start. Generated columns of
/// somebody else may stand before `r` and `w`, behind them or without them.
constexpr int kVersionColumn = 1;
constexpr int kFirstColumns = 5;

/// Whether a commit asks more of the ledger than that its version is above the entry's.
bool is_whole(const Commit& commit) {
  return commit.seen || !commit.content.empty() || !commit.nonce.empty();
}

Status create(Database& database) {
  STREAMONCE_TRY(database.execute("BEGIN IMMEDIATE"));
  STREAMONCE_TRY(database.execute(kCreate));
  return database.execute("COMMIT");
}

}  // namespace

Result<bool> has_ledger(Database& database) {
  const std::string found = STREAMONCE_TRY(describe_columns(database, kLedgerTable));
  if (found.empty()) return false;
  if (found == kWholeColumns) return true;
  STREAMONCE_TRY(expect_columns(database, kExpected));
  return true;
}

Result<bool> has_contents(Database& database) {
  if (!STREAMONCE_TRY(has_ledger(database))) return false;
  return STREAMONCE_TRY(describe_columns(database, kLedgerTable)) == kWholeColumns;
}

Result<MarkFinder> MarkFinder::open(Database& database) {
  // SQLite prepares a statement again by itself when another connection has added columns, and `*`
  // is all that there are then: so version and content of an entry always come together.
  return MarkFinder(
      STREAMONCE_TRY(database.prepare("SELECT * FROM _streamonce_ledger WHERE id = ?1")));
}

MarkResult MarkFinder::find(std::string_view ledger_id, Reading reading) {
  entry_.bind_text(1, ledger_id);
  if (!STREAMONCE_TRY(entry_.step())) return MarkResult(std::nullopt);
  MarkTexts texts{.version = entry_.text(kVersionColumn)};
  if (reading == Reading::kTold) {
    texts.operation = entry_.text(kVersionColumn + 1);
    texts.at = entry_.text(kVersionColumn + 2);
  }
  if (entry_.columns() > kFirstColumns) {
    const std::optional<int> nonce = entry_.column_named(kNonceName);
    const std::optional<int> content = entry_.column_named(kContentName);
    if (nonce && content) {
      texts.nonce = entry_.text(*nonce);
      texts.content = entry_.text(*content);
    }
  }
  Result<Mark> mark = read_mark(texts, reading);
  entry_.reset();
  if (!mark) return std::move(mark).error();
  return MarkResult(*std::move(mark));
}

std::vector<MarkResult> MarkFinder::find_all(std::span<const MarkPlace> places, Reading reading,
                                             const Clock& clock, SteadyTime deadline) {
  const Error too_late{ErrorCode::kTimeout, "the deadline has passed: the mark is not read"};
  std::vector<MarkResult> results(places.size(), MarkResult(too_late));
  for (std::size_t i = 0; i < places.size() && clock.steady_now() < deadline; ++i)
    results[i] = find(places[i].ledger_id, reading);
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
      " ttl = excluded.ttl WHERE v < ?6"));
  MarkFinder marks = STREAMONCE_TRY(MarkFinder::open(database));
  Statement purge = STREAMONCE_TRY(
      database.prepare("DELETE FROM _streamonce_ledger WHERE id IN"
                       " (SELECT id FROM _streamonce_ledger WHERE ttl < ?1 LIMIT ?2)"));
  return Ledger(database, {std::move(upsert), std::move(marks), std::move(purge)});
}

Status Ledger::make_room(const Commit& commit) {
  if (put_whole_ || !is_whole(commit)) return {};
  if (STREAMONCE_TRY(describe_columns(*database_, kLedgerTable)) == kColumns)
    STREAMONCE_TRY(database_->execute(kAddColumns));
  put_whole_ = STREAMONCE_TRY(
      database_->prepare("INSERT OR REPLACE INTO _streamonce_ledger(id, v, op, at, ttl, r, w)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, nullif(?6, ''), nullif(?7, ''))"));
  return {};
}

Result<Outcome> Ledger::mark(const Commit& commit) {
  if (!is_whole(commit)) {
    Statement& upsert = statements_.upsert;
    upsert.bind_text(1, commit.ledger_id);
    upsert.bind_text(2, commit.version.text());
    upsert.bind_text(3, name_of(commit.operation));
    upsert.bind_integer(4, commit.at);
    upsert.bind_integer(5, commit.ttl);
    upsert.bind_text(6, version_to_rise_above(commit).text());
    STREAMONCE_TRY(upsert.run());
    if (database_->changes() > 0) return Outcome{.result = CommitResult::kApplied, .reason = {}};
  }
  std::optional<Mark> there = STREAMONCE_TRY(marks().find(commit.ledger_id, Reading::kWhole));
  Outcome outcome{.result = judge(commit, there), .reason = {}};
  if (outcome.result == CommitResult::kApplied) {
    if (!is_whole(commit))
      return Error{ErrorCode::kRejected, "the mark was neither written nor found"};
    STREAMONCE_TRY(put_whole(commit));
  } else if (outcome.result == CommitResult::kChanged) {
    outcome.reason = why_changed(commit, there ? &*there : nullptr);
    if (there) outcome.found = std::make_shared<const Mark>(*std::move(there));
  }
  return outcome;
}

/// Writes the entry of `commit`, whatever is there.
Status Ledger::put_whole(const Commit& commit) {
  STREAMONCE_CHECK(put_whole_);
  const std::string version = version_text(commit.version, !commit.content.empty());
  const std::optional<std::int64_t> ttl = commit.content.empty() ? commit.ttl : std::nullopt;
  put_whole_->bind_text(1, commit.ledger_id);
  put_whole_->bind_text(2, version);
  put_whole_->bind_text(3, name_of(commit.operation));
  put_whole_->bind_integer(4, commit.at);
  put_whole_->bind_integer(5, ttl);
  put_whole_->bind_text(6, commit.nonce);
  put_whole_->bind_text(7, commit.content);
  return put_whole_->run();
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
