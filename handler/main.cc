// handler/main.cc: wires the parts together: settings, clock, network, target, pipeline; then
// serves Lambda, or runs a command.

#include <curl/curl.h>
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "handler/binary/cpu.h"
#include "handler/commands/exit_status.h"
#include "handler/commands/invoke/invoke.h"
#include "handler/commands/options.h"
#include "handler/commands/replay/progress.h"
#include "handler/commands/replay/replay.h"
#include "handler/config/config.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/dumps/inputs.h"
#include "handler/sources/lambda/queue.h"
#include "handler/sources/lambda/serve.h"
#include "handler/sources/stream/shard_reader.h"
#include "handler/targets/dynamodb/dynamodb_target.h"
#include "handler/targets/preview_target.h"
#include "handler/targets/sqlite/sqlite_target.h"
#include "runtime/aws/credentials.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/http/curl_transport.h"
#include "runtime/lambda/loop.h"
#include "runtime/lambda/runtime_api.h"

namespace streamonce::handler {
namespace {

constexpr const char* kUserAgent = "streamonce/" STREAMONCE_VERSION;

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
  std::unique_ptr<runtime::HttpTransport> transport;  ///< a DynamoDB target's; else null
  std::unique_ptr<Target> target;
};

Result<OpenTarget> open_target(const Config& config, Clock& clock, Logger& logger,
                               sqlite::Access access = sqlite::Access::kReadWrite) {
  OpenTarget open;
  if (config.target.kind == TargetKind::kSqlite) {
    open.target = STREAMONCE_TRY(sqlite::SqliteTarget::create(
        {.path = config.target.name, .access = access}, clock, logger));
    return open;
  }
  open.transport = runtime::make_curl_transport(
      {.ca_bundle_path = config.aws.ca_bundle_path, .user_agent = kUserAgent}, clock);
  dynamodb::DynamoDbOptions options;
  STREAMONCE_TRY(dynamodb::check_target_table(config.target.name, config.ledger));
  options.ledger_table = config.ledger;
  options.region = config.aws.region;
  options.endpoint_url = config.aws.endpoint_url;
  options.credentials = credentials_of(config.aws);
  options.random_seed = random_seed();
  open.target = STREAMONCE_TRY(
      dynamodb::DynamoDbTarget::create(std::move(options), *open.transport, clock, logger));
  return open;
}

/// Fetches records from a stream. The settings for that are looked for only when a dead letter
/// needs them: a replay without pointers must run without AWS.
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
    transport_ = runtime::make_curl_transport(
        {.ca_bundle_path = aws.ca_bundle_path, .user_agent = kUserAgent}, clock_);
    client_ = STREAMONCE_TRY(
        dynamodb::StreamClient::create({.endpoint_url = std::move(aws.streams_endpoint_url),
                                        .credentials = credentials_of(aws),
                                        .random_seed = random_seed()},
                                       *transport_, clock_, logger_));
    return {};
  }

  const Environment& environment_;
  Clock& clock_;
  Logger& logger_;
  std::unique_ptr<runtime::HttpTransport> transport_;
  std::unique_ptr<dynamodb::StreamClient> client_;
};

std::string config_path_beside_the_binary() {
  std::array<char, PATH_MAX> path;
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return {};
  const std::string_view binary(path.data(), static_cast<std::size_t>(length));
  return std::string(binary.substr(0, binary.rfind('/') + 1)) + "pipeline.json";
}

PipelineOptions pipeline_options(const Config& config) {
  const bool has_table = config.target.kind == TargetKind::kDynamoDb;
  return {.name = config.name,
          .target_table = has_table ? config.target.name : std::string(),
          .retain = config.retain};
}

/// What a start failed for: something that may pass, or something that somebody must change.
const char* init_error_type(ErrorCode code) {
  const bool may_pass = code == ErrorCode::kTimeout || code == ErrorCode::kUnavailable;
  return may_pass ? "Function.TargetUnavailable" : "Function.InvalidConfiguration";
}

int usage_error(const Error& error) {
  std::fprintf(stderr, "bootstrap: %s\n", error.message.c_str());
  return kExitUsage;
}

/// Runs the Lambda function: makes everything that it needs, and serves invocations.
int serve(const std::string& address, const Environment& environment) {
  // Without a Runtime API, standard error is the only place to tell it.
  if (const Status valid = runtime::check_address(address); !valid)
    return usage_error(valid.error());
  SystemClock clock;
  const auto transport =
      runtime::make_curl_transport({.ca_bundle_path = "", .user_agent = kUserAgent}, clock);
  runtime::RuntimeApi api(*transport, address);
  const Result<LogSettings> log_settings = load_log_settings(environment);
  const LogSettings log = log_settings ? *log_settings : LogSettings{};
  Logger logger({.level = log.level, .format = log.format, .sink = write_to_stderr}, clock);
  const auto fail = [&](const Error& error) {
    logger.log(LogLevel::kFatal, "cannot start", {{"reason", error.message}});
    const Status told =
        api.report_init_error({.type = init_error_type(error.code), .message = error.message});
    if (!told)
      logger.log(LogLevel::kError, "init error not taken", {{"reason", told.error().message}});
    return 1;
  };

  if (!log_settings) return fail(log_settings.error());
  const Result<Config> config =
      load_config({.target = {},
                   .ledger = {},
                   .config_path = {},
                   .default_config_path = config_path_beside_the_binary()},
                  environment);
  if (!config) return fail(config.error());
  const Result<OpenTarget> open = open_target(*config, clock, logger);
  if (!open) return fail(open.error());
  Pipeline pipeline(pipeline_options(*config), *open->target, clock, logger);
  LazyStreamReader streams(environment, clock, logger);
  QueueHandler queue(pipeline, streams, clock, logger);
  return runtime::run_loop(api, make_handler(pipeline, queue, clock), logger, clock);
}

bool write_to_stdout(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

int run(InvokeCommand command, const Environment& environment) {
  SystemClock clock;
  const Result<LogSettings> log = load_log_settings(environment);
  if (!log) return usage_error(log.error());
  const LogLevel level = command.verbose ? LogLevel::kDebug : log->level;
  Logger logger({.level = level, .format = log->format, .sink = write_to_stderr}, clock);
  command.config.default_config_path = config_path_beside_the_binary();
  const Result<Config> config = load_config(command.config, environment);
  if (!config) return usage_error(config.error());
  const Result<OpenTarget> open = open_target(*config, clock, logger);
  if (!open) return usage_error(open.error());
  Pipeline pipeline(pipeline_options(*config), *open->target, clock, logger);
  return invoke(command.invoke, pipeline, clock, logger, write_to_stdout);
}

/// Set by the first signal that asks a replay to end. The second one ends it at once.
volatile std::sig_atomic_t stop_asked = 0;

extern "C" void ask_to_stop(int signal) {
  if (stop_asked != 0) ::_exit(128 + signal);
  stop_asked = 1;
  constexpr std::string_view kWord = "\nstopping after the batch in hand; once more ends at once\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kWord.data(), kWord.size());
}

int run(ReplayCommand command, const Environment& environment) {
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGHUP, ask_to_stop);
  SystemClock clock;
  if (command.replay.failed_path) {
    const Status valid =
        replay::check_failed_path(command.replay.dumps, *command.replay.failed_path);
    if (!valid) return usage_error(valid.error());
  }
  const Result<LogSettings> log = load_log_settings(environment);
  if (!log) return usage_error(log.error());
  // The log leaves batches out unless asked: they are many, and the progress tells of them.
  const LogLevel quiet = environment("AWS_LAMBDA_LOG_LEVEL") ? log->level : LogLevel::kWarn;
  using replay::Progress;
  Progress progress(clock, {.place = ::isatty(STDERR_FILENO) == 1 ? Progress::Place::kTerminal
                                                                  : Progress::Place::kLog,
                            .columns = [] { return replay::terminal_columns(STDERR_FILENO); },
                            .sink = write_to_stderr});
  Logger logger({.level = command.verbose ? LogLevel::kDebug : quiet,
                 .format = log->format,
                 .sink =
                     [&](std::string_view line) {
                       progress.clear();
                       write_to_stderr(line);
                     }},
                clock);
  command.config.default_config_path = config_path_beside_the_binary();
  const Result<Config> config = load_config(command.config, environment);
  if (!config) return usage_error(config.error());
  const bool dry = command.replay.dry_run;
  const Result<OpenTarget> open = open_target(
      *config, clock, logger, dry ? sqlite::Access::kReadOnly : sqlite::Access::kReadWrite);
  if (!open) return usage_error(open.error());
  PreviewTarget preview(*open->target);
  PipelineOptions options = pipeline_options(*config);
  options.logs_failures = false;  // the replay tells of failures
  Pipeline pipeline(options, dry ? preview : *open->target, clock, logger);
  LazyStreamReader streams(environment, clock, logger);
  return replay::replay(command.replay, {.pipeline = pipeline,
                                         .streams = streams,
                                         .clock = clock,
                                         .logger = logger,
                                         .progress = progress,
                                         .stopped = [] { return stop_asked != 0; },
                                         .out = write_to_stdout});
}

int run(const PrintCommand& command, const Environment&) {
  std::FILE* out = command.exit_status == kExitDone ? stdout : stderr;
  if (std::fputs(command.text.c_str(), out) >= 0 && std::fflush(out) == 0)
    return command.exit_status;
  return std::max(command.exit_status, kExitFailed);
}

/// Blocks of this size go back to the system as soon as they are freed. Left to itself, glibc keeps
/// ever larger ones once such have been freed: 10 MB after a few events of 6 MB.
constexpr int kBytesGivenBack = 256 * 1024;

void bound_memory() {
  ::mallopt(M_MMAP_THRESHOLD, kBytesGivenBack);
  ::mallopt(M_TRIM_THRESHOLD, kBytesGivenBack);
}

/// Fills the standard streams that were closed before the start with one that can be used for
/// nothing: else a file or socket of ours would be opened there, and a response written into it.
void fill_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1) continue;
    const int unusable = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", unusable) != stream && ::open("/", O_RDONLY) != stream) ::_exit(1);
  }
}

/// Ends the process: what is committed is committed, and the rest will be delivered again. A signal
/// needs a handler for that, since without one it does not reach the first process of a container.
extern "C" void end_at_once(int signal) {
  ::_exit(128 + signal);
}

int main_of(const std::vector<std::string>& arguments) {
  require_cpu();
  bound_memory();
  fill_standard_streams();
  std::signal(SIGTERM, end_at_once);
  std::signal(SIGINT, end_at_once);
  // A reader that goes away, and a limit on the size of files, are errors of the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const Environment environment = process_environment();
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    std::fputs("bootstrap: libcurl cannot be initialised\n", stderr);
    return 1;
  }
  const auto runtime_api = environment("AWS_LAMBDA_RUNTIME_API");
  if (arguments.empty() && runtime_api) return serve(*runtime_api, environment);
  return std::visit(
      [&](auto&& command) { return run(std::forward<decltype(command)>(command), environment); },
      parse_command_line(arguments));
}

}  // namespace
}  // namespace streamonce::handler

int main(int argument_count, char** arguments) {
  return streamonce::handler::main_of(
      // A caller may leave out even the program's name.
      std::vector<std::string>(arguments + std::min(1, argument_count),
                               arguments + argument_count));
}
