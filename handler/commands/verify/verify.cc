#include "handler/commands/verify/verify.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "handler/commands/unit_pace.h"
#include "handler/commands/verify/report_file.h"
#include "runtime/base/file.h"

namespace streamonce::handler::verify {
namespace {

using compare::Finding;
using compare::ReadSide;

/// The rate of reads from one side.
class ReadRate {
 public:
  ReadRate(std::uint64_t units_max, const ItemReader& reader, Clock& clock)
      : pace_(units_max, clock),
        reader_(reader),
        clock_(clock),
        began_(clock.steady_now()) {}

  /// Waits as long as what was read since the latest call may take.
  void wait(const std::function<bool()>& stopped) {
    const auto tenths = static_cast<std::int64_t>(std::llround(reader_.read_units() * 10));
    pace_.wait(began_, tenths - std::exchange(tenths_, tenths), stopped);
    began_ = clock_.steady_now();
  }

 private:
  UnitPace pace_;
  const ItemReader& reader_;
  Clock& clock_;
  SteadyTime began_;
  std::int64_t tenths_ = 0;
};

class Verify {
 public:
  Verify(const VerifyOptions& options, const VerifyParts& parts, VerifyJob job)
      : options_(options),
        parts_(parts),
        job_(std::move(job)),
        items_(job_.source.name, job_.source.key_names()),
        report_(job_.state.report_path, job_.state.report_bytes, job_.temporary_folder),
        source_rate_(job_.source_units_max, parts.source, parts.clock),
        target_rate_(job_.target_units_max, parts.rows, parts.clock),
        started_(parts.clock.steady_now()) {
    summary_.repairs = options.repair;
    summary_.is_sample = options.sample < 1;
    summary_.not_compared = job_.expecter.not_compared();
    summary_.state_path = options.state_path.value_or("");
  }

  VerifySummary run();

 private:
  compare::ComparisonParts comparison_parts();
  void take_finding(const Finding& finding, std::size_t part);
  void finish_part(std::size_t part);
  void fail(const Error& error);
  void show_progress();
  compare::FindingCounts counts() const;
  bool stopping() const { return has_failed_ || parts_.stopped(); }
  SteadyTime deadline() const { return parts_.clock.steady_now() + options_.timeout; }

  const VerifyOptions& options_;
  const VerifyParts& parts_;
  VerifyJob job_;
  compare::ItemChanges items_;
  ReportFile report_;
  ReadRate source_rate_;
  ReadRate target_rate_;
  const SteadyTime started_;
  VerifySummary summary_;
  std::map<std::size_t, compare::FindingCounts> of_parts_;  // that are not done
  bool has_failed_ = false;
};

VerifySummary Verify::run() {
  if (Status resumed = report_.resume(); !resumed) fail(resumed.error());
  std::vector<std::size_t> places;
  for (const std::size_t place : job_.places)
    if (!job_.state.done.contains(name_of(job_.parts[place], job_.expecter)))
      places.push_back(place);
  if (!has_failed_) {
    compare::Comparison comparison(comparison_parts(),
                                   {.judge = {.settle = options_.settle,
                                              .repairs = options_.repair,
                                              .repairs_max = options_.repairs_max,
                                              .tells_values = options_.values,
                                              .ignored = options_.ignored},
                                    .sample = options_.sample,
                                    .groups_max = options_.groups_max},
                                   job_.parts);
    const Result<bool> ended = comparison.run(places);
    if (!ended)
      fail(ended.error());
    else if (!*ended && !has_failed_)
      summary_.interrupted = true;
  }
  // Where no state is kept, what was found of parts that are not done is told all the same.
  if (!options_.state_path)
    for (const std::size_t place : places)
      if (Status told = report_.finish(place); !told) fail(told.error());
  parts_.progress.clear();
  summary_.counts = counts();
  summary_.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.steady_now() - started_);
  summary_.source_units = parts_.source.read_units();
  summary_.target_units = parts_.rows.read_units();
  if (!report_.is_empty()) summary_.report_path = report_.path();
  return std::move(summary_);
}

compare::ComparisonParts Verify::comparison_parts() {
  const auto prefix = parts_.pipeline.ledger_prefix(job_.source.name.view());
  return {
      .look = {.source = parts_.source,
               .source_table = options_.source,
               .rows = parts_.rows,
               .target = parts_.target,
               .expecter = job_.expecter,
               .items = items_,
               .ledger_prefix = prefix,
               .clock = parts_.clock,
               .marks = options_.marks,
               .first_version = [this] { return first_version(job_.source, parts_.clock.now()); }},
      .pipeline = parts_.pipeline,
      .scanner = parts_.scanner,
      .found = [this](const Finding& finding, std::size_t part) { take_finding(finding, part); },
      .finished = [this](std::size_t part) { finish_part(part); },
      .equal = [this](std::uint64_t rows, std::size_t part) { of_parts_[part].equal += rows; },
      .walked =
          [this](std::uint64_t items) {
            summary_.walked += items;
            show_progress();
          },
      .warn = [this](std::string_view warning) { parts_.logger.log(LogLevel::kWarn, warning); },
      .stopped = [this] { return stopping(); },
      .deadline = [this] { return deadline(); },
      .pause =
          [this](ReadSide side) {
            (side == ReadSide::kSource ? source_rate_ : target_rate_).wait([this] {
              return stopping();
            });
          }};
}

void Verify::take_finding(const Finding& finding, std::size_t part) {
  of_parts_[part].add(finding);
  if (Status taken = report_.take(part, report_line(finding)); !taken) fail(taken.error());
}

/// Puts what was found of a part onto the disk, and that the part is done.
void Verify::finish_part(std::size_t part) {
  if (has_failed_) return;
  if (Status told = report_.finish(part); !told) return fail(told.error());
  job_.state.done.insert(name_of(job_.parts[part], job_.expecter));
  job_.state.counts.add(of_parts_[part]);
  of_parts_.erase(part);
  if (!options_.state_path) return;
  job_.state.report_bytes = report_.length();
  if (Status saved = replace_file(*options_.state_path, to_text(job_.state)); !saved)
    fail(saved.error());
}

void Verify::fail(const Error& error) {
  if (!std::exchange(has_failed_, true)) summary_.failure = error.message;
}

compare::FindingCounts Verify::counts() const {
  compare::FindingCounts counts = job_.state.counts;
  for (const auto& [part, of_part] : of_parts_) counts.add(of_part);
  return counts;
}

void Verify::show_progress() {
  const compare::FindingCounts counts = this->counts();
  const std::uint64_t wrong = counts.missing + counts.extra + counts.different;
  std::string more = wrong > 0 ? ", " + grouped(wrong) + " wrong" : std::string();
  if (counts.repaired > 0) more += ", " + grouped(counts.repaired) + " repaired";
  parts_.progress.update({.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
                              parts_.clock.steady_now() - started_),
                          .items = ItemProgress{.done = summary_.walked,
                                                .in_all = std::max(job_.to_walk, summary_.walked),
                                                .more = more}});
}

}  // namespace

VerifySummary verify(const VerifyOptions& options, const VerifyParts& parts, VerifyJob job) {
  return Verify(options, parts, std::move(job)).run();
}

}  // namespace streamonce::handler::verify
