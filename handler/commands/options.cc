#include "handler/commands/options.h"

#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "events/stream_arn.h"
#include "handler/commands/exit_status.h"
#include "runtime/base/file.h"

namespace streamonce::handler {
namespace {

constexpr std::string_view kHelp =
    "streamonce applies a DynamoDB stream to a target: exactly once in effect, and in order for\n"
    "each item.\n"
    "\n"
    "  bootstrap                      in AWS Lambda: serves a function on a DynamoDB stream\n"
    "  bootstrap invoke EVENT...      runs recorded events through the very pipeline that Lambda\n"
    "                                 runs; see bootstrap invoke --help\n"
    "  bootstrap replay DUMP...       puts dead letters back in, whatever form they have; see\n"
    "                                 bootstrap replay --help\n"
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

constexpr std::string_view kReplayHelp =
    "bootstrap replay [OPTION...] DUMP...\n"
    "\n"
    "Puts dead letters back in: whatever Lambda left of batches that it gave up, in any form and\n"
    "order, as often as you like, and while the function is running. A record older than what the\n"
    "target has changes nothing. DUMP is a file, a folder (every file below it), or - for "
    "standard\n"
    "input; plain or gzip, one document or many: in a row, on lines, in arrays, or as JSON texts.\n"
    "What each is, is told by its members, and may stand in any other:\n"
    "\n"
    "  on-failure record  DDBStreamBatchInfo, with the records (payload) or a pointer to them; of\n"
    "                     an asynchronous invocation (requestPayload)\n"
    "  message            of SQS (Body), SNS (Message, Sns), EventBridge (detail)\n"
    "  list of messages   aws sqs receive-message (Messages), --query 'Messages[].Body', or an\n"
    "                     event of SQS or SNS (Records)\n"
    "  stream records     an event or aws dynamodbstreams get-records (Records), or one alone\n"
    "  failed file        what an earlier replay kept\n"
    "\n"
    "What is none of these, or two at once, is told and kept.\n"
    "\n"
    "  --target TARGET    where the changes are applied (see below)\n"
    "  --ledger TABLE     the table of the marks, for a DynamoDB target\n"
    "  --config FILE      the pipeline file\n"
    "  --dry-run          write nothing; say of each record what would happen by its mark; what\n"
    "                     only writing can show, as a table that is absent or refuses a key or an\n"
    "                     item, is not foreseen\n"
    "  --failed FILE      keep what is not done in FILE, which must not exist; default:\n"
    "                     DUMP.failed.ndjson in the current folder, or with the next free number\n"
    "                     (DUMP.failed.2.ndjson). Replay it by its name: a folder that is "
    "replayed\n"
    "                     leaves files of such names out, and no other FILE may be in it\n"
    "  --stream-arn ARN   the stream of records that do not name it (get-records)\n"
    "  --json             the summary as a JSON object\n"
    "  --timeout SECONDS  for each batch and each pointer, 1 to 900; default 60\n"
    "  -v, --verbose      log each batch and request too\n"
    "\n"
    "How to get a dump, by the kind of the on-failure destination:\n"
    "\n"
    "  S3     aws s3 cp --recursive s3://BUCKET/aws/lambda/MAPPING-UUID/ dump/\n"
    "         bootstrap replay dump/\n"
    "\n"
    "  SQS    while aws sqs receive-message --queue-url URL --max-number-of-messages 10 \\\n"
    "           --wait-time-seconds 5 --visibility-timeout 3600 > page.json && [ -s page.json ]\n"
    "         do cat page.json >> dump.json; done\n"
    "         bootstrap replay dump.json &&\n"
    "           jq -r '.Messages[].ReceiptHandle' dump.json | while read -r handle; do\n"
    "           aws sqs delete-message --queue-url URL --receipt-handle \"$handle\"; done\n"
    "\n"
    "  SNS    as SQS, from a queue that was subscribed to the topic before:\n"
    "         aws sns subscribe --topic-arn TOPIC --protocol sqs --notification-endpoint QUEUE\n"
    "\n"
    "  Pipes  as SQS, from the pipe's dead-letter queue\n"
    "\n"
    "  none, but the records are still in the stream (an open shard has no end: stop it there):\n"
    "         iterator=$(aws dynamodbstreams get-shard-iterator --stream-arn ARN --shard-id SHARD "
    "\\\n"
    "           --shard-iterator-type TRIM_HORIZON --query ShardIterator --output text)\n"
    "         while [ -n \"$iterator\" ]; do\n"
    "           aws dynamodbstreams get-records --shard-iterator \"$iterator\" > page.json || "
    "break\n"
    "           cat page.json >> dump.json\n"
    "           iterator=$(jq -r '.NextShardIterator // empty' page.json); done\n"
    "         bootstrap replay --stream-arn ARN dump.json\n"
    "\n"
    "SQS, SNS and Pipes get a pointer, not the records: they are fetched from the stream, which\n"
    "keeps them for 24 hours (dynamodb:GetShardIterator and dynamodb:GetRecords are needed, at\n"
    "AWS_ENDPOINT_URL_DYNAMODB_STREAMS or the endpoint of the stream's Region). A pointer means "
    "all\n"
    "records of its range, those too that a filter of the mapping had left out.\n"
    "\n"
    "Exit status: 0 everything done; 1 something was not done and is named; 2 the command line or\n"
    "the configuration is wrong; 3 the input cannot be read at all.\n"
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

enum Option : int {
  kTarget = 1000,
  kLedger,
  kConfig,
  kTimeout,
  kDryRun,
  kFailed,
  kStreamArn,
  kJson,
};

/// Takes one option and its value. @return what is wrong with it; empty: nothing
using TakeOption = std::function<std::string(int option, const std::string& value)>;

/// Reads the options of `command`, which starts `arguments`, and leaves the rest in `operands`.
/// @return what is to be printed instead: its help, or what is wrong
std::optional<PrintCommand> read_options(std::vector<std::string> arguments, const option* options,
                                         std::string_view help_text, const TakeOption& take,
                                         std::vector<std::string>& operands) {
  const std::string command = arguments.front();
  // getopt sorts its arguments in place.
  std::vector<char*> pointers;
  pointers.reserve(arguments.size());
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  const int count = static_cast<int>(pointers.size());
  optind = 0;  // starts getopt afresh
  int found = 0;
  // The colon keeps getopt from printing anything itself.
  while ((found = getopt_long(count, pointers.data(), ":vh", options, nullptr)) != -1) {
    const std::string given = pointers[static_cast<std::size_t>(optind) - 1];
    if (found == 'h') return help(help_text, kExitDone);
    if (found == ':') return usage_error(command + ": " + given + " needs a value");
    if (found == '?') {  // optopt is the letter of an option that has one
      const bool letter = optopt > 0 && optopt < kTarget;
      return usage_error(command + ": unknown option " +
                         (letter ? std::string{'-', static_cast<char>(optopt)} : given));
    }
    std::string wrong = take(found, optarg == nullptr ? std::string() : optarg);
    if (!wrong.empty()) return usage_error(std::move(wrong));
  }
  for (int i = optind; i < count; ++i) operands.emplace_back(pointers[static_cast<std::size_t>(i)]);
  return std::nullopt;
}

/// Takes an option that every command has.
std::string take_common(int option, const std::string& value, ConfigOptions& config,
                        std::chrono::seconds& timeout, bool& verbose) {
  switch (option) {
    case kTarget:
      config.target = value;
      return {};
    case kLedger:
      config.ledger = value;
      return {};
    case kConfig:
      config.config_path = value;
      return {};
    case kTimeout:
      return parse_timeout(value, timeout) ? "" : "--timeout: expected whole seconds from 1 to 900";
    default:
      verbose = true;
      return {};
  }
}

Command parse_invoke(const std::vector<std::string>& arguments) {
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
  const auto take = [&](int option, const std::string& value) {
    return take_common(option, value, command.config, command.invoke.timeout, command.verbose);
  };
  if (auto print =
          read_options(arguments, kOptions.data(), kInvokeHelp, take, command.invoke.events))
    return *std::move(print);
  if (command.invoke.events.empty())
    return usage_error("invoke: no EVENT: name the files of recorded events");
  return command;
}

/// Whether the folder that `path` would be in can be written.
bool can_write_beside(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return ::access(folder.c_str(), W_OK) == 0;
}

std::string take_replay_option(int option, const std::string& value, ReplayCommand& command) {
  replay::ReplayOptions& replay = command.replay;
  switch (option) {
    case kDryRun:
      replay.dry_run = true;
      return {};
    case kJson:
      replay.json = true;
      return {};
    case kFailed:
      if (value.empty() || file_exists(value))
        return "--failed: " + value + " exists already: name a new file";
      if (!can_write_beside(value)) return "--failed: " + value + ": its folder cannot be written";
      replay.failed_path = value;
      return {};
    case kStreamArn: {
      const auto stream = events::StreamArn::parse(value);
      if (!stream) return "--stream-arn: " + stream.error().message;
      replay.stream_arn = value;
      return {};
    }
    default:
      return take_common(option, value, command.config, replay.timeout, command.verbose);
  }
}

Command parse_replay(const std::vector<std::string>& arguments) {
  static constexpr std::array<option, 11> kOptions = {{
      {"target", required_argument, nullptr, kTarget},
      {"ledger", required_argument, nullptr, kLedger},
      {"config", required_argument, nullptr, kConfig},
      {"timeout", required_argument, nullptr, kTimeout},
      {"dry-run", no_argument, nullptr, kDryRun},
      {"failed", required_argument, nullptr, kFailed},
      {"stream-arn", required_argument, nullptr, kStreamArn},
      {"json", no_argument, nullptr, kJson},
      {"verbose", no_argument, nullptr, 'v'},
      {"help", no_argument, nullptr, 'h'},
      {nullptr, 0, nullptr, 0},
  }};
  ReplayCommand command;
  const auto take = [&](int option, const std::string& value) {
    return take_replay_option(option, value, command);
  };
  if (auto print =
          read_options(arguments, kOptions.data(), kReplayHelp, take, command.replay.dumps))
    return *std::move(print);
  const auto& dumps = command.replay.dumps;
  if (dumps.empty())
    return usage_error(
        "replay: no DUMP: name files or folders of dead letters, or - for standard input");
  if (std::count(dumps.begin(), dumps.end(), "-") > 1)
    return usage_error("replay: standard input (-) can be read only once");
  return command;
}

}  // namespace

Command parse_command_line(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return help(kHelp, kExitUsage);
  const std::string& command = arguments.front();
  if (command == "--help" || command == "-h") return help(kHelp, kExitDone);
  if (command == "--version")
    return PrintCommand{.text = "streamonce " STREAMONCE_VERSION "\n", .exit_status = kExitDone};
  if (command == "invoke") return parse_invoke(arguments);
  if (command == "replay") return parse_replay(arguments);
  return usage_error("unknown command " + command);
}

}  // namespace streamonce::handler
