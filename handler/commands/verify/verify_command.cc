#include "handler/commands/verify/verify_command.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "events/item_attributes.h"
#include "events/stream_arn.h"
#include "handler/commands/console.h"
#include "handler/commands/exit_status.h"
#include "handler/commands/interruption.h"
#include "handler/commands/other_pipeline.h"
#include "handler/commands/parts.h"
#include "handler/commands/verify/report_file.h"
#include "handler/commands/verify/verify.h"
#include "handler/config/log_settings.h"
#include "runtime/base/digest.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/base/text.h"

namespace streamonce::handler::verify {
namespace {

constexpr std::string_view kAbout =
    R"(Compares the source table with the target, a mirror or views, while changes flow, and says what is
missing, extra or different, and why, as far as the marks tell. With --repair it mends that, without
losing anything newer, and without a pause of the function.

What seems to differ is looked at again, strongly, for as long as --settle says: only what stays so,
with the same item at the source and the same mark, is told. The status is 0 if all was compared, and
is equal at the end.
)";

constexpr std::string_view kDetails =
    R"(A repair reads the item's mark, then the item from the source, and writes what follows from it on
the condition that the mark is still the same: what the stream brings meanwhile wins. With views it
makes all rows and amounts of the item anew, so that it is also how a view whose text was changed is
applied to all items. In this order:
  1. Replay dead letters. Old ones that are replayed after a repair may bring an older state back,
     until the newer ones of the item are replayed too.
  2. Within 24 hours: bootstrap follow --once, which has the changes themselves.
  3. bootstrap verify --repair
  4. A stream that is enabled anew, an export, and bootstrap load --sweep.

The report has one line of JSON for each row that is wrong, with its key, what the mark says, and the
names of the attributes that differ; only you can read it. `jq -c .item REPORT` gives the keys for
--keys. With --state it can be ended at any time, and run again: it goes on with the parts of the
table that were not done.

Views whose rows depend on events (the option events without INSERT or MODIFY) are not compared, and
the status is 1 then. Where a view keeps rows of items that are gone, those are not looked for.
With "marks" in the items, the attribute that has them is not compared.

Rights: dynamodb:DescribeTable, Scan and BatchGetItem on the source; Scan and BatchGetItem on the
target's tables; BatchGetItem on the ledger, and Scan for views with GROUP BY; for --repair Scan on the
ledger, and what the function has.

Exit status: 0 all was compared and is equal; 1 something differs, failed or was not compared; 2 the
command line or the configuration is wrong; 3 the source or the target cannot be read at all.
)";

enum VerifyCode : int {
  kSource = kFirstOwnCode,
  kStreamArn,
  kNoStream,
  kSegments,
  kSample,
  kKeys,
  kSettle,
  kMaxRcu,
  kIgnore,
  kReport,
  kValues,
  kRepair,
  kMaxRepairs,
  kMaxGroups,
  kState,
  kJson
};

constexpr std::array kOptions = {
    CommandOption{kSource, "source", "TABLE", "the source table: a name, or an ARN"},
    CommandOption{kRepair, "repair", nullptr, "mend what is wrong"},
    CommandOption{kMaxRepairs, "max-repairs", "NUMBER",
                  "mend no more items than that; default 1000: more means a wrong table"},
    CommandOption{kSettle, "settle", "SECONDS",
                  "how long a difference must stay to be one, 0 to 86400; default 60. It is\n"
                  "waited for longer where changes come later"},
    CommandOption{kMaxRcu, "max-rcu", "NUMBER",
                  "read each side with so many read units a second at most; default: half of\n"
                  "what is provisioned, or 1000"},
    CommandOption{kSample, "sample", "FRACTION",
                  "compare only a part of the table, as 0.01; groups are left out"},
    CommandOption{kKeys, "keys", "FILE",
                  "compare only the items of these keys, one a line as DynamoDB JSON, 16 MB\n"
                  "at most; - is standard input"},
    CommandOption{kSegments, "segments", "NUMBER",
                  "the parts that the table is walked in; default: by its size"},
    CommandOption{kIgnore, "ignore", "NAME",
                  "an attribute that does not count, as aws:rep:updatetime; may be given again"},
    CommandOption{kReport, "report", "FILE",
                  "tell what is found in FILE, which must not exist; default:\n"
                  "TABLE.verify.ndjson in the current folder, or with the next free number"},
    CommandOption{kValues, "values", nullptr, "tell the rows' values in the report, too"},
    CommandOption{kState, "state", "FILE",
                  "keep in FILE how far it has come, and go on from there"},
    CommandOption{kStreamArn, "stream-arn", "ARN",
                  "the source's stream that the target follows; default: its newest one"},
    CommandOption{kNoStream, "no-stream", nullptr, "no stream was ever applied to the target"},
    CommandOption{kMaxGroups, "max-groups", "NUMBER",
                  "sum up so many groups in memory at most, some 300 bytes each;\n"
                  "default 100000"},
    CommandOption{kJson, "json", nullptr, "the summary as a JSON object"},
    CommandOption{kTimeoutCode, "timeout", "SECONDS",
                  "for each page or batch of items with all its attempts, 1 to 900; default 60"},
    CommandOption{kVerboseCode, "verbose", nullptr, "log each request too"},
};

/// The most bytes of a file of keys.
constexpr std::size_t kKeysBytesMax = 16UL * 1024 * 1024;

/// Reads a whole number within bounds. @return what is wrong; empty: nothing
template <class Number>
std::string take_number(std::string_view name, const std::string& value, std::uint64_t least,
                        std::uint64_t most, Number& taken) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || number < least || number > most)
    return "--" + std::string(name) + ": expected a whole number from " + std::to_string(least) +
           " to " + std::to_string(most);
  taken = static_cast<Number>(number);
  return {};
}

std::string take_sample(const std::string& value, VerifyOptions& verify) {
  double fraction = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), fraction);
  const bool is_good = error == std::errc{} && end == value.data() + value.size() &&
                       fraction >= 0.0001 && fraction <= 1;
  if (!is_good) return "--sample: expected a fraction from 0.0001 to 1";
  verify.sample = fraction;
  return {};
}

std::string take_numbers(int code, const std::string& value, VerifyOptions& verify) {
  constexpr std::uint64_t kUnitsMax = 100'000'000;
  std::uint64_t number = 0;
  std::string wrong;
  switch (code) {
    case kSegments:
      wrong = take_number("segments", value, 1, kSegmentsMax, verify.segments.emplace());
      break;
    case kSettle:
      wrong = take_number("settle", value, 0, 86'400, number);
      verify.settle = std::chrono::seconds(number);
      break;
    case kMaxRcu:
      wrong = take_number("max-rcu", value, 1, kUnitsMax, verify.read_units_max.emplace());
      break;
    case kMaxRepairs:
      wrong = take_number("max-repairs", value, 1, UINT32_MAX, verify.repairs_max);
      break;
    default:
      wrong = take_number("max-groups", value, 1, 100'000'000, verify.groups_max);
      break;
  }
  return wrong;
}

std::string take_texts(int code, const std::string& value, VerifyOptions& verify) {
  switch (code) {
    case kSource:
      verify.source = value;
      return {};
    case kStreamArn:
      verify.stream_arn = value;
      if (const auto stream = events::StreamArn::parse(value); !stream)
        return "--stream-arn: " + stream.error().message;
      return {};
    case kKeys:
      verify.keys_path = value;
      return value.empty() ? "--keys: expected a file" : "";
    case kIgnore:
      verify.ignored.push_back(value);
      return value.empty() ? "--ignore: expected the name of an attribute" : "";
    case kState:
      verify.state_path = value;
      return value.empty() ? "--state: expected a file" : "";
    default:
      verify.report_path = value;
      return value.empty() ? "--report: expected a file" : "";
  }
}

/// Takes an option of this command alone. @return what is wrong with it; empty: nothing
std::string take_option(int code, const std::string& value, VerifyOptions& verify) {
  switch (code) {
    case kNoStream:
      verify.no_stream = true;
      return {};
    case kValues:
      verify.values = true;
      return {};
    case kRepair:
      verify.repair = true;
      return {};
    case kJson:
      verify.json = true;
      return {};
    case kSample:
      return take_sample(value, verify);
    case kSource:
    case kStreamArn:
    case kKeys:
    case kIgnore:
    case kState:
    case kReport:
      return take_texts(code, value, verify);
    default:
      return take_numbers(code, value, verify);
  }
}

/// What is wrong with options that do not go together; empty: nothing.
std::string why_not_together(const VerifyRequest& request) {
  const VerifyOptions& verify = request.verify;
  if (!request.common.operands.empty())
    return "unexpected argument " + in_quotes(request.common.operands.front());
  if (verify.source.empty()) return "no --source: name the source table";
  if (verify.no_stream && !verify.stream_arn.empty())
    return "--no-stream and --stream-arn do not go together";
  if (verify.keys_path.empty()) return {};
  if (verify.sample < 1) return "--keys and --sample do not go together";
  if (verify.segments) return "--keys and --segments do not go together";
  if (verify.state_path) return "--keys and --state do not go together";
  return {};
}

/// Reads keys, one a line.
Result<std::vector<std::string>> read_keys(const std::string& path) {
  Payload text(kKeysBytesMax);
  STREAMONCE_TRY(read_file(path, text));
  std::vector<std::string> keys;
  std::string_view rest = text.view().text;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (!events::is_item(line))
      return invalid_argument(path + ":" + std::to_string(number) +
                              ": is no key as DynamoDB JSON: expected {\"id\":{\"S\":\"...\"}}");
    keys.emplace_back(line);
  }
  // A report names an item once for each of its rows.
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

/// The run of one `bootstrap verify`.
class VerifyRun {
 public:
  VerifyRun(const VerifyRequest& request, const Environment& environment, Clock& clock,
            const LogSettings& log)
      : request_(request),
        options_(request.verify),
        environment_(environment),
        clock_(clock),
        console_(clock, level_of(request.common.verbose, LogLevel::kInfo, log, environment),
                 log.format) {}

  int run();

 private:
  SteadyTime deadline() const { return clock_.steady_now() + options_.timeout; }
  Status open();
  Status open_sides();
  Status check_marks();
  Status plan();
  Status take_state();
  std::string what_is_compared() const;
  std::uint64_t units_of(std::uint64_t provisioned) const;
  int print(const VerifySummary& summary) const;

  const VerifyRequest& request_;
  VerifyOptions options_;  // and what the settings add
  const Environment& environment_;
  Clock& clock_;
  Console console_;
  std::unique_ptr<OpenPipeline> pipeline_;
  VerifiedSource source_;
  std::optional<compare::Expecter> expecter_;
  std::unique_ptr<ItemReader> items_;
  std::unique_ptr<ItemReader> rows_;
  std::unique_ptr<KeyScanner> scanner_;
  std::vector<compare::Part> parts_;
  std::vector<std::size_t> places_;
  VerifyState state_;
};

int VerifyRun::run() {
  if (const Status opened = open(); !opened) {
    const bool is_wrong = opened.error().code == ErrorCode::kInvalidArgument;
    cannot_start(opened.error());
    return is_wrong ? kExitUsage : kExitUnreadable;
  }
  if (options_.keys_path.empty())
    console_.logger().log(LogLevel::kInfo,
                          cost_text(options_, source_, parts_, *expecter_, rows_->has_segments()));
  const VerifySummary summary =
      verify(options_,
             {.pipeline = pipeline_->pipeline(),
              .target = pipeline_->target(),
              .source = *items_,
              .rows = *rows_,
              .scanner = scanner_.get(),
              .clock = clock_,
              .logger = console_.logger(),
              .progress = console_.progress(),
              .stopped = stop_asked},
             {.source = source_,
              .expecter = *expecter_,
              .parts = parts_,
              .places = places_,
              .to_walk = items_to_walk(options_, source_, parts_),
              .source_units_max = units_of(source_.read_units),
              .target_units_max = units_of(0),
              .state = state_,
              .temporary_folder = environment_("TMPDIR").value_or("/tmp")});
  if (print(summary) != kExitDone) return kExitFailed;
  if (summary.everything_equal()) return kExitDone;
  return !summary.failure.empty() && summary.walked == 0 ? kExitUnreadable : kExitFailed;
}

Status VerifyRun::open() {
  pipeline_ = STREAMONCE_TRY(
      OpenPipeline::open({.settings = request_.common.settings,
                          .use = options_.repair ? TargetUse::kApply : TargetUse::kPreview},
                         environment_, clock_, console_.logger()));
  const MarkSettings& marks = pipeline_->settings().marks;
  if (marks.are_in_items()) {
    options_.ignored.push_back(marks.version_attribute);
    options_.marks = compare::MarksOfRows::kGoWithThem;
  }
  const std::unique_ptr<TableReader> tables =
      open_tables(pipeline_->settings(), environment_, clock_, console_.logger());
  source_ = STREAMONCE_TRY(find_source({.options = options_,
                                        .pipeline = pipeline_->pipeline(),
                                        .tables = *tables,
                                        .deadline = deadline()}));
  expecter_.emplace(STREAMONCE_TRY(compare::Expecter::create(
      pipeline_->pipeline(), {.table = source_.name.view(), .key = source_.key})));
  STREAMONCE_TRY(open_sides());
  if (options_.repair) STREAMONCE_TRY(check_marks());
  STREAMONCE_TRY(take_state());
  STREAMONCE_TRY(plan());
  if (!options_.state_path) return {};
  // A folder that cannot be written is found out now, and not after an hour.
  return replace_file(*options_.state_path, to_text(state_));
}

Status VerifyRun::open_sides() {
  items_ = STREAMONCE_TRY(open_source_items(pipeline_->settings(), options_.source, environment_,
                                            clock_, console_.logger()));
  rows_ = STREAMONCE_TRY(pipeline_->open_items());
  items_->end_early_if(stop_asked);
  rows_->end_early_if(stop_asked);
  const auto has_groups = [](const compare::ComparedTable& table) { return table.has_groups; };
  const bool scans =
      std::any_of(expecter_->tables().begin(), expecter_->tables().end(), has_groups);
  if (scans || options_.repair) scanner_ = STREAMONCE_TRY(pipeline_->open_scanner());
  return {};
}

/// Whether the marks are of this pipeline and, where the ledger has them, of this source.
Status VerifyRun::check_marks() {
  const std::string& set = pipeline_->settings().name;
  const std::string_view name = set.empty() ? std::string_view(source_.name.table) : set;
  if (pipeline_->settings().marks.are_in_items())
    return check_item_marks(pipeline_->target(), name, source_.name.view(), deadline());
  STREAMONCE_TRY(check_pipeline(*scanner_, name, source_.name.view(), /*way_on=*/"", deadline()));
  return check_source_of(*scanner_, name, source_.name.view(), deadline());
}

Status VerifyRun::plan() {
  if (!options_.keys_path.empty()) {
    parts_.push_back(
        {.kind = compare::PartKind::kKeys, .keys = STREAMONCE_TRY(read_keys(options_.keys_path))});
    places_.push_back(0);
    return {};
  }
  VerifyOptions options = options_;
  // The table may have grown since it was begun.
  if (state_.segments > 0) options.segments = static_cast<std::uint32_t>(state_.segments);
  parts_ = plan_parts(options, source_, *expecter_, rows_->has_segments());
  state_.segments = parts_.front().segment.count;
  // A run that goes on takes the sample that it began with.
  const Sha256 seed = sha256(what_is_compared());
  const std::uint64_t drawn =
      options_.state_path ? std::uint64_t{seed[0]} << 8 | seed[1] : random_seed();
  places_ = choose_parts(options_, parts_, drawn);
  return {};
}

/// Whatever a state must have been made of to go on from it.
std::string VerifyRun::what_is_compared() const {
  const Settings& settings = pipeline_->settings();
  std::string text =
      settings.name + "\n" + source_.arn + "\n" + settings.target.name + "\n" + settings.ledger +
      "\n" + settings.region + "\n" + std::to_string(options_.segments.value_or(0)) + "\n" +
      std::to_string(options_.sample) + "\n" + (options_.repair ? "repair" : "verify");
  for (const std::string& name : options_.ignored) text += "\n" + name;
  for (const compare::ComparedTable& table : expecter_->tables()) text += "\n" + table.table;
  return text;
}

Status VerifyRun::take_state() {
  const std::string of = sha256_hex(what_is_compared());
  if (options_.state_path && file_exists(*options_.state_path)) {
    Payload text(kStateBytesMax);
    STREAMONCE_TRY(read_file(*options_.state_path, text));
    Result<VerifyState> state = parse_state(text.view().text);
    if (!state) return invalid_argument(*options_.state_path + " " + state.error().message);
    if (state->of != of)
      return invalid_argument(*options_.state_path +
                              ": it is the state of another comparison: of another source, target, "
                              "or with other options. Name another file, or remove this one");
    const bool has_report = state->report_bytes > 0;
    if (has_report && options_.report_path && *options_.report_path != state->report_path)
      return invalid_argument("--report: the state tells of the report " + state->report_path);
    state_ = *std::move(state);
    if (has_report) return {};
  }
  // A state that counts no byte of a report has none: what lies under its name may be another's.
  state_.of = of;
  state_.report_path = options_.report_path.value_or(free_report_path(source_.name.table));
  if (options_.report_path && file_exists(*options_.report_path))
    return invalid_argument("--report: " + *options_.report_path +
                            " exists already: name a new file");
  return {};
}

std::uint64_t VerifyRun::units_of(std::uint64_t provisioned) const {
  if (options_.read_units_max) return *options_.read_units_max;
  return provisioned > 1 ? provisioned / 2 : kReadUnitsDefault;
}

int VerifyRun::print(const VerifySummary& summary) const {
  return write_to_stdout(options_.json ? to_json(summary) : to_text(summary)) ? kExitDone
                                                                              : kExitFailed;
}

int run(Arguments arguments, const Environment& environment) {
  const auto read = read_verify_request(arguments);
  if (const auto* printed = std::get_if<PrintedText>(&read)) return print(*printed);
  stop_on_signals();
  SystemClock clock;
  const Result<LogSettings> log = load_log_settings(environment);
  if (!log) return cannot_start(log.error());
  return VerifyRun(std::get<VerifyRequest>(read), environment, clock, *log).run();
}

}  // namespace

constexpr Command kVerifyCommand = {
    .name = "verify",
    .operands = "",
    .summary =
        "compares source and target while changes flow; --repair mends what is\n"
        "wrong; see bootstrap verify --help",
    .about = kAbout,
    .options = kOptions,
    .details = kDetails,
    .run = run,
};

std::variant<PrintedText, VerifyRequest> read_verify_request(Arguments arguments) {
  VerifyRequest request;
  const auto take = [&](int code, const std::string& value) {
    return take_option(code, value, request.verify);
  };
  if (auto printed = read_options(kVerifyCommand, arguments, take, request.common))
    return *std::move(printed);
  request.verify.timeout = request.common.timeout;
  if (const std::string wrong = why_not_together(request); !wrong.empty())
    return usage_error("verify: " + wrong);
  return request;
}

}  // namespace streamonce::handler::verify
