#include "handler/cli.h"

#include <getopt.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace streamonce::handler {
namespace {

constexpr std::string_view kHelp =
    "streamonce applies a DynamoDB stream to a target: exactly once in effect, and in order for\n"
    "each item.\n"
    "\n"
    "  bootstrap                      in AWS Lambda: serves a function on a DynamoDB stream\n"
    "  bootstrap invoke EVENT...      runs recorded events through the very pipeline that Lambda\n"
    "                                 runs; see bootstrap invoke --help\n"
    "  bootstrap --help | --version\n"
    "\n";

constexpr std::string_view kInvokeHelp =
    "bootstrap invoke [OPTION...] EVENT...\n"
    "\n"
    "Runs recorded events, files of one each, through the very pipeline that Lambda runs; - is\n"
    "standard input. Prints one line of JSON for each: what Lambda would be told. Logs go to\n"
    "standard error.\n"
    "\n"
    "  --target TARGET    where the changes are applied (see below)\n"
    "  --ledger TABLE     the table of the marks, for a DynamoDB target\n"
    "  --config FILE      the pipeline file\n"
    "  --timeout SECONDS  for each event, 1 to 900; default 60\n"
    "  -v, --verbose      log each request too\n"
    "\n"
    "Exit status: 0 everything done; 1 something failed and is named; 2 the command line or the\n"
    "configuration is wrong; 3 the input cannot be read at all.\n"
    "\n";

constexpr std::string_view kSettings =
    "Settings, from strong to weak: options, environment, pipeline file.\n"
    "  --target   STREAMONCE_TARGET   dynamodb:TABLE, or sqlite:PATH of a database file, in which\n"
    "                                 the table is named after the source table\n"
    "  --ledger   STREAMONCE_LEDGER   for dynamodb: the table that holds the marks (partition key\n"
    "                                 id, a string)\n"
    "  --config   STREAMONCE_CONFIG   a JSON file with any of target, ledger, name, retain_days;\n"
    "                                 default: pipeline.json beside the binary, if there is one\n"
    "AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB,\n"
    "AWS_ENDPOINT_URL_DYNAMODB_STREAMS, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,\n"
    "AWS_SESSION_TOKEN, AWS_CA_BUNDLE, SSL_CERT_FILE, AWS_LAMBDA_LOG_LEVEL and\n"
    "AWS_LAMBDA_LOG_FORMAT are honoured as AWS's own tools do.\n";

PrintCommand help(std::string_view text, int exit_status) {
  return {.text = std::string(text) + std::string(kSettings), .exit_status = exit_status};
}

PrintCommand usage_error(std::string what) {
  return {.text = "bootstrap: " + std::move(what) + "; see bootstrap --help\n",
          .exit_status = kExitUsage};
}

bool parse_timeout(std::string_view text, std::chrono::seconds& timeout) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  timeout = std::chrono::seconds(seconds);
  return seconds >= 1 && timeout <= kInvocationSecondsMax;
}

enum Option : int { kTarget = 1000, kLedger, kConfig, kTimeout };

Command parse_invoke(std::vector<char*>& arguments) {
  static constexpr std::array<option, 7> kOptions = {{
      {"target", required_argument, nullptr, kTarget},
      {"ledger", required_argument, nullptr, kLedger},
      {"config", required_argument, nullptr, kConfig},
      {"timeout", required_argument, nullptr, kTimeout},
      {"verbose", no_argument, nullptr, 'v'},
      {"help", no_argument, nullptr, 'h'},
      {nullptr, 0, nullptr, 0},
  }};
  InvokeCommand command;
  const int count = static_cast<int>(arguments.size());
  optind = 0;  // starts getopt afresh
  int found = 0;
  // The colon: getopt prints nothing itself.
  while ((found = getopt_long(count, arguments.data(), ":vh", kOptions.data(), nullptr)) != -1) {
    const std::string given = arguments[static_cast<std::size_t>(optind) - 1];
    switch (found) {
      case kTarget:
        command.config.target = optarg;
        break;
      case kLedger:
        command.config.ledger = optarg;
        break;
      case kConfig:
        command.config.config_path = optarg;
        break;
      case kTimeout:
        if (!parse_timeout(optarg, command.invoke.timeout))
          return usage_error("--timeout: expected whole seconds from 1 to 900");
        break;
      case 'v':
        command.verbose = true;
        break;
      case 'h':
        return help(kInvokeHelp, kExitDone);
      case ':':
        return usage_error("invoke: " + given + " needs a value");
      default:  // optopt: the letter, of options of one
        return usage_error(
            "invoke: unknown option " +
            (optopt > 0 && optopt < kTarget ? std::string{'-', static_cast<char>(optopt)} : given));
    }
  }
  for (int i = optind; i < count; ++i)
    command.invoke.events.emplace_back(arguments[static_cast<std::size_t>(i)]);
  if (command.invoke.events.empty())
    return usage_error("invoke: no EVENT: name the files of recorded events");
  return command;
}

}  // namespace

Command parse_command_line(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return help(kHelp, kExitUsage);
  const std::string& command = arguments.front();
  if (command == "--help" || command == "-h") return help(kHelp, kExitDone);
  if (command == "--version")
    return PrintCommand{.text = "streamonce " STREAMONCE_VERSION "\n", .exit_status = kExitDone};
  if (command != "invoke") return usage_error("unknown command " + command);

  // getopt sorts its arguments in place.
  std::vector<std::string> copies = arguments;
  std::vector<char*> pointers;
  pointers.reserve(copies.size());
  for (std::string& copy : copies) pointers.push_back(copy.data());
  return parse_invoke(pointers);
}

}  // namespace streamonce::handler
