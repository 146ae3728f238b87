#include "handler/commands/replay/replay_command.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "events/stream_arn.h"
#include "handler/commands/console.h"
#include "handler/commands/interruption.h"
#include "handler/commands/parts.h"
#include "handler/commands/replay/replay.h"
#include "handler/config/log_settings.h"
#include "handler/sources/dumps/inputs.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"

namespace streamonce::handler::replay {
namespace {

constexpr std::string_view kReplayAbout =
    R"(Puts dead letters back in: whatever Lambda left of batches that it gave up, in any form and
order, as often as you like, and while the function is running. A record older than what the
target has changes nothing. DUMP is a file, a folder (every file below it), or - for standard
input; plain or gzip, one document or many: in a row, on lines, in arrays, or as JSON texts.
What each is, is told by its members, and may stand in any other:

  on-failure record  DDBStreamBatchInfo, with the records (payload) or a pointer to them; of
                     an asynchronous invocation (requestPayload)
  message            of SQS (Body), SNS (Message, Sns), EventBridge (detail)
  list of messages   aws sqs receive-message (Messages), --query 'Messages[].Body', or an
                     event of SQS or SNS (Records)
  stream records     an event or aws dynamodbstreams get-records (Records), or one alone
  failed file        what an earlier replay kept

What is none of these, or two at once, is told and kept.
)";

constexpr std::string_view kDetails =
    R"(How to get a dump, by the kind of the on-failure destination:

  S3     aws s3 cp --recursive s3://BUCKET/aws/lambda/MAPPING-UUID/ dump/
         bootstrap replay dump/

  SQS    while aws sqs receive-message --queue-url URL --max-number-of-messages 10 \
           --wait-time-seconds 5 --visibility-timeout 3600 > page.json && [ -s page.json ]
         do cat page.json >> dump.json; done
         bootstrap replay dump.json &&
           jq -r '.Messages[].ReceiptHandle' dump.json | while read -r handle; do
           aws sqs delete-message --queue-url URL --receipt-handle "$handle"; done

  SNS    as SQS, from a queue that was subscribed to the topic before:
         aws sns subscribe --topic-arn TOPIC --protocol sqs --notification-endpoint QUEUE

  Pipes  as SQS, from the pipe's dead-letter queue

  none, but the records are still in the stream (an open shard has no end: stop it there):
         iterator=$(aws dynamodbstreams get-shard-iterator --stream-arn ARN --shard-id SHARD \
           --shard-iterator-type TRIM_HORIZON --query ShardIterator --output text)
         while [ -n "$iterator" ]; do
           aws dynamodbstreams get-records --shard-iterator "$iterator" > page.json || break
           cat page.json >> dump.json
           iterator=$(jq -r '.NextShardIterator // empty' page.json); done
         bootstrap replay --stream-arn ARN dump.json

SQS, SNS and Pipes get a pointer, not the records: they are fetched from the stream, which
keeps them for 24 hours (dynamodb:GetShardIterator and dynamodb:GetRecords are needed, at
AWS_ENDPOINT_URL_DYNAMODB_STREAMS or the endpoint of the stream's Region). A pointer means all
records of its range, those too that a filter of the mapping had left out.

Exit status: 0 everything done; 1 something was not done and is named; 2 the command line or
the configuration is wrong; 3 the input cannot be read at all.
)";

enum ReplayCode : int { kDryRun = kFirstOwnCode, kFailed, kStreamArn, kJson };

constexpr std::array kOptions = {
    CommandOption{kDryRun, "dry-run", nullptr,
                  "write nothing; say of each record what would happen by its mark, and with\n"
                  "views to which rows and amounts (open_orders: put, order_lines: put 3\n"
                  "remove 1, revenue: add orders 1), no key and no other value; what only\n"
                  "writing can show, as a table that is absent or refuses a key or an item, or\n"
                  "a row that is another item's, is not foreseen"},
    CommandOption{kFailed, "failed", "FILE",
                  "keep what is not done in FILE, which must not exist; default:\n"
                  "DUMP.failed.ndjson in the current folder, or with the next free number\n"
                  "(DUMP.failed.2.ndjson). Replay it by its name: a folder that is replayed\n"
                  "leaves files of such names out, and no other FILE may be in it"},
    CommandOption{kStreamArn, "stream-arn", "ARN",
                  "the stream of records that do not name it (get-records)"},
    CommandOption{kJson, "json", nullptr, "the summary as a JSON object"},
    CommandOption{kTimeoutCode, "timeout", "SECONDS",
                  "for each batch and each pointer, 1 to 900; default 60"},
    CommandOption{kVerboseCode, "verbose", nullptr, "log each batch and request too"},
};

/// Whether the folder that `path` would be in can be written.
bool can_write_beside(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return ::access(folder.c_str(), W_OK) == 0;
}

/// Takes an option of this command alone. @return what is wrong with it; empty: nothing
std::string take_option(int code, const std::string& value, ReplayOptions& replay) {
  switch (code) {
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
    default: {
      const auto stream = events::StreamArn::parse(value);
      if (!stream) return "--stream-arn: " + stream.error().message;
      replay.stream_arn = value;
      return {};
    }
  }
}

int run(Arguments arguments, const Environment& environment) {
  const auto read = read_replay_request(arguments);
  if (const auto* printed = std::get_if<PrintedText>(&read)) return print(*printed);
  const auto& request = std::get<ReplayRequest>(read);
  const ReplayOptions& options = request.replay;
  stop_on_signals();
  SystemClock clock;
  if (options.failed_path) {
    const Status valid = dumps::check_failed_path(options.dumps, *options.failed_path);
    if (!valid) return cannot_start(valid.error());
  }
  const Result<LogSettings> log = load_log_settings(environment);
  if (!log) return cannot_start(log.error());
  // Batches are left out unless asked for: they are many, and the progress tells of them.
  const LogLevel level = level_of(request.common.verbose, LogLevel::kWarn, *log, environment);
  Console console(clock, level, log->format);
  const auto open =
      OpenPipeline::open({.settings = request.common.settings,
                          .use = options.dry_run ? TargetUse::kPreview : TargetUse::kApply},
                         environment, clock, console.logger());
  if (!open) return cannot_start(open.error());
  const auto streams = open_streams((*open)->settings(), environment, clock, console.logger());
  return replay(options, {.pipeline = (*open)->pipeline(),
                          .streams = *streams,
                          .clock = clock,
                          .logger = console.logger(),
                          .progress = console.progress(),
                          .stopped = stop_asked,
                          .out = write_to_stdout});
}

}  // namespace

constexpr Command kReplayCommand = {
    .name = "replay",
    .operands = "DUMP...",
    .summary =
        "puts dead letters back in, whatever form they have; see\n"
        "bootstrap replay --help",
    .about = kReplayAbout,
    .options = kOptions,
    .details = kDetails,
    .run = run,
};

std::variant<PrintedText, ReplayRequest> read_replay_request(Arguments arguments) {
  ReplayRequest request;
  const auto take = [&](int code, const std::string& value) {
    return take_option(code, value, request.replay);
  };
  if (auto printed = read_options(kReplayCommand, arguments, take, request.common))
    return *std::move(printed);
  ReplayOptions& replay = request.replay;
  replay.dumps = std::move(request.common.operands);
  replay.timeout = request.common.timeout;
  if (replay.dumps.empty())
    return usage_error(
        "replay: no DUMP: name files or folders of dead letters, or - for standard input");
  if (std::count(replay.dumps.begin(), replay.dumps.end(), "-") > 1)
    return usage_error("replay: standard input (-) can be read only once");
  return request;
}

}  // namespace streamonce::handler::replay
