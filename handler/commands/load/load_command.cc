#include "handler/commands/load/load_command.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "events/stream_arn.h"
#include "handler/commands/console.h"
#include "handler/commands/exit_status.h"
#include "handler/commands/interruption.h"
#include "handler/commands/load/load.h"
#include "handler/commands/load/load_identity.h"
#include "handler/commands/load/load_plan.h"
#include "handler/commands/load/load_stamp.h"
#include "handler/commands/load/load_summary.h"
#include "handler/commands/load/state_file.h"
#include "handler/commands/other_pipeline.h"
#include "handler/commands/parts.h"
#include "handler/commands/stream_parts.h"
#include "handler/config/log_settings.h"
#include "handler/sources/dumps/failed_file.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/base/text.h"

namespace streamonce::handler::load {
namespace {

constexpr std::string_view kLoadAbout =
    R"(Fills the target from a full export of the source table to S3 (DYNAMODB_JSON), while its stream is
applied by the function, or by nobody yet. Whatever comes first, each item ends as the source has
it: the items of an export are older than each record of the table's stream, and newer than those
of all streams before it. EXPORT is s3://BUCKET/PREFIX/AWSDynamoDB/ID, or a folder that is a copy
of that. Run twice, or after an end in the middle, it goes on where it was.

What must hold, for the target to be right in the end:
  1. The stream was on for five minutes when the export was taken. This is checked.
  2. From then on each record of it is applied sooner or later: the function began at TRIM_HORIZON,
     never fell 24 hours behind, and dead letters are replayed. This cannot be checked.
  3. The target had nothing of this table before, or --sweep is given.
)";

constexpr std::string_view kDetails =
    R"(Moving a table:
  1. Turn on the source's stream with new images, and set up the function on it (TRIM_HORIZON).
  2. Five minutes later:
       aws dynamodb export-table-to-point-in-time --table-arn TABLE-ARN --s3-bucket BUCKET \
         --export-format DYNAMODB_JSON
  3. When the export is COMPLETED, with the function's own settings:
       bootstrap load s3://BUCKET/AWSDynamoDB/ID

Before anything is written, summary and list of the export are checked, and each data file is
checked against its MD5 before one of its lines is applied. A data file that is missing or damaged
is named, the others are loaded, and the next run comes back to it. So it does to files with items
that have failed; these are kept as well, in a file of mode 0600 that `bootstrap replay` takes.

--sweep removes what the target has and the export has not, as items that were deleted while nobody
listened. Of a mirror's table everything else goes too, whoever wrote it. With views only that goes
which has a mark older than the export: rows without marks are left, and counted. It begins only
once each line of each file is done, and never removes what the stream tells of.

The pipeline's name must be the function's: it is in every mark. A load is refused where the ledger
has marks of the source under another name, and none under its own; with "marks" in the items the
ledger has only those of items that are gone. A state file is refused where the target does not know
of its load, as where it was emptied since.

Rights: dynamodb:DescribeTable on the source, what the function has on target and ledger (bootstrap
check tells it), and on the ledger dynamodb:GetItem, dynamodb:PutItem and dynamodb:Scan; for --sweep
dynamodb:Scan on the target, and dynamodb:BatchGetItem on the ledger, and on the target too with
"marks" in the items; for a bucket s3:GetObject on the export, and kms:Decrypt where it is encrypted
with a key of KMS. The bucket may be in any Region. Its files are copied to TMPDIR (/tmp) first, one
after the other.

Exit status: 0 everything done; 1 something was not done and is named; 2 the command line or
the configuration is wrong, or the export must not be loaded so; 3 the export cannot be read.
)";

enum LoadCode : int {
  kDryRun = kFirstOwnCode,
  kStreamArn,
  kNoStream,
  kNewPipeline,
  kSource,
  kKey,
  kSweep,
  kMaxWcu,
  kState,
  kFailed,
  kNoChecksum,
  kJson
};

constexpr std::array kOptions = {
    CommandOption{
        kDryRun, "dry-run", nullptr,
        "write nothing, neither items nor files; count what would happen to each item by\n"
        "its mark, and with --sweep what would be removed"},
    CommandOption{kStreamArn, "stream-arn", "ARN",
                  "the source table's stream; default: its newest one, which is asked for"},
    CommandOption{
        kNoStream, "no-stream", nullptr,
        "no stream of the table was ever applied to the target: the items are then as old\n"
        "as the export: records of a later stream win, and those of an earlier one never do"},
    CommandOption{kSource, "source", "TABLE",
                  "the source table to ask about, by name or ARN; default: that of the export"},
    CommandOption{kKey, "key", "PK[,SK]",
                  "the names of the source table's key; default: as the views say, or the table"},
    CommandOption{
        kNewPipeline, "new-pipeline", nullptr,
        "another pipeline of this source writes other tables with the same ledger; this one\n"
        "is new. Without it, that is taken for a wrong name"},
    CommandOption{kSweep, "sweep", nullptr,
                  "when all is loaded, remove from the target what the export does not have"},
    CommandOption{
        kMaxWcu, "max-wcu", "NUMBER",
        "write no more than so many write units a second, as DynamoDB counts them; an item\n"
        "that is there already is taken for 4"},
    CommandOption{kState, "state", "FILE",
                  "keep in FILE how far the load has come; default: ID.load.json in the current\n"
                  "folder. Remove it to load from the start"},
    CommandOption{
        kFailed, "failed", "FILE",
        "keep items that fail in FILE, which must not exist; default: ID.failed.ndjson in\n"
        "the current folder, or with the next free number"},
    CommandOption{kNoChecksum, "no-checksum", nullptr,
                  "load files whatever their checksums are: a damaged item that is still an item\n"
                  "comes into the target, and no second load mends it"},
    CommandOption{kJson, "json", nullptr, "the summary as a JSON object"},
    CommandOption{kTimeoutCode, "timeout", "SECONDS", "for each batch, 1 to 900; default 60"},
    CommandOption{kVerboseCode, "verbose", nullptr, "log each request too"},
};

/// The most write units a second that can be asked for: more than any table has.
constexpr std::uint64_t kWriteUnitsMax = 100'000'000;

std::string take_write_units(const std::string& value, LoadOptions& load) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || number < 1 ||
      number > kWriteUnitsMax)
    return "--max-wcu: expected a whole number from 1 to " + std::to_string(kWriteUnitsMax);
  load.write_units_max = number;
  return {};
}

std::string take_key(const std::string& value, LoadOptions& load) {
  Result<events::KeyNames> names = events::parse_key_names(value);
  if (!names) return "--key: " + names.error().message;
  load.key = *std::move(names);
  return {};
}

std::string take_stream(const std::string& value, LoadOptions& load) {
  const auto stream = events::StreamArn::parse(value);
  if (!stream) return "--stream-arn: " + stream.error().message;
  load.stream_arn = value;
  return {};
}

std::string take_failed(const std::string& value, LoadOptions& load) {
  if (value.empty() || file_exists(value))
    return "--failed: " + value + " exists already: name a new file";
  load.failed_path = value;
  return {};
}

/// Takes an option of this command alone. @return what is wrong with it; empty: nothing
std::string take_option(int code, const std::string& value, LoadOptions& load) {
  switch (code) {
    case kDryRun:
      load.dry_run = true;
      return {};
    case kNoStream:
      load.no_stream = true;
      return {};
    case kNewPipeline:
      load.new_pipeline = true;
      return {};
    case kSweep:
      load.sweep = true;
      return {};
    case kJson:
      load.json = true;
      return {};
    case kNoChecksum:
      load.checksums = exports::Checksums::kIgnored;
      return {};
    case kSource:
      load.source = value;
      return value.empty() ? "--source: expected a table" : "";
    case kState:
      load.state_path = value;
      return value.empty() ? "--state: expected a file" : "";
    case kKey:
      return take_key(value, load);
    case kMaxWcu:
      return take_write_units(value, load);
    case kFailed:
      return take_failed(value, load);
    default:
      return take_stream(value, load);
  }
}

/// What is wrong with options that do not go together; empty: nothing.
std::string why_not_together(const LoadOptions& load) {
  if (load.exports.empty())
    return "no EXPORT: name s3://BUCKET/PREFIX/AWSDynamoDB/ID, or a folder that is a copy of it";
  if (load.no_stream && !load.stream_arn.empty())
    return "--no-stream and --stream-arn do not go together";
  if (load.exports.size() == 1) return {};
  if (load.sweep)
    return "--sweep takes one EXPORT: what a second one has would be removed for the first";
  if (load.state_path) return "--state takes one EXPORT: each has a state of its own";
  if (load.failed_path) return "--failed takes one EXPORT";
  return {};
}

/// An export that is open, and what is to be done with it.
struct OpenExport {
  std::unique_ptr<exports::ExportFiles> files;
  std::unique_ptr<exports::ExportReader> reader;
  LoadPlan plan;
  events::LoadState state;
  std::string state_path;
  std::string failed_path;
};

/// An end before anything was written.
struct Refusal {
  Error error;
  int exit_status = kExitUsage;
};

/// What the files of a load are called after: the export's id, as long as it is one that DynamoDB
/// gives.
std::string file_name_of(const events::ExportSummary& summary) {
  constexpr std::size_t kBytesMax = 100;
  const auto is_plain = [](char c) { return is_letter_or_digit(c) || c == '-'; };
  const bool is_id = !summary.id.empty() && summary.id.size() <= kBytesMax &&
                     std::all_of(summary.id.begin(), summary.id.end(), is_plain);
  return is_id ? summary.id : "export";
}

/// The run of one `bootstrap load`.
class LoadRun {
 public:
  LoadRun(const LoadRequest& request, const Environment& environment, Clock& clock,
          const LogSettings& log)
      : request_(request),
        options_(request.load),
        environment_(environment),
        clock_(clock),
        console_(clock, level_of(request.common.verbose, LogLevel::kInfo, log, environment),
                 log.format) {}

  int run();

 private:
  std::optional<Refusal> open_all();
  std::optional<Refusal> open_one(const std::string& name);
  Status plan(OpenExport& open);
  Status ask_target(OpenExport& open);
  Status ask_for_pipeline(const OpenExport& open);
  Status stamp(OpenExport& open);
  Result<OpenPositions> open_notes(const OpenExport& open);
  LoadSummary load_one(OpenExport& open);
  int print(const LoadSummary& summary, std::string_view text) const;

  const LoadRequest& request_;
  const LoadOptions& options_;
  const Environment& environment_;
  Clock& clock_;
  Console console_;
  std::unique_ptr<OpenPipeline> pipeline_;
  std::unique_ptr<TableReader> tables_;
  std::vector<OpenExport> exports_;
};

int LoadRun::run() {
  Result<std::unique_ptr<OpenPipeline>> pipeline =
      OpenPipeline::open({.settings = request_.common.settings,
                          .use = options_.dry_run ? TargetUse::kPreview : TargetUse::kApply,
                          .counts = !options_.dry_run,
                          .has_many_batches = true},
                         environment_, clock_, console_.logger());
  if (!pipeline) return cannot_start(pipeline.error());
  pipeline_ = *std::move(pipeline);
  if (options_.write_units_max && pipeline_->settings().target.kind != TargetKind::kDynamoDb)
    return cannot_start(invalid_argument("--max-wcu is for DynamoDB targets"));
  tables_ = open_tables(pipeline_->settings(), environment_, clock_, console_.logger());
  if (const std::optional<Refusal> refusal = open_all()) {
    cannot_start(refusal->error);
    return refusal->exit_status;
  }
  LoadSummary all;
  bool everything_done = true;
  std::string text;
  for (OpenExport& open : exports_) {
    for (const std::string& warning : open.plan.warnings)
      console_.logger().log(LogLevel::kWarn, warning, {{"export", open.files->name()}});
    const LoadSummary summary = load_one(open);
    everything_done = everything_done && summary.everything_done();
    add_counts(all, summary);
    if (exports_.size() > 1) text += open.files->name() + "\n";
    text += to_text(summary);
  }
  if (print(all, text) != kExitDone) return kExitFailed;
  return everything_done ? kExitDone : kExitFailed;
}

/// Opens everything, and asks the target, before anything is written into it.
std::optional<Refusal> LoadRun::open_all() {
  for (const std::string& name : options_.exports)
    if (std::optional<Refusal> refusal = open_one(name)) return refusal;
  for (const auto step : {&LoadRun::ask_target, &LoadRun::stamp}) {
    for (OpenExport& open : exports_) {
      const Status done = (this->*step)(open);
      if (done) continue;
      const bool is_wrong = done.error().code == ErrorCode::kInvalidArgument;
      return Refusal{.error = with_context(open.files->name(), done.error()),
                     .exit_status = is_wrong ? kExitUsage : kExitFailed};
    }
  }
  return std::nullopt;
}

std::optional<Refusal> LoadRun::open_one(const std::string& name) {
  OpenExport open;
  Result<std::unique_ptr<exports::ExportFiles>> files =
      open_export(name, pipeline_->settings(), environment_, clock_, console_.logger());
  if (!files) {
    const bool is_wrong = files.error().code == ErrorCode::kInvalidArgument;
    return Refusal{.error = files.error(), .exit_status = is_wrong ? kExitUsage : kExitUnreadable};
  }
  open.files = *std::move(files);
  Result<exports::ExportReader> reader =
      exports::ExportReader::open(*open.files, options_.checksums);
  if (!reader) {
    const bool is_refused = reader.error().code == ErrorCode::kRejected;
    return Refusal{.error = reader.error(),
                   .exit_status = is_refused ? kExitUsage : kExitUnreadable};
  }
  open.reader = std::make_unique<exports::ExportReader>(*std::move(reader));
  if (Status planned = plan(open); !planned)
    return Refusal{.error = with_context(open.files->name(), planned.error()),
                   .exit_status = kExitUsage};
  exports_.push_back(std::move(open));
  return std::nullopt;
}

Status LoadRun::plan(OpenExport& open) {
  const Settings& settings = pipeline_->settings();
  const events::ExportSummary& summary = open.reader->summary();
  open.plan = STREAMONCE_TRY(plan_load({.options = options_,
                                        .summary = summary,
                                        .settings = settings,
                                        .pipeline = pipeline_->pipeline(),
                                        .tables = *tables_,
                                        .now = clock_.now(),
                                        .deadline = clock_.steady_now() + options_.timeout}));
  const std::string id = file_name_of(summary);
  open.state_path = options_.state_path.value_or(id + ".load.json");
  open.failed_path = options_.failed_path ? *options_.failed_path : dumps::free_failed_path(id);
  const events::LoadState::Identity identity =
      STREAMONCE_TRY(identity_of(summary, open.plan, settings, options_.checksums));
  open.state = STREAMONCE_TRY(read_state(open.state_path, identity));
  if (options_.dry_run) return {};
  // A folder that cannot be written is found out now, and not after an hour.
  return write_state(open.state_path, open.state);
}

/// Whether the target knows of a load that has begun, or of the pipeline that begins one.
Status LoadRun::ask_target(OpenExport& open) {
  if (!open.state.has_begun()) return ask_for_pipeline(open);
  const OpenPositions notes = STREAMONCE_TRY(open_notes(open));
  return check_stamp(open.state, open.state_path, *notes.store,
                     stamp_name(name_of_export(open.reader->summary())),
                     clock_.steady_now() + options_.timeout);
}

Status LoadRun::ask_for_pipeline(const OpenExport& open) {
  if (pipeline_->settings().marks.are_in_items())
    return check_item_marks(pipeline_->target(), name_of_pipeline(pipeline_->settings(), open.plan),
                            open.plan.source.view(), clock_.steady_now() + options_.timeout);
  if (options_.new_pipeline) return {};
  const std::unique_ptr<KeyScanner> scanner = STREAMONCE_TRY(pipeline_->open_scanner());
  Status checked = check_pipeline(*scanner, name_of_pipeline(pipeline_->settings(), open.plan),
                                  open.plan.source.view(),
                                  ", or say --new-pipeline if this one is new, and writes other "
                                  "tables",
                                  clock_.steady_now() + options_.timeout);
  if (checked || checked.error().code == ErrorCode::kInvalidArgument) return checked;
  return with_context(
      "whether other pipelines have made marks must be known, unless --new-pipeline is given",
      checked.error());
}

/// Lets the target know of a load that begins.
Status LoadRun::stamp(OpenExport& open) {
  if (options_.dry_run || open.state.has_begun()) return {};
  const OpenPositions notes = STREAMONCE_TRY(open_notes(open));
  STREAMONCE_TRY(put_stamp(open.state, stamp_of(random_seed(), random_seed()), *notes.store,
                           stamp_name(name_of_export(open.reader->summary())),
                           clock_.steady_now() + options_.timeout));
  return write_state(open.state_path, open.state);
}

Result<OpenPositions> LoadRun::open_notes(const OpenExport& open) {
  const Settings& settings = pipeline_->settings();
  return open_ledger_positions(settings,
                               {.pipeline = name_of_pipeline(settings, open.plan),
                                .arn = open.plan.table_arn,
                                .lasts = true,
                                .is_read_only = options_.dry_run},
                               environment_, clock_, console_.logger());
}

LoadSummary LoadRun::load_one(OpenExport& open) {
  const bool is_sqlite = pipeline_->settings().target.kind == TargetKind::kSqlite;
  console_.logger().log(LogLevel::kInfo, "loading",
                        {{"export", open.files->name()},
                         {"pipeline", name_of_pipeline(pipeline_->settings(), open.plan)}});
  return load(options_,
              {.pipeline = pipeline_->pipeline(),
               .target = pipeline_->target(),
               .open_scanner = [this] { return pipeline_->open_scanner(); },
               .figures = pipeline_->figures(),
               .clock = clock_,
               .logger = console_.logger(),
               .progress = console_.progress(),
               .stopped = stop_asked},
              {.reader = *open.reader,
               .batches = is_sqlite ? exports::kLocalBatches : exports::kRemoteBatches,
               .plan = std::move(open.plan),
               .export_name = open.files->name(),
               .state_path = open.state_path,
               .state = std::move(open.state),
               .failed_path = open.failed_path});
}

int LoadRun::print(const LoadSummary& summary, std::string_view text) const {
  return write_to_stdout(options_.json ? to_json(summary) : text) ? kExitDone : kExitFailed;
}

int run(Arguments arguments, const Environment& environment) {
  const auto read = read_load_request(arguments);
  if (const auto* printed = std::get_if<PrintedText>(&read)) return print(*printed);
  stop_on_signals();
  SystemClock clock;
  const Result<LogSettings> log = load_log_settings(environment);
  if (!log) return cannot_start(log.error());
  return LoadRun(std::get<LoadRequest>(read), environment, clock, *log).run();
}

}  // namespace

constexpr Command kLoadCommand = {
    .name = "load",
    .operands = "EXPORT...",
    .summary =
        "fills the target from an export of the source table to S3, beside a\n"
        "running stream; see bootstrap load --help",
    .about = kLoadAbout,
    .options = kOptions,
    .details = kDetails,
    .run = run,
};

std::variant<PrintedText, LoadRequest> read_load_request(Arguments arguments) {
  LoadRequest request;
  const auto take = [&](int code, const std::string& value) {
    return take_option(code, value, request.load);
  };
  if (auto printed = read_options(kLoadCommand, arguments, take, request.common))
    return *std::move(printed);
  request.load.exports = std::move(request.common.operands);
  request.load.timeout = request.common.timeout;
  if (const std::string wrong = why_not_together(request.load); !wrong.empty())
    return usage_error("load: " + wrong);
  return request;
}

}  // namespace streamonce::handler::load
