#include "handler/commands/parts.h"

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/commands/interruption.h"
#include "handler/commands/source_images.h"
#include "handler/commands/views_file.h"
#include "handler/config/aws_settings.h"
#include "handler/items/dynamodb/dynamodb_item_reader.h"
#include "handler/services/s3.h"
#include "handler/sources/exports/local_export.h"
#include "handler/sources/exports/s3_export.h"
#include "handler/sources/stream/shard_reader.h"
#include "handler/targets/dynamodb/dynamodb_key_scanner.h"
#include "handler/targets/dynamodb/dynamodb_options.h"
#include "handler/targets/dynamodb/dynamodb_target.h"
#include "handler/targets/dynamodb/mark_guard.h"
#include "handler/targets/sqlite/sqlite_items.h"
#include "handler/targets/sqlite/sqlite_key_scanner.h"
#include "handler/targets/sqlite/sqlite_target.h"
#include "runtime/aws/api_client.h"
#include "runtime/aws/credential_chain.h"
#include "runtime/aws/dynamodb_names.h"
#include "runtime/aws/endpoint.h"
#include "runtime/aws/service_client.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/arn.h"
#include "runtime/base/check.h"
#include "runtime/base/payload.h"
#include "runtime/http/curl_transport.h"

namespace streamonce::handler {
namespace {

/// The Region in which a bucket is looked for when nothing tells another one: it knows all.
constexpr std::string_view kRegionOfBuckets = "us-east-1";

/// A target and what it borrows.
struct OpenTarget {
  std::unique_ptr<runtime::HttpTransport> transport;
  std::unique_ptr<Target> target;
  std::function<Result<std::unique_ptr<KeyScanner>>()> open_scanner;
  std::function<Result<std::unique_ptr<ItemReader>>()> open_items;
};

/// The target behind a guard of its marks.
/// @param tables  the views'; null: there are none
Result<std::unique_ptr<Target>> open_guarded(const Settings& settings, const DerivedTables* tables,
                                             TargetUse use, dynamodb::DynamoDbOptions options,
                                             runtime::HttpTransport& transport, Clock& clock,
                                             Logger& logger) {
  aws::ServiceOptions service =
      STREAMONCE_TRY(dynamodb::service_at({.region = options.region,
                                           .endpoint_url = options.endpoint_url,
                                           .credentials = options.credentials,
                                           .random_seed = random_seed()}));
  auto guard = std::make_unique<dynamodb::MarkGuard>(
      dynamodb::MarkGuardOptions{.tables = tables == nullptr
                                               ? std::vector<std::string>{settings.target.name}
                                               : tables->view_tables(),
                                 .pipeline = settings.name,
                                 .adopts_items = settings.marks.adopts_items,
                                 .writes_notes = use == TargetUse::kApply},
      options, std::move(service), transport, clock, logger);
  auto target = STREAMONCE_TRY(
      dynamodb::DynamoDbTarget::create(std::move(options), transport, clock, logger));
  return std::unique_ptr<Target>(
      std::make_unique<dynamodb::GuardedTarget>(std::move(target), std::move(guard)));
}

Result<OpenTarget> open_dynamodb(const Settings& settings, const DerivedTables* tables,
                                 TargetUse use, TargetFigures* figures,
                                 const Environment& environment, Clock& clock, Logger& logger) {
  OpenTarget open;
  open.transport = open_network(settings.aws.ca_bundle_path, clock);
  dynamodb::DynamoDbOptions options;
  options.ledger_table = settings.ledger;
  options.region = settings.region;
  options.endpoint_url = settings.aws.endpoint_url;
  options.credentials =
      STREAMONCE_TRY(credentials_of(settings.role, settings.session_name, settings.region,
                                    settings.aws, environment, clock, logger));
  options.random_seed = random_seed();
  options.version_attribute = settings.marks.version_attribute;
  if (settings.marks.puts_in_flight != 0) options.puts_in_flight = settings.marks.puts_in_flight;
  open.open_scanner = [options, network = open.transport.get(), &clock, &logger] {
    return dynamodb::DynamoDbKeyScanner::create(options, *network, clock, logger);
  };
  open.open_items = [options, ca_bundle = settings.aws.ca_bundle_path, &clock,
                     &logger]() -> Result<std::unique_ptr<ItemReader>> {
    aws::ServiceOptions service =
        STREAMONCE_TRY(dynamodb::service_at({.region = options.region,
                                             .endpoint_url = options.endpoint_url,
                                             .credentials = options.credentials,
                                             .random_seed = random_seed()}));
    return std::unique_ptr<ItemReader>(std::make_unique<dynamodb::DynamoDbItemReader>(
        std::move(service), open_network(ca_bundle, clock), clock, logger));
  };
  options.figures = figures;
  open.target = STREAMONCE_TRY(
      open_guarded(settings, tables, use, std::move(options), *open.transport, clock, logger));
  return open;
}

Result<OpenTarget> open_sqlite(const Settings& settings, const OpenPipeline::Options& options,
                               Clock& clock, Logger& logger) {
  const auto access =
      options.use == TargetUse::kPreview ? sqlite::Access::kReadOnly : sqlite::Access::kReadWrite;
  OpenTarget open;
  open.open_scanner = [path = settings.target.name, access, &clock] {
    return Result<std::unique_ptr<KeyScanner>>(
        std::make_unique<sqlite::SqliteKeyScanner>(path, access, clock));
  };
  open.open_items = [path = settings.target.name, access, &clock] {
    return Result<std::unique_ptr<ItemReader>>(
        std::make_unique<sqlite::SqliteItemReader>(path, access, clock));
  };
  open.target = STREAMONCE_TRY(sqlite::SqliteTarget::create(
      {.path = settings.target.name,
       .access = access,
       .has_many_batches = options.has_many_batches && options.use == TargetUse::kApply},
      clock, logger));
  return open;
}

Result<OpenTarget> open_target(const Settings& settings, const DerivedTables* tables,
                               const OpenPipeline::Options& options, TargetFigures* figures,
                               const Environment& environment, Clock& clock, Logger& logger) {
  switch (settings.target.kind) {
    case TargetKind::kDynamoDb:
      return open_dynamodb(settings, tables, options.use, figures, environment, clock, logger);
    case TargetKind::kSqlite:
      return open_sqlite(settings, options, clock, logger);
  }
  STREAMONCE_CHECK(false);
}

/// The tables that are written, whose own changes must not come.
std::vector<WrittenTable> written_tables(const Settings& settings, const DerivedTables* tables) {
  std::vector<WrittenTable> written;
  if (settings.target.kind != TargetKind::kDynamoDb) return written;
  const auto add = [&](std::string words, std::string_view table) {
    written.push_back({.words = std::move(words),
                       .account = settings.account,
                       .region = settings.region,
                       .table = std::string(aws::name_of_table(table))});
  };
  if (tables == nullptr) add("the target", settings.target.name);
  for (std::size_t i = 0; tables != nullptr && i < tables->views().size(); ++i)
    add("the table of the view " + tables->views()[i].name, tables->table_of(i));
  add("the ledger", settings.ledger);
  return written;
}

class LazyStreamReader final : public StreamReader {
 public:
  LazyStreamReader(const Settings& settings, const Environment& environment, Clock& clock,
                   Logger& logger)
      : settings_(settings),
        environment_(environment),
        clock_(clock),
        logger_(logger) {}

  Status read(const StreamRange& range, const TakePage& take, SteadyTime deadline) override {
    if (failure_) return *failure_;
    if (client_ == nullptr) {
      // What is wrong with one pointer says nothing of the next one.
      const aws::Region region = STREAMONCE_TRY(ShardReader::region_of(range.stream_arn));
      Status opened = open(region.text(), deadline);
      // What is set does not change, and a search for credentials may take a second.
      if (!opened && opened.error().code == ErrorCode::kInvalidArgument) failure_ = opened.error();
      if (!opened) return opened;
    }
    return client_->read(range, take, deadline);
  }

 private:
  /// @param region  the stream's
  Status open(const std::string& region, SteadyTime deadline) {
    AwsSettings aws = STREAMONCE_TRY(load_aws(environment_));
    STREAMONCE_TRY(check_trust(aws, aws.streams_endpoint_url));
    if (credentials_ == nullptr)
      credentials_ =
          STREAMONCE_TRY(credentials_of(settings_.stream_role, settings_.session_name,
                                        settings_.region.empty() ? region : settings_.region, aws,
                                        environment_, clock_, logger_));
    if (transport_ == nullptr) transport_ = open_network(aws.ca_bundle_path, clock_);
    client_ =
        STREAMONCE_TRY(ShardReader::create({.endpoint_url = std::move(aws.streams_endpoint_url),
                                            .credentials = credentials_,
                                            .random_seed = random_seed()},
                                           *transport_, clock_, logger_, deadline));
    return {};
  }

  const Settings& settings_;
  const Environment& environment_;
  Clock& clock_;
  Logger& logger_;
  // Kept when there is no client yet: a provider pauses after it could get none.
  std::shared_ptr<aws::CredentialsProvider> credentials_;
  std::unique_ptr<runtime::HttpTransport> transport_;
  std::unique_ptr<ShardReader> client_;
  std::optional<Error> failure_;  // a setting that is wrong; none: none is, so far
};

/// DynamoDB where `table` of a source is, a name or an ARN.
Result<aws::ServiceOptions> service_of_table(const Settings& settings, std::string_view table,
                                             const AwsSettings& aws, const Environment& environment,
                                             Clock& clock, Logger& logger) {
  const Result<aws::TableArn> arn = aws::TableArn::parse(table);
  if (!arn && begins_as_arn(table)) return with_context("table " + std::string(table), arn.error());
  STREAMONCE_TRY(check_trust(aws, aws.endpoint_url));
  const std::string region_text = arn ? std::string(arn->region) : aws.region;
  aws::Region region = STREAMONCE_TRY(aws::Region::parse(region_text));
  std::string url =
      STREAMONCE_TRY(aws::endpoint_of(aws::kDynamoDb, region, aws.endpoint_url)) + "/";
  std::shared_ptr<aws::CredentialsProvider> credentials = STREAMONCE_TRY(credentials_of(
      settings.stream_role, settings.session_name, region_text, aws, environment, clock, logger));
  return aws::ServiceOptions{.service = aws::kDynamoDb,
                             .region = std::move(region),
                             .url = std::move(url),
                             .credentials = std::move(credentials),
                             .random_seed = random_seed()};
}

class LazyTableReader final : public TableReader {
 public:
  LazyTableReader(const Settings& settings, const Environment& environment, Clock& clock,
                  Logger& logger)
      : settings_(settings),
        environment_(environment),
        clock_(clock),
        logger_(logger) {}

  Result<dynamodb_tables::TableDescription> describe(std::string_view table,
                                                     SteadyTime deadline) override {
    const AwsSettings aws = STREAMONCE_TRY(load_aws(environment_));
    aws::ServiceOptions options =
        STREAMONCE_TRY(service_of_table(settings_, table, aws, environment_, clock_, logger_));
    const auto transport = open_network(aws.ca_bundle_path, clock_);
    aws::ServiceClient service(std::move(options), *transport, clock_, logger_);
    Payload answer(dynamodb_tables::kDescriptionBytesMax);
    const auto failed =
        aws::ApiClient(service).call(dynamodb_tables::kDescribeTable,
                                     dynamodb_tables::describe_request(table), answer, deadline);
    if (failed) return dynamodb_tables::error_of(dynamodb_tables::kDescribeTable, table, *failed);
    return dynamodb_tables::AnswerReader().description(answer.view());
  }

 private:
  const Settings& settings_;
  const Environment& environment_;
  Clock& clock_;
  Logger& logger_;
};

}  // namespace

std::string path_beside_the_binary(std::string_view name) {
  std::array<char, PATH_MAX> path;
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return {};
  const std::string_view binary(path.data(), static_cast<std::size_t>(length));
  return std::string(binary.substr(0, binary.rfind('/') + 1)).append(name);
}

void add_defaults(SettingOptions& options) {
  options.default_file = path_beside_the_binary("pipeline.json");
  options.default_views = path_beside_the_binary("views.sql");
}

std::unique_ptr<runtime::HttpTransport> open_network(const std::string& ca_bundle_path,
                                                     const Clock& clock) {
  return runtime::make_curl_transport(
      {.ca_bundle_path = ca_bundle_path, .user_agent = "streamonce/" STREAMONCE_VERSION}, clock);
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

Result<std::shared_ptr<aws::CredentialsProvider>> credentials_of(
    const RoleSettings& role, const std::string& session_name, const std::string& region,
    const AwsSettings& aws, const Environment& environment, Clock& clock, Logger& logger) {
  // Over connections of their own, on which nothing of a target is in flight.
  aws::CredentialAccess access{.environment = environment,
                               .transport = open_network(aws.ca_bundle_path, clock),
                               .clock = clock,
                               .logger = logger,
                               .random_seed = random_seed()};
  if (region_of(access.environment).empty() && !region.empty())
    access.environment = [environment, region](const char* name) {
      return std::string_view(name) == "AWS_REGION" ? std::optional(region) : environment(name);
    };
  auto base = STREAMONCE_TRY(aws::open_credentials(access));
  if (role.arn.empty()) return base;
  return aws::open_role(
      {.role_arn = role.arn, .external_id = role.external_id, .session_name = session_name},
      std::move(base), access);
}

Result<std::unique_ptr<OpenPipeline>> OpenPipeline::open(Options options,
                                                         const Environment& environment,
                                                         Clock& clock, Logger& logger) {
  add_defaults(options.settings);
  std::unique_ptr<OpenPipeline> open(new OpenPipeline);
  open->settings_ = STREAMONCE_TRY(load_settings(options.settings, environment));
  const Settings& settings = open->settings_;
  std::unique_ptr<DerivedTables> tables;
  if (!settings.views.empty()) tables = STREAMONCE_TRY(load_views(settings));
  if (options.counts || (options.may_tell_metrics && settings.metrics == MetricsForm::kEmf))
    open->figures_.emplace();
  OpenTarget target = STREAMONCE_TRY(
      open_target(settings, tables.get(), options, open->figures(), environment, clock, logger));
  open->transport_ = std::move(target.transport);
  open->target_ = std::move(target.target);
  open->open_scanner_ = std::move(target.open_scanner);
  open->open_items_ = std::move(target.open_items);
  open->tables_ = std::move(tables);
  if (settings.images == ImagesFrom::kFetch)
    open->source_items_ = open_source_images(settings, environment, clock, logger);
  Target* used = open->target_.get();
  if (options.use == TargetUse::kPreview) used = &open->preview_.emplace(*open->target_);
  if (open->figures_) used = &open->measured_.emplace(*used, clock, *open->figures_);
  open->used_ = used;
  const bool has_table = settings.target.kind == TargetKind::kDynamoDb;
  open->pipeline_.emplace(
      PipelineOptions{.name = settings.name,
                      .target_table = has_table ? settings.target.name : std::string(),
                      .retain = settings.retain,
                      .written = written_tables(settings, open->tables_.get()),
                      .tables = open->tables_.get(),
                      .tells_rows = options.use == TargetUse::kPreview,
                      .source_items = open->source_items_.get(),
                      .random_seed = random_seed()},
      *used, clock);
  return open;
}

std::unique_ptr<StreamReader> open_streams(const Settings& settings, const Environment& environment,
                                           Clock& clock, Logger& logger) {
  return std::make_unique<LazyStreamReader>(settings, environment, clock, logger);
}

std::unique_ptr<TableReader> open_tables(const Settings& settings, const Environment& environment,
                                         Clock& clock, Logger& logger) {
  return std::make_unique<LazyTableReader>(settings, environment, clock, logger);
}

Result<std::unique_ptr<ItemReader>> open_source_items(const Settings& settings,
                                                      std::string_view table,
                                                      const Environment& environment, Clock& clock,
                                                      Logger& logger,
                                                      std::chrono::milliseconds credentials_time) {
  const AwsSettings aws = STREAMONCE_TRY(load_aws(environment));
  aws::ServiceOptions service =
      STREAMONCE_TRY(service_of_table(settings, table, aws, environment, clock, logger));
  if (credentials_time > std::chrono::milliseconds::zero())
    STREAMONCE_TRY(service.credentials->get(clock.now(), credentials_time));
  return std::unique_ptr<ItemReader>(std::make_unique<dynamodb::DynamoDbItemReader>(
      std::move(service), open_network(aws.ca_bundle_path, clock), clock, logger));
}

Result<std::unique_ptr<exports::ExportFiles>> open_export(const std::string& place,
                                                          const Settings& settings,
                                                          const Environment& environment,
                                                          Clock& clock, Logger& logger) {
  if (!s3::is_address(place)) return exports::LocalExport::open(place);
  s3::Folder folder = STREAMONCE_TRY(s3::parse_folder(place));
  AwsSettings aws = STREAMONCE_TRY(load_aws(environment));
  STREAMONCE_TRY(check_trust(aws, aws.s3_endpoint_url));
  std::string region_text = aws.region.empty() ? settings.region : aws.region;
  if (region_text.empty()) region_text = kRegionOfBuckets;
  aws::Region region = STREAMONCE_TRY(aws::Region::parse(region_text));
  auto credentials = STREAMONCE_TRY(credentials_of(RoleSettings(), settings.session_name,
                                                   region.text(), aws, environment, clock, logger));
  std::unique_ptr<exports::ExportFiles> files = STREAMONCE_TRY(
      exports::S3Export::create({.folder = std::move(folder),
                                 .region = std::move(region),
                                 .endpoint_url = std::move(aws.s3_endpoint_url),
                                 .credentials = std::move(credentials),
                                 .transport = open_network(aws.ca_bundle_path, clock),
                                 .random_seed = random_seed(),
                                 .temporary_folder = environment("TMPDIR").value_or("/tmp"),
                                 .stopped = stop_asked},
                                clock, logger));
  return files;
}

const char* init_error_type(ErrorCode code) {
  const bool may_pass = code == ErrorCode::kTimeout || code == ErrorCode::kUnavailable;
  return may_pass ? "Function.TargetUnavailable" : "Function.InvalidConfiguration";
}

}  // namespace streamonce::handler
