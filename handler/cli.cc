#include "handler/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string_view>

namespace streamonce::handler {
namespace {

constexpr std::string_view kAbout =
    "streamonce applies a DynamoDB stream to a target: exactly once in effect, and in order for "
    "each item.\n\n"
    "As the bootstrap of an AWS Lambda function on a DynamoDB stream it needs no arguments. On a "
    "laptop it runs recorded events:\n\n"
    "  bootstrap invoke --target sqlite:copy.db event.json\n";

constexpr std::string_view kSettings =
    "Settings, from strong to weak: options, environment, pipeline file\n"
    "  --target   STREAMONCE_TARGET   dynamodb:TABLE, or sqlite:PATH of a database file in which\n"
    "                                 the table is named after the source table\n"
    "  --ledger   STREAMONCE_LEDGER   for dynamodb: the table that holds the marks (partition key\n"
    "                                 id, a string)\n"
    "  --config   STREAMONCE_CONFIG   the pipeline file; default: pipeline.json beside the binary\n"
    "AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID,\n"
    "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CA_BUNDLE, AWS_LAMBDA_LOG_LEVEL and\n"
    "AWS_LAMBDA_LOG_FORMAT are honoured as AWS's own tools do.\n";

constexpr std::string_view kInvokeNotes =
    "Standard output: one line of JSON for each event, as Lambda would be told. Logs go to standard "
    "error.\n"
    "Exit status: 0 everything done; 1 something failed and is named; 2 the command line or the\n"
    "configuration is wrong; 3 the input cannot be read at all.\n\n";

PrintCommand print(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = app.exit(error, out, err);
  if (status == 0) return {.text = out.str(), .exit_status = kExitDone};
  return {.text = err.str(), .exit_status = kExitUsage};
}

}  // namespace

Command parse_command_line(const std::vector<std::string>& arguments) {
  InvokeCommand command;
  CLI::App app{std::string(kAbout), "bootstrap"};
  app.set_version_flag("--version", "streamonce " STREAMONCE_VERSION);
  app.footer(std::string(kSettings));
  app.require_subcommand(1);

  CLI::App* invoke = app.add_subcommand(
      "invoke", "run recorded events through the very pipeline that Lambda runs");
  invoke->add_option("EVENT", command.invoke.events, "files of one event each; - is standard input")
      ->required()
      ->type_name("");
  invoke->add_option("--target", command.config.target, "where the changes are applied")
      ->type_name("TARGET");
  invoke->add_option("--ledger", command.config.ledger, "the table of the marks, for dynamodb:")
      ->type_name("TABLE");
  invoke->add_option("--config", command.config.config_path, "the pipeline file")
      ->type_name("FILE");
  std::int64_t timeout_seconds = kInvocationSecondsMax.count();
  invoke->add_option("--timeout", timeout_seconds, "for each event, in seconds; default 900")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{kInvocationSecondsMax.count()})
                  .description(""));
  invoke->add_flag("-v,--verbose", command.verbose, "log each request too");
  invoke->footer(std::string(kInvokeNotes) + std::string(kSettings));

  if (arguments.empty()) return PrintCommand{.text = app.help(), .exit_status = kExitUsage};
  // CLI11 takes them from the back.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return print(app, error);
  }
  command.invoke.timeout = std::chrono::seconds(timeout_seconds);
  return command;
}

}  // namespace streamonce::handler
