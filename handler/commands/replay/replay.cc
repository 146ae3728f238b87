#include "handler/commands/replay/replay.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "events/dumps/dead_letter_line.h"
#include "events/dumps/document_splitter.h"
#include "handler/commands/exit_status.h"
#include "handler/commands/replay/row_effects.h"
#include "handler/commands/replay/summary.h"
#include "handler/sources/dumps/byte_source.h"
#include "handler/sources/dumps/failed_file.h"
#include "handler/sources/dumps/inputs.h"
#include "handler/sources/dumps/redrive.h"
#include "runtime/base/file.h"
#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler::replay {
namespace {

using dumps::ByteSource;
using dumps::FailedFile;
using dumps::Listing;

/// How much is read at once: little enough that a dump of small documents touches little memory.
constexpr std::size_t kReadBytes = 256UL * 1024;

/// How much of something unreadable is kept in one line: base64 makes it a third longer.
constexpr std::size_t kKeptBytesMax = events::kDocumentBytesMax / 2;

/// The low bits of a unit, which are the line; the bits above them are the number of the file.
constexpr unsigned kLineBits = 40;

struct Input {
  std::string path;
  std::uint64_t bytes = 0;  ///< 0: not known
};

/// The files of one DUMP of the command line.
struct Dump {
  std::string name;
  std::vector<Input> inputs;
};

std::string_view dry_run_name(Fate fate) {
  return fate == Fate::kApplied ? "would apply" : name_of(fate);
}

class Replay final : private RedriveObserver {
 public:
  Replay(const ReplayOptions& options, const ReplayParts& parts)
      : options_(options),
        parts_(parts),
        redrive_({.stream_arn = options.stream_arn,
                  .deadline = [this] { return in_time(); },
                  .fetch_deadline = [this] { return in_time(); }},
                 parts.pipeline, parts.streams, *this),
        started_(parts.clock.steady_now()) {
    summary_.dry_run = options.dry_run;
    if (views() != nullptr)
      for (const views::View& view : *views())
        summary_.rows.push_back(
            {.view = view.name, .has_groups = view.separation == views::Separation::kGroups});
  }

  int run();

 private:
  std::vector<Dump> find_inputs();
  void tell_left_out(const std::string& folder, const Listing& listing);
  void read_dump(const Dump& dump);
  void read_input(const Input& input);
  void read_documents(ByteSource& source);
  bool read_some(ByteSource& source, events::DocumentSplitter& splitter);
  void take_documents(ByteSource& source, events::DocumentSplitter& splitter,
                      bool to_the_end = false);
  void tell_unread(const std::string& path, const Error& error);
  int finish();

  std::size_t on_message(std::size_t unit, std::string_view /*message_id*/) override {
    return unit;
  }
  void on_batch(const AppliedBatch& batch) override { log_done(parts_.logger, batch.result); }
  void on_record(const RecordReport& report) override;
  void on_pointer(std::size_t unit, std::string_view letter, const Status& status) override;
  void on_unreadable(std::size_t unit, std::string_view text, std::string_view reason) override;

  /// The views, if a dry run is to tell of their rows; null: it is not.
  const std::vector<views::View>* views() const {
    const DerivedTables* const tables = parts_.pipeline.tables();
    return tables == nullptr || !options_.dry_run ? nullptr : &tables->views();
  }
  std::size_t unit_at(std::uint64_t line) const {
    return (static_cast<std::size_t>(files_.size() - 1) << kLineBits) | line;
  }
  std::string place_of(std::size_t unit) const;
  void tell(std::string place, std::string_view sequence_number, std::string_view reason);
  void tell_dry(std::string_view outcome, std::size_t unit, std::string_view sequence_number,
                std::string_view reason, std::span<const RowEffect> rows = {});
  void keep(std::string_view line);
  void close_failed_file();
  void tell_unless_kept(const Status& kept);
  void show_progress(const ByteSource* source);
  void print(std::string_view text);
  SteadyTime in_time() const { return parts_.clock.steady_now() + options_.timeout; }
  bool stopping() const { return printing_failed_ || parts_.stopped(); }

  const ReplayOptions& options_;
  const ReplayParts& parts_;
  Redrive redrive_;
  Summary summary_;
  const SteadyTime started_;
  std::vector<std::string> files_;  // the files so far, the one in hand last
  std::string dump_name_;           // the name of the dump in hand
  std::unique_ptr<FailedFile> failed_;
  std::uint64_t lines_to_keep_ = 0;  // how many lines failed_ was given
  bool keeping_failed_ = false;      // whether failed_ has had an error, which was told
  bool printing_failed_ = false;
  bool any_printed_ = false;  // whether a dry run has printed an outcome
  std::size_t files_opened_ = 0;
  std::uint64_t bytes_before_ = 0;  // the bytes of the files that are done
  std::optional<std::uint64_t> bytes_in_all_ = 0;
};

int Replay::run() {
  const std::vector<Dump> dumps = find_inputs();
  if (options_.json) print(options_.dry_run ? R"({"outcomes":[)" : "{");
  for (const Dump& dump : dumps) {
    if (stopping()) break;
    read_dump(dump);
  }
  return finish();
}

/// Lists everything before anything is applied: a wrong name is told at once.
std::vector<Dump> Replay::find_inputs() {
  std::vector<Dump> dumps;
  for (const std::string& name : options_.dumps) {
    const Result<Listing> listing = dumps::list_files(name);
    if (!listing) {
      tell_unread(name, listing.error());
      continue;
    }
    tell_left_out(name, *listing);
    Dump& dump = dumps.emplace_back();
    dump.name = name;
    for (const std::string& path : listing->files) {
      const std::optional<std::size_t> bytes = file_bytes(path);
      if (!bytes) bytes_in_all_.reset();
      if (bytes_in_all_) *bytes_in_all_ += *bytes;
      dump.inputs.push_back({.path = path, .bytes = bytes.value_or(0)});
    }
  }
  return dumps;
}

/// Says that failed files of earlier replays were left out, for a replay that names them. A folder
/// of nothing else was perhaps meant to be read: that must not end as if everything were done.
void Replay::tell_left_out(const std::string& folder, const Listing& listing) {
  if (!listing.files.empty() && listing.failed_files > 0) {
    parts_.logger.log(LogLevel::kWarn,
                      "failed files of earlier replays are left out: name them to replay them",
                      {{"path", folder}, {"files", listing.failed_files}});
  } else if (listing.failed_files > 0) {
    tell_unread(folder, {ErrorCode::kInvalidArgument,
                         folder +
                             ": holds nothing but failed files of earlier replays, which are "
                             "read only if they are named themselves, as " +
                             folder + "/*.ndjson"});
  } else if (listing.files.empty()) {
    parts_.logger.log(LogLevel::kWarn, "no files in the folder", {{"path", folder}});
  }
}

void Replay::read_dump(const Dump& dump) {
  dump_name_ = dump.name;
  for (const Input& input : dump.inputs) {
    if (stopping()) break;
    read_input(input);
    bytes_before_ += input.bytes;
  }
  redrive_.flush();
  if (!options_.failed_path) close_failed_file();
}

void Replay::read_input(const Input& input) {
  Result<ByteSource> source = ByteSource::open(input.path, parts_.stopped);
  if (!source) return tell_unread(input.path, source.error());
  ++files_opened_;
  files_.push_back(input.path == "-" ? "standard input" : input.path);
  read_documents(*source);
}

void Replay::read_documents(ByteSource& source) {
  events::DocumentSplitter splitter;
  while (!stopping() && read_some(source, splitter)) take_documents(source, splitter);
  // A file can be read again. What was taken out of a pipe would be lost.
  if (stopping() && source.bytes_in_all()) return;
  splitter.finish();
  take_documents(source, splitter, /*to_the_end=*/true);
}

/// @return false: nothing more comes
bool Replay::read_some(ByteSource& source, events::DocumentSplitter& splitter) {
  const std::span<char> room = splitter.room();
  const Result<std::size_t> count = source.read(room.first(std::min(room.size(), kReadBytes)));
  if (count) {
    splitter.took(*count);
    return *count > 0;
  }
  if (count.error().code != ErrorCode::kProtocol) {
    tell_unread(files_.back(), count.error());
    return false;
  }
  // A gzip member is broken: the document that it ends in is broken too, and does not go on in what
  // comes next.
  splitter.finish();
  take_documents(source, splitter);
  splitter.resume();
  ++summary_.unreadable;
  tell(files_.back(), "", count.error().message);
  return true;
}

void Replay::take_documents(ByteSource& source, events::DocumentSplitter& splitter,
                            bool to_the_end) {
  while (to_the_end || !stopping()) {
    const std::optional<events::Document> document = splitter.next();
    if (!document) return;
    ++summary_.documents;
    const std::size_t unit = unit_at(document->line);
    if (document->problem.empty())
      redrive_.take(document->text, unit);
    else
      on_unreadable(unit, document->text.text, document->problem);
    if (failed_) tell_unless_kept(failed_->flush());
    show_progress(&source);
  }
}

void Replay::tell_unread(const std::string& path, const Error& error) {
  ++summary_.files_unread;
  tell(path, "", error.message);
}

int Replay::finish() {
  summary_.interrupted = parts_.stopped();
  close_failed_file();
  parts_.progress.clear();
  if (options_.json) {
    print(std::string(options_.dry_run ? "]," : "") + to_json_members(summary_) + "}\n");
  } else {
    print(to_text(summary_));
  }
  if (files_opened_ == 0 && summary_.files_unread > 0) return kExitUnreadable;
  return summary_.everything_done() && !printing_failed_ ? kExitDone : kExitFailed;
}

void Replay::on_record(const RecordReport& report) {
  summary_.fates.add(report.fate);
  if (options_.dry_run)
    tell_dry(dry_run_name(report.fate), report.unit, report.sequence_number, report.reason,
             report.rows);
  count_rows(report.rows, summary_.rows);
  if (is_done(report.fate)) return;
  if (!report.reason.empty()) tell(place_of(report.unit), report.sequence_number, report.reason);
  keep(events::one_line(report.json()));
}

void Replay::on_pointer(std::size_t unit, std::string_view letter, const Status& status) {
  if (status) {
    ++summary_.pointers_fetched;
    return;
  }
  const bool expired = status.error().code == ErrorCode::kExpired;
  ++(expired ? summary_.pointers_expired : summary_.pointers_failed);
  if (options_.dry_run) tell_dry(expired ? "expired" : "failed", unit, "", status.error().message);
  tell(place_of(unit), "", status.error().message);
  keep(events::one_line(letter));
}

void Replay::on_unreadable(std::size_t unit, std::string_view text, std::string_view reason) {
  ++summary_.unreadable;
  if (options_.dry_run) tell_dry("unreadable", unit, "", reason);
  tell(place_of(unit), "", reason);
  // A long text is kept in pieces, each of them a line that can be read again.
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kKeptBytesMax)))
    keep(events::unreadable_line(text.substr(0, kKeptBytesMax), reason));
}

std::string Replay::place_of(std::size_t unit) const {
  const std::size_t line = unit & ((std::size_t{1} << kLineBits) - 1);
  return files_[unit >> kLineBits] + ":" + std::to_string(line);
}

/// Tells of a failure. The first few are logged as they come, and told once more at the end.
void Replay::tell(std::string place, std::string_view sequence_number, std::string_view reason) {
  if (summary_.failures.size() == kFailuresTold) return;
  const ToldFailure& failure =
      summary_.failures.emplace_back(ToldFailure{.place = std::move(place),
                                                 .sequence_number = std::string(sequence_number),
                                                 .reason = std::string(reason)});
  if (options_.dry_run) return;
  parts_.logger.log(LogLevel::kError, "not done",
                    {{"place", failure.place},
                     {"sequence_number", failure.sequence_number},
                     {"reason", failure.reason}});
  if (summary_.failures.size() == kFailuresTold)
    parts_.logger.log(LogLevel::kError, "further failures are counted, and told no more");
}

void Replay::tell_dry(std::string_view outcome, std::size_t unit, std::string_view sequence_number,
                      std::string_view reason, std::span<const RowEffect> rows) {
  std::string line;
  if (options_.json) {
    line = any_printed_ ? ",\n{" : "\n{";
    const auto add = [&](std::string_view name, std::string_view text) {
      if (!line.ends_with('{')) line += ',';
      append_json_string(line, name);
      line += ':';
      append_json_string(line, text);
    };
    add("outcome", outcome);
    add("place", place_of(unit));
    add("sequenceNumber", sequence_number);
    if (!reason.empty()) add("reason", reason);
    if (!rows.empty()) line += R"(,"rows":)" + rows_json(rows, *views());
    line += '}';
  } else {
    constexpr std::size_t kOutcomeWidth = 17;
    line = outcome;
    line.append(kOutcomeWidth - outcome.size(), ' ');
    line += place_of(unit);
    if (!sequence_number.empty()) line += "  " + std::string(sequence_number);
    if (!reason.empty()) line += "  " + std::string(reason);
    if (!rows.empty()) line += "  " + rows_text(rows, *views());
    line += '\n';
  }
  any_printed_ = true;
  print(line);
}

/// Keeps what was not done in the failed file. What cannot be kept is told, and counted.
void Replay::keep(std::string_view line) {
  if (options_.dry_run) return;
  if (!failed_) {
    failed_ = std::make_unique<FailedFile>(
        options_.failed_path ? *options_.failed_path : dumps::free_failed_path(dump_name_));
    lines_to_keep_ = 0;
    keeping_failed_ = false;
  }
  ++lines_to_keep_;
  tell_unless_kept(failed_->append(line));
}

void Replay::close_failed_file() {
  if (!failed_) return;
  tell_unless_kept(failed_->finish());
  summary_.not_kept += lines_to_keep_ - failed_->lines();
  if (failed_->lines() > 0)
    summary_.kept.push_back({.path = failed_->path(), .lines = failed_->lines()});
  failed_.reset();
}

void Replay::tell_unless_kept(const Status& kept) {
  if (kept || std::exchange(keeping_failed_, true)) return;
  parts_.logger.log(LogLevel::kError, "failed file not written",
                    {{"reason", kept.error().message}});
}

void Replay::show_progress(const ByteSource* source) {
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.steady_now() - started_);
  parts_.progress.update({.bytes = bytes_before_ + source->bytes_read(),
                          .bytes_in_all = bytes_in_all_,
                          .fates = summary_.fates,
                          .unreadable = summary_.unreadable,
                          .elapsed = elapsed});
}

void Replay::print(std::string_view text) {
  parts_.progress.clear();
  if (printing_failed_ || parts_.out(text)) return;
  printing_failed_ = true;
  parts_.logger.log(LogLevel::kError, "standard output not written");
}

}  // namespace

int replay(const ReplayOptions& options, const ReplayParts& parts) {
  return Replay(options, parts).run();
}

}  // namespace streamonce::handler::replay
