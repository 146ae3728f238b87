#include "handler/commands/invoke/invoke_command.h"

#include <array>
#include <string_view>
#include <utility>

#include "handler/commands/parts.h"
#include "handler/config/log_settings.h"
#include "runtime/base/log.h"

namespace streamonce::handler {
namespace {

constexpr std::string_view kInvokeAbout =
    R"(Runs recorded events, files of one each, through the very pipeline that Lambda runs; - is
standard input. Prints one line of JSON for each: what Lambda would be told. Logs go to
standard error.
)";

constexpr std::string_view kDetails =
    R"(Exit status: 0 everything done; 1 something failed and is named; 2 the command line or the
configuration is wrong; 3 the input cannot be read at all.
)";

constexpr std::array kOptions = {
    CommandOption{kTimeoutCode, "timeout", "SECONDS", "for each event, 1 to 900; default 60"},
    CommandOption{kVerboseCode, "verbose", nullptr, "log each request too"},
};

int run(Arguments arguments, const Environment& environment) {
  const auto read = read_invoke_request(arguments);
  if (const auto* printed = std::get_if<PrintedText>(&read)) return print(*printed);
  const auto& request = std::get<InvokeRequest>(read);
  SystemClock clock;
  const Result<LogSettings> log = load_log_settings(environment);
  if (!log) return cannot_start(log.error());
  const LogLevel level = request.common.verbose ? LogLevel::kDebug : log->level;
  Logger logger({.level = level, .format = log->format, .sink = write_to_stderr}, clock);
  const auto open =
      OpenPipeline::open({.settings = request.common.settings}, environment, clock, logger);
  if (!open) return cannot_start(open.error());
  return invoke(request.invoke, (*open)->pipeline(), clock, logger, write_to_stdout);
}

}  // namespace

constexpr Command kInvokeCommand = {
    .name = "invoke",
    .operands = "EVENT...",
    .summary =
        "runs recorded events through the very pipeline that Lambda\n"
        "runs; see bootstrap invoke --help",
    .about = kInvokeAbout,
    .options = kOptions,
    .details = kDetails,
    .run = run,
};

std::variant<PrintedText, InvokeRequest> read_invoke_request(Arguments arguments) {
  InvokeRequest request;
  if (auto printed = read_options(kInvokeCommand, arguments, nullptr, request.common))
    return *std::move(printed);
  request.invoke = {.events = std::move(request.common.operands),
                    .timeout = request.common.timeout};
  if (request.invoke.events.empty())
    return usage_error("invoke: no EVENT: name the files of recorded events");
  return request;
}

}  // namespace streamonce::handler
