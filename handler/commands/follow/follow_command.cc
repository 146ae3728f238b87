#include "handler/commands/follow/follow_command.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "events/stream_arn.h"
#include "handler/commands/interruption.h"
#include "handler/commands/progress.h"
#include "handler/config/log_settings.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/text.h"

namespace streamonce::handler::follow {
namespace {

constexpr std::string_view kAbout =
    R"(Applies a DynamoDB stream to the target without Lambda: on a laptop, in a container, or to
catch up. It finds the stream's shards, reads parents before children, and goes on behind the
place where it was. Two followers at once do no harm, nor does a Lambda function beside one; it
only costs, and a shard of a stream has two readers at most, one where it is a global table's.

It ends when it is told to (SIGTERM, SIGINT: within 2 seconds), when --once is fulfilled, and
when the stream was disabled and all of it is applied.
)";

constexpr std::string_view kDetails =
    R"(A record that cannot be applied blocks its shard, as it does in Lambda: it is tried again after
1, 2, 4 .. 60 seconds, and no other shard waits for it. With --dead-letters it is written to FILE
after so many attempts, whole, and the shard goes on; then the exit status is 1, and
bootstrap replay FILE puts it in once the cause is mended. FILE holds items: only you can read it.
When over 100 records in a row would be given up, the target is to blame: it ends, and the records
stay in the stream.

A stream keeps records for 24 hours. Where some were gone before they were read, it says so ("gap"),
goes on with the oldest that are there, and the exit status is 1: items that changed then may be
wrong in the target. bootstrap verify --repair mends them.

Positions are saved every 10 seconds at most, and never before what they stand for is durable. With
DynamoDB they are items of the ledger table, with SQLite rows beside the ledger. One that is lost
costs time and nothing else: the shard is read from its oldest record, and the marks tell what is
there already.

--once: DynamoDB does not tell where an open shard ends. It is taken for read up to where it stood
when 20 pages in a row, over 5 seconds, had no record, or when a record comes that was written 90
seconds after the start.

Permissions: dynamodb:DescribeStream, GetShardIterator and GetRecords on the stream; DescribeTable
on the table for --source; GetItem, PutItem and DeleteItem on the ledger for positions; and those
of the target.

Exit status: 0 everything done; 1 something failed, or records were gone, and is named; 2 the
command line or the configuration is wrong; 3 the stream cannot be read at all.
)";

enum FollowCode : int {
  kSource = kFirstOwnCode,
  kStreamArn,
  kFrom,
  kOnce,
  kCheckpoint,
  kAttempts,
  kDeadLetters,
  kJson
};

constexpr std::array kOptions = {
    CommandOption{kSource, "source", "TABLE",
                  "the table whose newest stream is followed: a name, or an ARN"},
    CommandOption{kStreamArn, "stream-arn", "ARN", "the stream itself, instead of --source"},
    CommandOption{kFrom, "from", "PLACE",
                  "where a stream is begun that was never followed: trim-horizon, the oldest\n"
                  "records that it has, which is the default; or latest, which passes over all\n"
                  "that was written before, and changes of just now may be among that"},
    CommandOption{kOnce, "once", nullptr,
                  "end once each shard is read up to where it stood at the start"},
    CommandOption{kCheckpoint, "checkpoint", "WHERE",
                  "where positions are kept: ledger, which is the default, none, or the path\n"
                  "of a file"},
    CommandOption{kAttempts, "attempts", "N",
                  "how often in a row nothing can be done before a record is given up, 1 to\n"
                  "1000; default 10, which takes four minutes at least. Only with\n"
                  "--dead-letters, or with --once, where its shard is left then"},
    CommandOption{kDeadLetters, "dead-letters", "FILE",
                  "append records that are given up to FILE; default: none is given up"},
    CommandOption{kJson, "json", nullptr, "the summary as a JSON object"},
    CommandOption{kVerboseCode, "verbose", nullptr, "log each page and request too"},
};

constexpr int kAttemptsMax = 1'000;

std::string take_attempts(const std::string& value, FollowRequest& follow) {
  const char* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, follow.attempts);
  if (error != std::errc{} || rest != end || follow.attempts < 1 || follow.attempts > kAttemptsMax)
    return "--attempts: expected a whole number from 1 to 1000";
  return {};
}

/// Takes an option of this command alone. @return what is wrong with it; empty: nothing
std::string take_option(int code, const std::string& value, FollowRequest& follow) {
  switch (code) {
    case kSource:
      if (!aws::is_table(value))
        return "--source: " + in_quotes(value) + ": expected a table's name or its ARN";
      follow.source = value;
      return {};
    case kStreamArn: {
      const auto stream = events::StreamArn::parse(value);
      if (!stream) return "--stream-arn: " + stream.error().message;
      follow.stream_arn = value;
      return {};
    }
    case kFrom:
      if (value != "trim-horizon" && value != "latest")
        return "--from: " + in_quotes(value) + ": expected trim-horizon or latest";
      follow.from_latest = value == "latest";
      return {};
    case kOnce:
      follow.once = true;
      return {};
    case kCheckpoint:
      if (value.empty()) return "--checkpoint: expected ledger, none or the path of a file";
      follow.checkpoint = value;
      return {};
    case kAttempts:
      return take_attempts(value, follow);
    case kDeadLetters:
      if (value.empty()) return "--dead-letters: expected the path of a file";
      follow.letters_path = value;
      return {};
    default:
      follow.json = true;
      return {};
  }
}

int run(Arguments arguments, const Environment& environment) {
  const auto read = read_follow_request(arguments);
  if (const auto* printed = std::get_if<PrintedText>(&read)) return print(*printed);
  const auto& line = std::get<FollowCommandLine>(read);
  stop_on_signals();
  SystemClock clock;
  const Result<LogSettings> log = load_log_settings(environment);
  if (!log) return cannot_start(log.error());
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  StatusLine status(
      clock, {.medium = is_terminal ? StatusLine::Medium::kTerminal : StatusLine::Medium::kLog,
              .columns = [] { return terminal_columns(STDERR_FILENO); },
              .sink = write_to_stderr});
  Logger logger({.level = line.common.verbose ? LogLevel::kDebug : log->level,
                 .format = log->format,
                 .sink =
                     [&](std::string_view text) {
                       status.clear();
                       write_to_stderr(text);
                     }},
                clock);
  const auto open =
      OpenPipeline::open({.settings = line.common.settings}, environment, clock, logger);
  if (!open) return cannot_start(open.error());
  if (line.follow.from_latest)
    logger.log(LogLevel::kWarn, "from latest",
               {{"reason",
                 "what was written before is passed over, and changes of just now may be, too; "
                 "only a stream that was never followed is begun so"}});
  return run_follow(line.follow, {.pipeline = **open,
                                  .environment = environment,
                                  .clock = clock,
                                  .logger = logger,
                                  .status = status,
                                  .stopped = stop_asked,
                                  .out = write_to_stdout});
}

}  // namespace

constexpr Command kFollowCommand = {
    .name = "follow",
    .operands = "--source TABLE",
    .summary = "applies a stream without Lambda; see bootstrap follow --help",
    .about = kAbout,
    .options = kOptions,
    .details = kDetails,
    .run = run,
};

std::variant<PrintedText, FollowCommandLine> read_follow_request(Arguments arguments) {
  FollowCommandLine line;
  const auto take = [&](int code, const std::string& value) {
    return take_option(code, value, line.follow);
  };
  if (auto printed = read_options(kFollowCommand, arguments, take, line.common))
    return *std::move(printed);
  if (!line.common.operands.empty())
    return usage_error("follow: unexpected " + in_quotes(line.common.operands.front()) +
                       ": name the table with --source, or its stream with --stream-arn");
  if (line.follow.source.empty() == line.follow.stream_arn.empty())
    return usage_error("follow: expected --source TABLE or --stream-arn ARN, one of them");
  return line;
}

}  // namespace streamonce::handler::follow
