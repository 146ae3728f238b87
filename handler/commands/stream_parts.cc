#include "handler/commands/stream_parts.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "events/stream_arn.h"
#include "handler/commands/parts.h"
#include "handler/config/aws_settings.h"
#include "handler/services/dynamodb_streams.h"
#include "handler/services/dynamodb_tables.h"
#include "handler/sources/stream/position_file.h"
#include "handler/targets/dynamodb/ledger_positions.h"
#include "handler/targets/sqlite/position_table.h"
#include "runtime/aws/dynamodb_names.h"
#include "runtime/aws/endpoint.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/text.h"

namespace streamonce::handler {
namespace {

/// The entry of a database's table of positions that says that a file has them. No shard has such
/// an id: theirs begin with `shardId-`.
constexpr std::string_view kFileEntry = "file";

/// Names the target of `settings` and where it is: no two have one name.
Result<std::string> name_of_target(const Settings& settings) {
  if (settings.target.kind == TargetKind::kSqlite) {
    std::error_code failed;
    const auto path = std::filesystem::weakly_canonical(settings.target.name, failed);
    if (failed)
      return invalid_argument("sqlite target " + settings.target.name + ": " + failed.message());
    return "sqlite:" + path.string();
  }
  std::string name = "dynamodb:" + std::string(aws::name_of_table(settings.target.name));
  for (const NamedTable& each : settings.tables.tables) name += " " + each.name + "=" + each.table;
  return name;
}

/// Where the tables of a target are: account, Region and endpoint.
Result<std::string> place_of_tables(const Settings& settings) {
  const aws::Region region = STREAMONCE_TRY(aws::Region::parse(settings.region));
  const std::string url =
      STREAMONCE_TRY(aws::endpoint_of(aws::kDynamoDb, region, settings.aws.endpoint_url));
  std::string place = " in " + settings.region + " at " + url;
  if (!settings.account.empty()) place += " of account " + settings.account;
  return place;
}

/// Sees to it that positions of a file are those of the database that is there: one that was
/// removed or replaced since has nothing of what they say is done.
Status check_database(const std::string& path, bool is_new,
                      const sqlite::PositionTableOptions& options, Clock& clock) {
  const auto table = STREAMONCE_TRY(sqlite::PositionTable::open(options, clock));
  const SteadyTime deadline = clock.steady_now() + options.open_timeout;
  const std::vector<std::string> entry = {std::string(kFileEntry)};
  if (is_new) {
    const ShardPosition kept{.shard = entry.front(), .position = {}};
    return table->save({&kept, 1}, deadline);
  }
  if (STREAMONCE_TRY(table->load(entry, deadline)).front()) return {};
  return invalid_argument(
      path + ": has positions, of which the database " + in_quotes(options.path) +
      " knows nothing: it was removed or replaced since. Put it back; or load an export of the "
      "table into it, and remove the file, so that the stream is read from its oldest record");
}

/// Opens a file of positions, which is of the target and of the ledger of `settings`.
Result<std::unique_ptr<PositionStore>> open_file(const Settings& settings, const std::string& path,
                                                 const std::string& pipeline,
                                                 const std::string& stream_arn, Clock& clock) {
  const bool is_sqlite = settings.target.kind == TargetKind::kSqlite;
  PositionFile::Options options{.path = path,
                                .pipeline = pipeline,
                                .stream_arn = stream_arn,
                                .target = STREAMONCE_TRY(name_of_target(settings)),
                                .ledger = {}};
  if (!is_sqlite) {
    const std::string place = STREAMONCE_TRY(place_of_tables(settings));
    options.ledger = "dynamodb:" + std::string(aws::name_of_table(settings.ledger)) + place;
    options.target += place;
  }
  std::unique_ptr<PositionFile> file = STREAMONCE_TRY(PositionFile::open(std::move(options)));
  if (is_sqlite) {
    STREAMONCE_TRY(check_database(
        path, file->is_empty(),
        {.path = settings.target.name, .pipeline = pipeline, .stream_arn = stream_arn}, clock));
  }
  return std::unique_ptr<PositionStore>(std::move(file));
}

/// How long a table may take to be described, and credentials to be got.
constexpr std::chrono::seconds kOpenTime{30};
/// How long a table is described for before it is looked whether to end.
constexpr std::chrono::milliseconds kDescribeSlice{1'500};
/// The pause before it is described again.
constexpr std::chrono::milliseconds kDescribePause{250};

}  // namespace

Result<OpenService> open_stream(const Settings& settings, std::string_view stream_arn,
                                const Environment& environment, Clock& clock, Logger& logger) {
  const AwsSettings aws = STREAMONCE_TRY(load_aws(environment));
  const events::StreamArn stream = STREAMONCE_TRY(events::StreamArn::parse(stream_arn));
  aws::Region region = STREAMONCE_TRY(aws::Region::parse(stream.region));
  STREAMONCE_TRY(check_trust(aws, aws.streams_endpoint_url));
  std::string url = STREAMONCE_TRY(aws::endpoint_of(dynamodb_streams::kService, region,
                                                    aws.streams_endpoint_url)) +
                    "/";
  auto credentials = STREAMONCE_TRY(credentials_of(
      settings.stream_role, settings.session_name,
      settings.region.empty() ? region.text() : settings.region, aws, environment, clock, logger));
  STREAMONCE_TRY(credentials->get(clock.now(), kOpenTime));
  OpenService open;
  open.transport = open_network(aws.ca_bundle_path, clock);
  open.client = std::make_unique<aws::ServiceClient>(
      aws::ServiceOptions{.service = dynamodb_streams::kService,
                          .region = std::move(region),
                          .url = std::move(url),
                          .credentials = std::move(credentials),
                          .random_seed = random_seed()},
      *open.transport, clock, logger);
  return open;
}

Result<std::string> newest_stream(const Settings& settings, const std::string& table,
                                  const Environment& environment, Clock& clock, Logger& logger,
                                  const std::function<bool()>& stopped) {
  const auto tables = open_tables(settings, environment, clock, logger);
  const SteadyTime end = clock.steady_now() + kOpenTime;
  const auto describe = [&] {
    return tables->describe(table, std::min(clock.steady_now() + kDescribeSlice, end));
  };
  auto described = describe();
  while (!described && described.error().code == ErrorCode::kTimeout && !stopped() &&
         clock.steady_now() < end) {
    clock.sleep_for(kDescribePause);
    described = describe();
  }
  dynamodb_tables::TableDescription found = STREAMONCE_TRY(std::move(described));
  if (found.latest_stream_arn.empty()) {
    return invalid_argument("table " + table +
                            " never had a stream: enable one, with the view type NEW_IMAGE or "
                            "NEW_AND_OLD_IMAGES");
  }
  return std::move(found.latest_stream_arn);
}

Result<OpenPositions> open_positions(const Settings& settings, const std::string& checkpoint,
                                     const std::string& stream_arn, const Environment& environment,
                                     Clock& clock, Logger& logger) {
  const events::StreamArn stream = STREAMONCE_TRY(events::StreamArn::parse(stream_arn));
  const std::string pipeline = settings.name.empty() ? std::string(stream.table) : settings.name;
  OpenPositions open;
  if (checkpoint == "none") {
    open.store = std::make_unique<NoPositions>();
  } else if (checkpoint != "ledger") {
    open.store = STREAMONCE_TRY(open_file(settings, checkpoint, pipeline, stream_arn, clock));
  } else {
    return open_ledger_positions(settings, {.pipeline = pipeline, .arn = stream_arn}, environment,
                                 clock, logger);
  }
  return open;
}

Result<OpenPositions> open_ledger_positions(const Settings& settings, const LedgerNotes& notes,
                                            const Environment& environment, Clock& clock,
                                            Logger& logger) {
  OpenPositions open;
  if (settings.target.kind == TargetKind::kSqlite) {
    open.store = STREAMONCE_TRY(sqlite::PositionTable::open(
        {.path = settings.target.name,
         .pipeline = notes.pipeline,
         .stream_arn = notes.arn,
         .access = notes.is_read_only ? sqlite::Access::kReadOnly : sqlite::Access::kReadWrite},
        clock));
    return open;
  }
  open.transport = open_network(settings.aws.ca_bundle_path, clock);
  dynamodb::LedgerPositionsOptions options{.ledger_table = settings.ledger,
                                           .region = settings.region,
                                           .endpoint_url = settings.aws.endpoint_url,
                                           .pipeline = notes.pipeline,
                                           .stream_arn = notes.arn,
                                           .random_seed = random_seed(),
                                           .lasts = notes.lasts};
  options.credentials =
      STREAMONCE_TRY(credentials_of(settings.role, settings.session_name, settings.region,
                                    settings.aws, environment, clock, logger));
  open.store = STREAMONCE_TRY(
      dynamodb::LedgerPositions::create(std::move(options), *open.transport, clock, logger));
  return open;
}

}  // namespace streamonce::handler
