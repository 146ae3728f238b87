// handler/main.cc: the table of commands, and the Lambda function.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "handler/binary/process.h"
#include "handler/commands/check/check_command.h"
#include "handler/commands/command.h"
#include "handler/commands/doctor/doctor_command.h"
#include "handler/commands/follow/follow_command.h"
#include "handler/commands/invoke/invoke_command.h"
#include "handler/commands/load/load_command.h"
#include "handler/commands/parts.h"
#include "handler/commands/replay/replay_command.h"
#include "handler/commands/verify/verify_command.h"
#include "handler/config/log_settings.h"
#include "handler/sources/lambda/queue.h"
#include "handler/sources/lambda/serve.h"
#include "handler/sources/lambda/stream_event.h"
#include "runtime/base/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/http/curl_transport.h"
#include "runtime/lambda/loop.h"
#include "runtime/lambda/runtime_api.h"

namespace streamonce::handler {
namespace {

constexpr std::array kCommands = {
    &check::kCheckCommand,   &kInvokeCommand,         &load::kLoadCommand,
    &replay::kReplayCommand, &follow::kFollowCommand, &verify::kVerifyCommand,
    &doctor::kDoctorCommand,
};

/// Tells the log and Lambda why the function cannot start. @return the exit status
int report_start(runtime::RuntimeApi& api, Logger& logger, const Error& error) {
  logger.log(LogLevel::kFatal, "cannot start", {{"reason", error.message}});
  const Status told =
      api.report_init_error({.type = init_error_type(error.code), .message = error.message});
  if (!told)
    logger.log(LogLevel::kError, "init error not taken", {{"reason", told.error().message}});
  return 1;
}

/// The whole line in one call, so that nothing of another line comes between.
void write_line_to_stdout(std::string_view line) {
  write_to_descriptor(STDOUT_FILENO, line);
}

/// Runs the Lambda function: makes everything that it needs, and serves invocations.
int serve(const std::string& address, const Environment& environment) {
  // Without a Runtime API, standard error is the only place to tell it.
  if (const Status valid = runtime::check_address(address); !valid)
    return cannot_start(valid.error());
  SystemClock clock;
  const auto transport = open_network("", clock);
  runtime::RuntimeApi api(*transport, address);
  const Result<LogSettings> log_settings = load_log_settings(environment);
  const LogSettings log = log_settings ? *log_settings : LogSettings{};
  Logger logger({.level = log.level, .format = log.format, .sink = write_to_stderr}, clock);
  if (!log_settings) return report_start(api, logger, log_settings.error());
  const auto open =
      OpenPipeline::open({.settings = {}, .may_tell_metrics = true}, environment, clock, logger);
  if (!open) return report_start(api, logger, open.error());
  Pipeline& pipeline = (*open)->pipeline();
  const auto streams = open_streams((*open)->settings(), environment, clock, logger);
  StreamEventHandler stream(pipeline, logger);
  QueueHandler queue(pipeline, *streams, clock, logger);
  MetricsOutput metrics;
  if (TargetFigures* figures = (*open)->figures())
    metrics = {.sink = write_line_to_stdout,
               .figures = figures,
               .pipeline = (*open)->settings().name,
               .level = log.metrics_level};
  return runtime::run_loop(api, make_handler(pipeline, stream, queue, clock, std::move(metrics)),
                           logger, clock);
}

int run(const std::vector<std::string>& arguments) {
  const Environment environment = process_environment();
  const auto runtime_api = environment("AWS_LAMBDA_RUNTIME_API");
  if (arguments.empty() && runtime_api) return serve(*runtime_api, environment);
  const auto chosen = choose_command(kCommands, arguments);
  if (const auto* printed = std::get_if<PrintedText>(&chosen)) return print(*printed);
  return std::get<const Command*>(chosen)->run(Arguments(arguments).subspan(1), environment);
}

}  // namespace
}  // namespace streamonce::handler

int main(int argument_count, char** arguments) {
  streamonce::handler::prepare_process();
  return streamonce::handler::run(
      // A caller may leave out even the program's name.
      std::vector<std::string>(arguments + std::min(1, argument_count),
                               arguments + argument_count));
}
