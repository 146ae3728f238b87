#include "handler/targets/sqlite/position_table.h"

#include <cstdint>
#include <utility>

#include "handler/targets/sqlite/schema.h"
#include "runtime/base/file.h"

namespace streamonce::handler::sqlite {
namespace {

constexpr const char* kCreatePositions =
    "CREATE TABLE IF NOT EXISTS _streamonce_positions("
    "id TEXT PRIMARY KEY, p TEXT NOT NULL, at INTEGER) WITHOUT ROWID";

constexpr ExpectedTable kExpectedPositions{
    .role = "positions",
    .name = "_streamonce_positions",
    .columns = R"("id" TEXT key 1, "p" TEXT, "at" INTEGER)",
    .advice = "something else made it, so name another file, or rename the table"};

Error in_file(const std::string& path, Error error) {
  return with_context("sqlite target " + path, std::move(error));
}

Result<std::unique_ptr<Database>> open_database(const PositionTableOptions& options, Clock& clock) {
  const SteadyTime deadline = clock.steady_now() + options.open_timeout;
  if (options.access == Access::kReadWrite) return Database::open(options.path, clock, deadline);
  const bool is_shared = file_exists(options.path + "-wal") && file_exists(options.path + "-shm");
  return Database::open_read_only(options.path, is_shared ? ReadWay::kShared : ReadWay::kAlone,
                                  clock, deadline);
}

/// Makes the table, if it is not there and may be made. @return whether it is there now
Result<bool> find_table(Database& database, Access access) {
  const std::string found = STREAMONCE_TRY(describe_columns(database, kExpectedPositions.name));
  if (found.empty() && access == Access::kReadOnly) return false;
  if (found.empty()) STREAMONCE_TRY(database.execute(kCreatePositions));
  STREAMONCE_TRY(expect_columns(database, kExpectedPositions));
  return true;
}

}  // namespace

Result<std::unique_ptr<PositionStore>> PositionTable::open(PositionTableOptions options,
                                                           Clock& clock) {
  const bool reads_only = options.access == Access::kReadOnly;
  if (reads_only && !file_exists(options.path))
    return std::unique_ptr<PositionStore>(std::make_unique<NoPositions>());
  Result<std::unique_ptr<Database>> database = open_database(options, clock);
  if (!database) return in_file(options.path, std::move(database).error());
  const Result<bool> there = find_table(**database, options.access);
  if (!there) return in_file(options.path, there.error());
  if (!*there) return std::unique_ptr<PositionStore>(std::make_unique<NoPositions>());
  Statement find =
      STREAMONCE_TRY((*database)->prepare("SELECT p FROM _streamonce_positions WHERE id = ?1"));
  Statement put = STREAMONCE_TRY((*database)->prepare(
      "INSERT OR REPLACE INTO _streamonce_positions(id, p, at) VALUES(?1, ?2, ?3)"));
  Statement remove =
      STREAMONCE_TRY((*database)->prepare("DELETE FROM _streamonce_positions WHERE id = ?1"));
  Statements statements{
      .find = std::move(find), .put = std::move(put), .remove = std::move(remove)};
  return std::unique_ptr<PositionStore>(
      new PositionTable(std::move(options), *std::move(database), std::move(statements), clock));
}

PositionTable::PositionTable(PositionTableOptions options, std::unique_ptr<Database> database,
                             Statements statements, Clock& clock)
    : options_(std::move(options)),
      database_(std::move(database)),
      statements_(std::move(statements)),
      clock_(clock) {}

std::string PositionTable::id_of(const std::string& shard) const {
  return position_id(options_.pipeline, options_.stream_arn, shard);
}

template <class Write>
Status PositionTable::in_transaction(SteadyTime deadline, Write write) {
  database_->set_busy_deadline(deadline);
  STREAMONCE_TRY(database_->execute("BEGIN IMMEDIATE"));
  Status written = write();
  if (written) written = database_->execute("COMMIT");
  if (!written && database_->in_transaction())
    static_cast<void>(database_->execute("ROLLBACK"));  // the first error counts
  return written;
}

Result<std::vector<std::optional<Position>>> PositionTable::load(
    std::span<const std::string> shards, SteadyTime deadline) {
  database_->set_busy_deadline(deadline);
  std::vector<std::optional<Position>> positions;
  for (const std::string& shard : shards) {
    const std::string id = id_of(shard);
    statements_.find.bind_text(1, id);
    std::optional<Position> position;
    if (STREAMONCE_TRY(statements_.find.step())) {
      Result<Position> found = parse_position(statements_.find.text(0));
      statements_.find.reset();
      if (!found) return in_file(options_.path, std::move(found).error());
      position = *std::move(found);
    }
    positions.push_back(std::move(position));
  }
  return positions;
}

Status PositionTable::save(std::span<const ShardPosition> positions, SteadyTime deadline) {
  const std::int64_t now =
      std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
  return in_transaction(deadline, [&]() -> Status {
    for (const ShardPosition& each : positions) {
      const std::string id = id_of(each.shard);
      const std::string text = text_of(each.position);
      statements_.put.bind_text(1, id);
      statements_.put.bind_text(2, text);
      statements_.put.bind_integer(3, now);
      STREAMONCE_TRY(statements_.put.run());
    }
    return {};
  });
}

Status PositionTable::forget(std::span<const std::string> shards, SteadyTime deadline) {
  return in_transaction(deadline, [&]() -> Status {
    for (const std::string& shard : shards) {
      const std::string id = id_of(shard);
      statements_.remove.bind_text(1, id);
      STREAMONCE_TRY(statements_.remove.run());
    }
    return {};
  });
}

}  // namespace streamonce::handler::sqlite
