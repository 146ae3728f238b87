#include "handler/commands/load/load.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "events/dumps/dead_letter_line.h"
#include "handler/commands/load/state_file.h"
#include "handler/commands/unit_pace.h"
#include "handler/sources/dumps/failed_file.h"
#include "handler/sources/exports/sweep.h"
#include "handler/targets/preview/preview_target.h"

namespace streamonce::handler::load {
namespace {

using dumps::FailedFile;
using events::ManifestFile;
using exports::ExportFile;

/// How often the state is written while a file is in hand.
constexpr std::chrono::seconds kStatePause{10};

/// How many batches of which nothing is done, though they had sound items, may follow each other
/// before the load gives up: the target is then not there, and each further batch would only fill
/// the failed file.
constexpr int kFruitlessBatchesMax = 3;

/// What a commit of one small item and its mark takes, in tenths of a write unit: a transaction
/// bills double. It is taken for what the service does not tell: of transactions that it cancels,
/// as for items that are there already.
/// Source: DynamoDB developer guide, "Capacity unit consumption for transactions".
constexpr std::int64_t kUntoldItemTenths = 40;

/// How much of a line that is no item is kept in one line of the failed file.
constexpr std::size_t kKeptBytesMax = 8UL * 1024 * 1024;
static_assert(kKeptBytesMax > events::kItemLineBytesMax);

class Load {
 public:
  Load(const LoadOptions& options, const LoadParts& parts, LoadJob job)
      : options_(options),
        parts_(parts),
        job_(std::move(job)),
        items_(job_.plan.source, job_.plan.key_names, job_.plan.version),
        pace_(options.write_units_max, parts.clock),
        failed_(job_.failed_path),
        started_(parts.clock.steady_now()),
        next_save_(started_ + kStatePause) {
    summary_.dry_run = options.dry_run;
    summary_.state_path = job_.state_path;
    if (parts.figures != nullptr) tenths_before_ = parts.figures->write_unit_tenths;
  }

  LoadSummary run();

 private:
  const std::vector<ManifestFile>& files() const { return job_.reader.data_files(); }
  bool is_done(const ManifestFile& file) const {
    return job_.state.done.contains(file.base_name());
  }
  bool stopping() const { return summary_.gave_up || parts_.stopped(); }
  SteadyTime in_time() const { return parts_.clock.steady_now() + options_.timeout; }
  std::int64_t tenths() const {
    return parts_.figures == nullptr ? 0 : parts_.figures->write_unit_tenths - tenths_before_;
  }

  void count_what_is_done();
  void load_file(const ManifestFile& file);
  void read_lines(const ManifestFile& file, const ExportFile& data);
  void finish_file(const ManifestFile& file, std::uint64_t lines);
  void take_batch(const exports::LoadedBatch& batch);
  void take_failures(const exports::LoadedBatch& batch);
  void keep(const events::Change& change, std::string_view line, std::string_view reason);
  void note_fruit(const exports::LoadedBatch& batch);
  void pay(SteadyTime began, const FateCounts& counts);
  void save_state(bool now);
  void sweep();
  std::string why_not_to_sweep() const;
  void run_sweep();
  void tell(std::string place, std::string_view reason);
  void show_progress();
  void finish();

  const LoadOptions& options_;
  const LoadParts& parts_;
  LoadJob job_;
  events::ItemLineReader items_;
  UnitPace pace_;
  FailedFile failed_;
  LoadSummary summary_;
  const SteadyTime started_;
  SteadyTime next_save_;
  SteadyTime batch_began_ = {};
  std::int64_t tenths_before_ = 0;  // what the figures had at the start
  std::int64_t tenths_paid_ = 0;    // what pauses were made for
  std::string file_in_hand_;        // its name, for a person
  std::uint64_t failed_in_file_ = 0;
  std::uint64_t items_before_ = 0;  // items that earlier runs have dealt with
  int fruitless_ = 0;               // batches in a row of which nothing was done
  std::uint64_t lines_to_keep_ = 0;
  bool keeping_failed_ = false;  // whether the failed file has had an error, which was told
  bool saving_failed_ = false;   // the same of the state
};

LoadSummary Load::run() {
  count_what_is_done();
  for (const ManifestFile& file : files()) {
    if (stopping()) break;
    if (!is_done(file)) load_file(file);
  }
  summary_.interrupted = parts_.stopped();
  const std::uint64_t seen =
      summary_.files + summary_.files_done_before + summary_.files_missing + summary_.files_damaged;
  summary_.files_left = files().size() - std::min<std::uint64_t>(seen, files().size());
  save_state(/*now=*/true);
  if (options_.sweep) sweep();
  finish();
  return std::move(summary_);
}

void Load::count_what_is_done() {
  for (const ManifestFile& file : files()) {
    if (!is_done(file)) continue;
    ++summary_.files_done_before;
    items_before_ += file.item_count;
  }
}

void Load::load_file(const ManifestFile& file) {
  file_in_hand_ = job_.export_name + "/data/" + std::string(file.base_name());
  exports::FileFault fault;
  const std::optional<ExportFile> data = job_.reader.fetch(file, fault);
  if (data) return read_lines(file, *data);
  if (parts_.stopped()) return;  // nothing is wrong with a file that was to come no further
  ++(fault.is_missing ? summary_.files_missing : summary_.files_damaged);
  tell(file_in_hand_, fault.reason);
}

void Load::read_lines(const ManifestFile& file, const ExportFile& data) {
  std::optional<events::FileInHand>& in_hand = job_.state.in_hand;
  // A file is begun anew whose lines have failed in an earlier run, since they are among those that
  // it has dealt with; and one without a checksum, of which nobody knows whether it is the same.
  if (!in_hand || in_hand->file != file.base_name() || in_hand->failed > 0 ||
      options_.checksums == exports::Checksums::kIgnored)
    in_hand = {.file = std::string(file.base_name())};
  failed_in_file_ = 0;
  items_before_ += in_hand->lines;
  batch_began_ = parts_.clock.steady_now();
  exports::Batching batches = job_.batches;
  batches.items = pace_.batch_items(batches.items, kUntoldItemTenths);
  const Result<exports::ExportLoadEnd> end = exports::load_file(
      data, items_, parts_.pipeline,
      {.lines_to_skip = in_hand->lines,
       .batches = batches,
       .tries_again = !options_.dry_run,
       .deadline =
           [this] {
             batch_began_ = parts_.clock.steady_now();
             return in_time();
           },
       .may_go_on = [this] { return !stopping(); },
       .on_batch = [this](const exports::LoadedBatch& batch) { take_batch(batch); }});
  if (!end) {
    ++summary_.files_damaged;
    tell(file_in_hand_, end.error().message);
    in_hand.reset();
    return;
  }
  if (end->is_whole) finish_file(file, end->lines);
}

/// A file of which each line is done needs no look by a later run. One with lines that have failed
/// is read again, all of it.
void Load::finish_file(const ManifestFile& file, std::uint64_t lines) {
  job_.state.in_hand.reset();
  if (lines != file.item_count) {
    ++summary_.files_damaged;
    return tell(file_in_hand_,
                "it has " + std::to_string(lines) + " items, and manifest-files.json tells " +
                    std::to_string(file.item_count) + ": one of the two is not this export's");
  }
  ++summary_.files;
  if (failed_in_file_ == 0) job_.state.done.emplace(file.base_name());
}

void Load::take_batch(const exports::LoadedBatch& batch) {
  const FateCounts& counts = batch.result.counts;
  for (const FateName& each : kFates) summary_.fates.add(each.fate, counts.of(each.fate));
  failed_in_file_ += counts.not_done();
  if (counts.not_done() > 0) take_failures(batch);
  events::FileInHand& in_hand = *job_.state.in_hand;
  in_hand.lines = batch.lines_done;
  in_hand.failed = failed_in_file_;
  note_fruit(batch);
  save_state(/*now=*/false);
  show_progress();
  pay(batch_began_, counts);
}

void Load::take_failures(const exports::LoadedBatch& batch) {
  std::vector<std::string_view> reasons(batch.changes.size());
  for (const Failure& failure : batch.result.failures) reasons[failure.cause] = failure.reason;
  for (std::size_t i = 0; i < batch.changes.size(); ++i) {
    if (handler::is_done(batch.result.fates[i])) continue;
    if (!reasons[i].empty())
      tell(file_in_hand_ + ":" + std::to_string(batch.numbers[i]), reasons[i]);
    keep(batch.changes[i], batch.lines[i], reasons[i]);
  }
}

/// Keeps an item that has failed, as a record of the stream that never was, or as it came.
void Load::keep(const events::Change& change, std::string_view line, std::string_view reason) {
  if (options_.dry_run) return;
  ++lines_to_keep_;
  const Status kept = failed_.append(
      change.names_item() ? events::record_line(change, job_.plan.version, job_.plan.table_arn)
                          : events::unreadable_line(line.substr(0, kKeptBytesMax), reason));
  if (kept || std::exchange(keeping_failed_, true)) return;
  parts_.logger.log(LogLevel::kError, "failed file not written",
                    {{"reason", kept.error().message}});
}

/// Gives up once the target does nothing any more. A batch of lines that are no items says nothing
/// of the target, neither that it is there nor that it is not.
void Load::note_fruit(const exports::LoadedBatch& batch) {
  const FateCounts& counts = batch.result.counts;
  if (counts.not_done() < counts.all()) {
    fruitless_ = 0;
    return;
  }
  bool may_be_the_targets = false;
  for (std::size_t i = 0; i < batch.changes.size(); ++i)
    may_be_the_targets = may_be_the_targets || (batch.result.fates[i] == Fate::kFailed &&
                                                batch.changes[i].problem.empty());
  if (!may_be_the_targets) return;
  ++fruitless_;
  if (fruitless_ < kFruitlessBatchesMax) return;
  summary_.gave_up = true;
  parts_.logger.log(LogLevel::kError, "given up: of three batches in a row, nothing was done");
}

/// Makes the pause that a batch costs.
void Load::pay(SteadyTime began, const FateCounts& counts) {
  if (!options_.write_units_max) return;
  const std::uint64_t untold = counts.of(Fate::kAlreadyApplied) + counts.of(Fate::kStale);
  const std::int64_t told = tenths();
  pace_.wait(began,
             told - std::exchange(tenths_paid_, told) +
                 static_cast<std::int64_t>(untold) * kUntoldItemTenths,
             parts_.stopped);
}

void Load::save_state(bool now) {
  if (options_.dry_run || job_.state_path.empty()) return;
  const SteadyTime time = parts_.clock.steady_now();
  if (!now && time < next_save_) return;
  next_save_ = time + kStatePause;
  const Status kept = failed_.lines() == 0 ? Status() : failed_.flush();
  const Status saved = write_state(job_.state_path, job_.state);
  if ((kept && saved) || std::exchange(saving_failed_, true)) return;
  if (!saved)
    parts_.logger.log(LogLevel::kError, "state not written", {{"reason", saved.error().message}});
}

/// Why a sweep must not be made: it would remove what the export has, or may have.
std::string Load::why_not_to_sweep() const {
  if (summary_.interrupted || summary_.gave_up || summary_.files_left > 0)
    return "not every file is loaded";
  if (summary_.files_missing + summary_.files_damaged > 0)
    return "a file is missing or damaged: items of it would be removed";
  if (summary_.failed() > 0) return "an item has failed: it would be removed";
  if (options_.dry_run && summary_.fates.of(Fate::kApplied) > PreviewTarget::kVersionsMax)
    return "a dry run foresees a sweep of up to " + grouped(PreviewTarget::kVersionsMax) +
           " items that are not loaded yet";
  for (const ManifestFile& file : files())
    if (!is_done(file)) return "an item of an earlier run has failed: it would be removed";
  return {};
}

void Load::sweep() {
  summary_.why_not_swept = why_not_to_sweep();
  if (summary_.why_not_swept.empty()) run_sweep();
}

void Load::run_sweep() {
  const Result<std::unique_ptr<KeyScanner>> scanner = parts_.open_scanner();
  if (!scanner) {
    summary_.why_not_swept = scanner.error().message;
    return;
  }
  const events::ExportSource& source = job_.plan.source;
  exports::SweepCounts counts;
  const Result<bool> ended = exports::sweep(
      {.scanner = **scanner,
       .target = parts_.target,
       .pipeline = parts_.pipeline,
       .reader = items_,
       .tables = job_.plan.swept_tables,
       .ledger_prefix = parts_.pipeline.ledger_prefix(source.view()),
       .reads_ledger = job_.plan.sweeps_ledger,
       .spares_unmarked = parts_.pipeline.tables() != nullptr,
       .deadline =
           [this] {
             batch_began_ = parts_.clock.steady_now();
             return in_time();
           },
       .may_go_on =
           [this](const exports::SweepCounts& so_far) {
             parts_.progress.update(
                 {.items = ItemProgress{
                      .done = so_far.looked_at,
                      .in_all = so_far.looked_at,
                      .more = " of the target looked at, " + grouped(so_far.removed) + " swept"}});
             return !parts_.stopped();
           },
       .on_failure = [this](std::string_view reason) { tell("the sweep", reason); },
       .on_batch = [this](const BatchResult& result) { pay(batch_began_, result.counts); }},
      counts);
  summary_.swept = counts.removed;
  summary_.sweep_failed = counts.failed + counts.nameless;
  summary_.unmarked = counts.unmarked;
  if (counts.unmarked > 0)
    parts_.logger.log(LogLevel::kWarn, "rows without marks were left",
                      {{"rows", std::to_string(counts.unmarked)}});
  if (!ended)
    summary_.why_not_swept = ended.error().message;
  else if (!*ended)
    summary_.why_not_swept = "interrupted";
  else
    summary_.was_swept = true;
  summary_.interrupted = parts_.stopped();
}

/// Tells of a failure. The first few are logged as they come, and told once more at the end.
void Load::tell(std::string place, std::string_view reason) {
  if (summary_.failures.size() == kFailuresTold) return;
  const ToldFailure& failure = summary_.failures.emplace_back(
      ToldFailure{.place = std::move(place), .reason = std::string(reason)});
  parts_.logger.log(LogLevel::kError, "not done",
                    {{"place", failure.place}, {"reason", failure.reason}});
  if (summary_.failures.size() == kFailuresTold)
    parts_.logger.log(LogLevel::kError, "further failures are counted, and told no more");
}

void Load::show_progress() {
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.steady_now() - started_);
  std::string more = ", " + grouped(summary_.files + summary_.files_done_before) + " of " +
                     grouped(files().size()) + " files";
  if (const auto seconds = std::chrono::floor<std::chrono::seconds>(elapsed).count();
      tenths() > 0 && seconds > 0)
    more += ", " + grouped(static_cast<std::uint64_t>(tenths() / 10 / seconds)) + " write units/s";
  parts_.progress.update({.fates = summary_.fates,
                          .elapsed = elapsed,
                          .items = ItemProgress{.done = items_before_ + summary_.fates.all(),
                                                .before = items_before_,
                                                .in_all = job_.reader.summary().item_count,
                                                .more = std::move(more)}});
}

void Load::finish() {
  const Status kept = failed_.finish();
  if (!kept && !std::exchange(keeping_failed_, true))
    parts_.logger.log(LogLevel::kError, "failed file not written",
                      {{"reason", kept.error().message}});
  summary_.failed_path = failed_.path();
  summary_.failed_lines = failed_.lines();
  summary_.not_kept = lines_to_keep_ - failed_.lines();
  summary_.write_unit_tenths = tenths();
  parts_.progress.clear();
}

}  // namespace

LoadSummary load(const LoadOptions& options, const LoadParts& parts, LoadJob job) {
  return Load(options, parts, std::move(job)).run();
}

}  // namespace streamonce::handler::load
