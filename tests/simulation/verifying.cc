#include "tests/simulation/verifying.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handler/commands/verify/verify_plan.h"
#include "handler/compare/comparison.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/compared_tables.h"
#include "tests/simulation/verify_service.h"
#include "tests/support/stream_event.h"

namespace streamonce::simulation {
namespace {

using handler::compare::Finding;
using handler::compare::Part;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// How many things are done before all goes well.
constexpr std::size_t kVerifyTurnsMax = 60;
/// How often something is tried again when all goes well.
constexpr int kCalmTriesMax = 20;

class Verifying : public Clients<VerifyService> {
 public:
  explicit Verifying(std::uint64_t seed, bool has_item_marks = false) : Clients(seed) {
    service_.has_item_marks = has_item_marks;
    if (random_.chance(50) && !has_item_marks)
      views_.emplace(random_, MemoryViews::Drawing::kFromImages);
    source_.begin(random_, views());
    service_.serve(source_, views(), [this] { return world_.now(); });
    changes_left_ = random_.between(3, 40);
    damages_left_ = random_.chance(20) ? 0 : random_.below(10);
    comparisons_left_ = random_.between(1, 5);
    retries_max_ = random_.chance(40) ? 1'000 : static_cast<int>(random_.between(0, 3));
    read_fault_percent_ = random_.chance(70) ? 0 : 2;
    batch_size_max_ = random_.between(1, 8);
    if (has_item_marks) draw_much();
    if (!views_ || random_.chance(60)) return;
    // So much goes on during each comparison that groups hardly ever stand still.
    source_.is_without_amounts = true;
    overlap_percent_ = 30;
    changes_left_ = random_.between(20, 60);
  }

  void go() {
    for (std::size_t turn = random_.below(kVerifyTurnsMax); turn > 0 && has_jobs(); --turn) {
      invoke();
      if (random_.chance(20)) world_.advance_to(world_.now() + milliseconds(random_.below(3'000)));
    }
    calm_down();
    read_fault_percent_ = 0;
    while (has_batches() || !letters_.empty()) invoke();
    service_.check_undamaged();
    require(compare({.repairs = true}), "a comparison does not come to its end");
    service_.check_all();
    require(compare({.may_find = false}), "a comparison does not come to its end");
    service_.check_all();
  }

  Summary summary() const {
    Summary summary = Clients::summary();
    summary.changes = source_.changes().size();
    summary.dead_letters = letters_kept_;
    return summary;
  }

 private:
  using Batch = std::vector<std::size_t>;  // ordinals of changes

  /// How far Lambda has got with one shard.
  struct Feed {
    std::deque<std::size_t> ahead = {};
    std::vector<Batch> done = {};
    int attempts = 0;
    bool is_busy = false;
  };

  const MemoryViews* views() const { return views_ ? &*views_ : nullptr; }

  // ---- Who does what

  bool has_batches() const {
    return std::any_of(feeds_.begin(), feeds_.end(),
                       [](const Feed& feed) { return !feed.ahead.empty(); });
  }
  bool has_jobs() const override {
    return changes_left_ > 0 || comparisons_left_ > 0 || has_batches() || !letters_.empty();
  }

  void invoke() override {
    if (is_calm_) return has_batches() ? deliver(some_feed()) : replay();
    const std::size_t what = random_.below(100);
    if (what < 30 && changes_left_ > 0) return change_source();
    if (what < 40 && damages_left_ > 0) return damage();
    const std::size_t share = comparisons_running_ > 0 ? 25 : 10;
    if (what < 40 + share && comparisons_left_ > 0) {
      --comparisons_left_;
      (void)compare({.settle = draw_settle(), .repairs = random_.chance(80)});
      return;
    }
    if (what < 70 && !letters_.empty()) return replay();
    deliver(some_feed());
  }

  std::unique_ptr<Process> make_process(std::size_t number) override {
    return std::make_unique<Process>(world_, random_, number, views(), /*retain=*/std::nullopt,
                                     service_.has_item_marks ? kVersionAttribute : "");
  }

  milliseconds draw_settle() {
    return milliseconds(random_.chance(50) ? 0 : random_.between(1, 4'000));
  }

  void change_source() {
    --changes_left_;
    const Change& change = source_.make_change(random_, world_.true_time());
    service_.note_change(change);
    feeds_[static_cast<std::size_t>(change.key.back() - '0') % feeds_.size()].ahead.push_back(
        change.ordinal);
  }

  // ---- Somebody else

  void damage() {
    --damages_left_;
    const std::size_t view = random_.below(service_.views());
    const std::string& table = service_.table(view);
    const std::vector<std::string> names = service_.rows_of(table);
    if (names.empty() || random_.chance(25)) return add_row(view);
    const std::string& name = names[random_.below(names.size())];
    if (random_.chance(50)) return service_.damage(name, nullptr);
    json row = json::parse(service_.row(name));
    if (service_.has_groups(view))
      row[count_of(table)] = {{"N", std::to_string(random_.below(5))}};
    else
      row["n"] = {{"N", "-" + std::to_string(random_.between(1, 9))}};
    if (service_.has_item_marks && random_.chance(30)) row.erase(kVersionAttribute);
    service_.damage(name, row);
  }

  /// The amount of a table with groups that COUNT makes.
  static const char* count_of(const std::string& table) {
    return table == "counts" ? "times" : "items";
  }

  /// Puts a row that no item of the source has, or may have as it stands.
  void add_row(std::size_t view) {
    const std::string& table = service_.table(view);
    const std::string key = random_.chance(30) ? "x" : source_.keys().front();
    json row = {{"id", {{"S", key}}}, {"n", {{"N", "-1"}}}};
    if (views_) {
      for (const std::string& name : views_->key_names(table))
        if (name != "id") row[name] = {{"S", "other"}};
      if (service_.has_groups(view))
        for (const char* name : {"id", "n"}) row.erase(name);
      if (table == "totals") row["everything"] = {{"S", "all"}};
      if (service_.has_groups(view))
        row[count_of(table)] = {{"N", std::to_string(random_.between(1, 3))}};
      if (table == "owned_places") {
        row.erase("id");
        row["whose"] = {{"S", "2:idS" + std::to_string(key.size()) + ":" + key}};
      }
      if (table == "holders") row["holder"] = {{"S", "H#" + std::to_string(random_.below(5))}};
      if (table == "lines") row["line"] = {{"S", "0#" + std::string(1, "abcd"[random_.below(4)])}};
      if (table == "regions") row["region"] = {{"S", std::to_string(random_.below(3))}};
    }
    service_.damage(service_.row_name(table, row), row);
  }

  // ---- Lambda

  Feed& some_feed() { return feeds_[random_.below(feeds_.size())]; }

  void deliver(Feed& feed) {
    if (!feed.done.empty() && !is_calm_ && random_.chance(15)) {
      (void)handle(records_of(feed.done[random_.below(feed.done.size())]));
      return;
    }
    if (feed.ahead.empty() || feed.is_busy) return;
    feed.is_busy = true;
    const std::size_t size = std::min(feed.ahead.size(), random_.between(1, batch_size_max_));
    const Batch batch(feed.ahead.begin(), feed.ahead.begin() + static_cast<std::ptrdiff_t>(size));
    const std::optional<std::string> answer = handle(records_of(batch));
    feed.is_busy = false;
    const std::size_t done = answer ? done_by(batch, *answer) : 0;
    feed.ahead.erase(feed.ahead.begin(), feed.ahead.begin() + static_cast<std::ptrdiff_t>(done));
    feed.attempts = done > 0 ? 0 : feed.attempts + 1;
    if (done == batch.size()) feed.done.push_back(batch);
    const bool is_tried_out = is_calm_ && feed.attempts >= kCalmTriesMax;
    require(!is_tried_out || has_places(), "a batch is never done");
    if (done == batch.size() || (!is_tried_out && feed.attempts <= retries_max_)) return;
    for (std::size_t left = batch.size() - done; left > 0; --left) {
      letters_.push_back(feed.ahead.front());
      feed.ahead.pop_front();
      ++letters_kept_;
    }
    feed.attempts = 0;
  }

  /// Whether items may want each other's rows. A repair has an item take a row that another one has
  /// left at the source; a record in flight that gives the row to that other one fails then, until
  /// it is given up, and a later one of its item has come.
  bool has_places() const {
    for (std::size_t view = 0; views_ && view < views_->size(); ++view)
      if (views_->may_collide(view)) return true;
    return false;
  }

  std::vector<std::string> records_of(const Batch& batch) const {
    std::vector<std::string> records;
    for (const std::size_t ordinal : batch) records.push_back(source_.changes()[ordinal].record);
    return records;
  }

  /// @return the answer; none: the process died
  std::optional<std::string> handle(const std::vector<std::string>& records) {
    ++invocations_;
    std::optional<std::string> answer;
    const milliseconds time_left(
        is_calm_ ? 60'000 : random_.between(300, random_.chance(50) ? 2'000 : 30'000));
    survives([&](Process& process) {
      const auto result = process.handle(testing::event_of(records), time_left);
      require(result.has_value(), "an event was refused as a whole");
      answer = result->response;
    });
    return answer;
  }

  std::size_t done_by(const Batch& batch, const std::string& answer) const {
    const json failures = json::parse(answer)["batchItemFailures"];
    if (failures.empty()) return batch.size();
    const std::string named = failures[0]["itemIdentifier"].get<std::string>();
    const auto place = std::find_if(batch.begin(), batch.end(), [&](std::size_t ordinal) {
      return source_.changes()[ordinal].sequence_number == named;
    });
    return static_cast<std::size_t>(place - batch.begin());
  }

  /// Replays one record that was given up.
  void replay() {
    std::swap(letters_[random_.below(letters_.size())], letters_.back());
    const std::size_t ordinal = letters_.back();
    letters_.pop_back();
    const std::optional<std::string> answer = handle(records_of({ordinal}));
    const bool is_done = answer && json::parse(*answer)["batchItemFailures"].empty();
    if (!is_done || (!is_calm_ && random_.chance(10))) letters_.push_back(ordinal);
    replays_failed_ = is_done ? 0 : replays_failed_ + 1;
    // Only what wants the place of an item whose own record is still to come may have to wait.
    require(!is_calm_ || replays_failed_ < 100, "a replay that is never done");
  }

  // ---- Comparisons

  struct Comparing {
    milliseconds settle = milliseconds(0);
    bool repairs = false;
    bool may_find = true;
  };

  /// @return whether it came to its end
  bool compare(Comparing how) {
    ++invocations_;
    ++comparisons_running_;
    bool has_ended = false;
    survives([&](Process& process) { has_ended = compare_in(process, how); });
    --comparisons_running_;
    return has_ended;
  }

  bool compare_in(Process& process, const Comparing& how) {
    const Process::Parts parts = process.parts();
    const ReadingParts reading{.source = source_,
                               .service = service_,
                               .random = random_,
                               .world = world_,
                               .stale_percent = is_calm_ ? 0 : 20,
                               .fault_percent = read_fault_percent_};
    const SourceTables source_tables(source_);
    const TargetTables target_tables(service_);
    SimulatedItems source(source_tables, reading);
    SimulatedItems rows(target_tables, reading);
    SimulatedEntries scanner(reading);
    handler::verify::VerifiedSource verified;
    verified.name = {.account = "123456789012", .region = "eu-west-1", .table = "orders"};
    verified.key = {{.name = "id"}};
    verified.stream_label = kLabel;
    auto expecter = handler::compare::Expecter::create(
        parts.pipeline, {.table = verified.name.view(), .key = verified.key});
    require(expecter.has_value(), "the source cannot be compared");
    const handler::compare::ItemChanges items(verified.name, verified.key_names());
    handler::verify::VerifyOptions plan;
    plan.segments = random_.between(1, 3);
    const std::vector<Part> work = plan_parts(plan, verified, *expecter, rows.has_segments());
    VerifyService::Telling telling{.begin = world_.now(),
                                   .settle = how.settle,
                                   .is_calm = is_calm_,
                                   .looked_at = {},
                                   .repairs = how.repairs};
    const SteadyTime stop = is_calm_ || !random_.chance(15)
                                ? SteadyTime::max()
                                : world_.now() + milliseconds(random_.below(5'000));
    const seconds timeout(is_calm_ ? 60 : random_.between(1, 60));
    handler::compare::ComparisonOptions options;
    options.judge = {.settle = how.settle,
                     .repairs = how.repairs,
                     .repairs_max = is_calm_ || random_.chance(70) ? 1'000 : random_.below(3),
                     .ignored = ignored()};
    handler::compare::Comparison comparison(
        {.look = {.source = source,
                  .source_table = "orders",
                  .rows = rows,
                  .target = parts.target,
                  .expecter = *expecter,
                  .items = items,
                  .ledger_prefix = "sim|123456789012/eu-west-1/orders|",
                  .clock = parts.clock,
                  .first_version = [&] { return first_version(verified, parts.clock.now()); }},
         .pipeline = parts.pipeline,
         .scanner = &scanner,
         .found =
             [&](const Finding& finding, std::size_t) {
               require(how.may_find, "something is found where all is right: " + finding.row_key);
               telling.looked_at = source.read_strongly_at();
               service_.check_finding(finding, telling);
             },
         .finished = [](std::size_t) {},
         .equal = [](std::uint64_t, std::size_t) {},
         .walked = [](std::uint64_t) {},
         .warn = [](std::string_view) {},
         .stopped = [this, stop] { return world_.now() >= stop; },
         .deadline = [this, timeout] { return world_.now() + timeout; },
         .pause = [this](handler::compare::ReadSide) { world_.on_wait(); }},
        options, work);
    std::vector<std::size_t> places(work.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    const Result<bool> result = comparison.run(places);
    require(result.has_value() || !is_calm_, "a comparison fails when all is calm");
    return result.has_value() && *result;
  }

  /// Has much go on while items are repaired.
  void draw_much() {
    changes_left_ = random_.between(10, 50);
    damages_left_ = random_.between(3, 15);
    comparisons_left_ = random_.between(3, 8);
    if (random_.chance(60)) overlap_percent_ = 30;
  }

  /// The attributes that do not count.
  std::vector<std::string> ignored() const {
    if (!service_.has_item_marks) return {};
    return {kVersionAttribute};
  }

  std::optional<MemoryViews> views_;
  ChangingSource source_;
  std::array<Feed, 2> feeds_;
  std::vector<std::size_t> letters_;  // ordinals
  std::size_t letters_kept_ = 0;
  int replays_failed_ = 0;
  std::size_t changes_left_ = 0;
  std::size_t damages_left_ = 0;
  std::size_t comparisons_left_ = 0;
  std::size_t comparisons_running_ = 0;
  std::size_t batch_size_max_ = 1;
  int retries_max_ = 0;
  int read_fault_percent_ = 0;
};

class VerifyingItemMarks final : public Verifying {
 public:
  explicit VerifyingItemMarks(std::uint64_t seed) : Verifying(seed, /*has_item_marks=*/true) {}
};

}  // namespace

Summary run_verifying(std::uint64_t seed) {
  return run_clients<Verifying>(seed, "verifying");
}

Summary run_verifying_item_marks(std::uint64_t seed) {
  return run_clients<VerifyingItemMarks>(seed, "verifying, marks in items");
}

}  // namespace streamonce::simulation
