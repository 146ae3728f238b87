#include "handler/commands/parts.h"

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstddef>
#include <memory>
#include <random>
#include <string_view>
#include <utility>

#include "handler/commands/views_file.h"
#include "handler/config/aws_settings.h"
#include "handler/sources/stream/shard_reader.h"
#include "handler/targets/dynamodb/dynamodb_target.h"
#include "handler/targets/sqlite/sqlite_target.h"
#include "runtime/aws/credentials.h"
#include "runtime/base/check.h"
#include "runtime/http/curl_transport.h"

namespace streamonce::handler {
namespace {

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

/// The credentials of the environment.
std::shared_ptr<aws::CredentialsProvider> credentials_of(const AwsSettings& aws) {
  return std::make_shared<aws::StaticCredentials>(
      aws::Credentials{.access_key_id = aws.access_key_id,
                       .secret_access_key = aws.secret_access_key,
                       .session_token = aws.session_token,
                       .expiry = {}});
}

/// A target and what it borrows.
struct OpenTarget {
  std::unique_ptr<runtime::HttpTransport> transport;
  std::unique_ptr<Target> target;
};

Result<OpenTarget> open_dynamodb(const Settings& settings, Clock& clock, Logger& logger) {
  OpenTarget open;
  open.transport = open_network(settings.aws.ca_bundle_path, clock);
  dynamodb::DynamoDbOptions options;
  if (settings.views.empty())
    STREAMONCE_TRY(dynamodb::check_target_table(settings.target.name, settings.ledger));
  options.ledger_table = settings.ledger;
  options.region = settings.aws.region;
  options.endpoint_url = settings.aws.endpoint_url;
  options.credentials = credentials_of(settings.aws);
  options.random_seed = random_seed();
  open.target = STREAMONCE_TRY(
      dynamodb::DynamoDbTarget::create(std::move(options), *open.transport, clock, logger));
  return open;
}

Result<OpenTarget> open_sqlite(const Settings& settings, TargetUse use, Clock& clock,
                               Logger& logger) {
  const auto access =
      use == TargetUse::kPreview ? sqlite::Access::kReadOnly : sqlite::Access::kReadWrite;
  OpenTarget open;
  open.target = STREAMONCE_TRY(sqlite::SqliteTarget::create(
      {.path = settings.target.name, .access = access}, clock, logger));
  return open;
}

Result<OpenTarget> open_target(const Settings& settings, TargetUse use, Clock& clock,
                               Logger& logger) {
  switch (settings.target.kind) {
    case TargetKind::kDynamoDb:
      return open_dynamodb(settings, clock, logger);
    case TargetKind::kSqlite:
      return open_sqlite(settings, use, clock, logger);
  }
  STREAMONCE_CHECK(false);
}

class LazyStreamReader final : public StreamReader {
 public:
  LazyStreamReader(const Environment& environment, Clock& clock, Logger& logger)
      : environment_(environment),
        clock_(clock),
        logger_(logger) {}

  Status read(const StreamRange& range, const TakePage& take, SteadyTime deadline) override {
    if (!client_) STREAMONCE_TRY(open());
    return client_->read(range, take, deadline);
  }

 private:
  Status open() {
    AwsSettings aws = STREAMONCE_TRY(load_aws(environment_));
    STREAMONCE_TRY(check_trust(aws, aws.streams_endpoint_url));
    transport_ = open_network(aws.ca_bundle_path, clock_);
    client_ =
        STREAMONCE_TRY(ShardReader::create({.endpoint_url = std::move(aws.streams_endpoint_url),
                                            .credentials = credentials_of(aws),
                                            .random_seed = random_seed()},
                                           *transport_, clock_, logger_));
    return {};
  }

  const Environment& environment_;
  Clock& clock_;
  Logger& logger_;
  std::unique_ptr<runtime::HttpTransport> transport_;
  std::unique_ptr<ShardReader> client_;
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

Result<std::unique_ptr<OpenPipeline>> OpenPipeline::open(Options options,
                                                         const Environment& environment,
                                                         Clock& clock, Logger& logger) {
  add_defaults(options.settings);
  const Settings settings = STREAMONCE_TRY(load_settings(options.settings, environment));
  std::unique_ptr<DerivedTables> tables;
  if (!settings.views.empty()) tables = STREAMONCE_TRY(load_views(settings));
  OpenTarget target = STREAMONCE_TRY(open_target(settings, options.use, clock, logger));
  std::unique_ptr<OpenPipeline> open(new OpenPipeline);
  open->transport_ = std::move(target.transport);
  open->target_ = std::move(target.target);
  open->tables_ = std::move(tables);
  Target* used = open->target_.get();
  if (options.use == TargetUse::kPreview) used = &open->preview_.emplace(*open->target_);
  const bool has_table = settings.target.kind == TargetKind::kDynamoDb;
  open->pipeline_.emplace(
      PipelineOptions{.name = settings.name,
                      .target_table = has_table ? settings.target.name : std::string(),
                      .retain = settings.retain,
                      .tables = open->tables_.get(),
                      .tells_rows = options.use == TargetUse::kPreview,
                      .random_seed = random_seed()},
      *used, clock);
  return open;
}

std::unique_ptr<StreamReader> open_streams(const Environment& environment, Clock& clock,
                                           Logger& logger) {
  return std::make_unique<LazyStreamReader>(environment, clock, logger);
}

const char* init_error_type(ErrorCode code) {
  const bool may_pass = code == ErrorCode::kTimeout || code == ErrorCode::kUnavailable;
  return may_pass ? "Function.TargetUnavailable" : "Function.InvalidConfiguration";
}

}  // namespace streamonce::handler
