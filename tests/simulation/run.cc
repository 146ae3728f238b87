#include "tests/simulation/run.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "handler/pipeline/pipeline.h"
#include "handler/sources/lambda/serve.h"
#include "handler/sources/lambda/stream_event.h"
#include "tests/simulation/derived.h"
#include "tests/simulation/item_marks_service.h"
#include "tests/simulation/memory_service.h"
#include "tests/simulation/memory_views.h"
#include "tests/simulation/process.h"
#include "tests/simulation/random.h"
#include "tests/simulation/service.h"
#include "tests/simulation/source.h"
#include "tests/simulation/view_model.h"
#include "tests/simulation/views_service.h"
#include "tests/simulation/violation.h"
#include "tests/simulation/world.h"
#include "tests/support/mark_places.h"
#include "tests/support/stream_event.h"

namespace streamonce::simulation {
namespace {

using handler::StreamEventResult;
using nlohmann::json;
using std::chrono::milliseconds;

/// The ordinals of some changes of one shard, in order.
using Batch = std::vector<std::size_t>;

/// The time in which an answer is built and posted: a few tens of milliseconds, and then some.
constexpr milliseconds kAnswerTime{100};

constexpr std::size_t kLabelSize = 23;  // of a stream, in front of a version
constexpr std::size_t kOverlapDepthMax = 2;
constexpr std::size_t kInvocationsMax = 20'000;  // with more, something does not get on

/// How far Lambda has got with one shard.
struct Shard {
  std::deque<Batch> batches;  ///< still to be done, in order
  std::vector<Batch> done;    ///< kept to be delivered once more
  int attempts = 0;           ///< how many the first batch has had
  bool busy = false;          ///< whether an invocation is under way
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, Keeping keeping)
      : random_(seed),
        keeping_(keeping),
        views_(make_views()),
        source_(random_, views_.get()) {
    constexpr int kFaultPercents[] = {0, 5, 15, 30, 60};
    world_.fault_percent = kFaultPercents[random_.below(std::size(kFaultPercents))];
    kill_percent_ = random_.chance(50) ? 0 : 3;
    overlap_percent_ = random_.chance(40) ? 0 : 8;
    clock_percent_ = random_.chance(60) ? 0 : 5;
    freeze_percent_ = random_.chance(60) ? 0 : 20;
    outage_percent_ = random_.chance(80) ? 0 : 2;
    world_.work = milliseconds(random_.below(3));
    retries_max_ =
        random_.chance(views_ ? 25 : 50) ? 1'000 : static_cast<int>(random_.between(0, 4));
    bisects_ = random_.chance(50);
    world_.on_wait = [this] { wait(); };
    const bool large = source_.changes().size() >= 100;
    const std::size_t batch_size_max = large ? 150 : random_.between(1, 12);
    for (const auto& ordinals : source_.shards()) {
      Shard& shard = shards_.emplace_back();
      for (std::size_t i = 0; i < ordinals.size();) {
        const std::size_t size = std::min(random_.between(1, batch_size_max), ordinals.size() - i);
        const auto begin = ordinals.begin() + static_cast<std::ptrdiff_t>(i);
        shard.batches.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
        i += size;
      }
    }
    if (keeping_ == Keeping::kItemMarks) draw_old_marks();
  }

  void go() {
    work_off(0, source_.later_stream());
    start_item_marks();
    work_off(source_.later_stream(), shards_.size());
    world_.drain();
    replay_dead_letters();
    world_.drain();
    check_end();
  }

  Summary summary() const {
    Summary summary;
    summary.changes = source_.changes().size();
    summary.invocations = invocations_;
    summary.requests = world_.requests;
    summary.faults = world_.spoiled();
    summary.kills = kills_;
    summary.overlaps = overlaps_;
    summary.dead_letters = dead_letters_.size();
    return summary;
  }

 private:
  // ---- Lambda

  void work_off(std::size_t first, std::size_t last) {
    for (;;) {
      std::vector<std::size_t> open;
      for (std::size_t i = first; i < last; ++i)
        if (!shards_[i].batches.empty()) open.push_back(i);
      if (open.empty()) return;
      deliver(shards_[open[random_.below(open.size())]]);
      if (random_.chance(15)) read_marks();
      if (views_ && random_.chance(15)) redrive();
      if (keeps_in_ledger_ && random_.chance(15)) start_item_marks();
      if (random_.chance(10))
        world_.advance_to(world_.now() + std::chrono::seconds(random_.below(60)));
    }
  }

  /// Runs one invocation with a shard's next batch, or with one that was done.
  void deliver(Shard& shard) {
    if (!shard.done.empty() && random_.chance(10)) {
      (void)invoke(shard.done[random_.below(shard.done.size())]);
      return;
    }
    if (shard.batches.empty() || shard.busy) return;
    shard.busy = true;
    const Batch batch = shard.batches.front();
    std::optional<std::string> answer = invoke(batch);
    shard.busy = false;
    if (answer && random_.chance(3)) answer.reset();  // the answer is lost on its way to Lambda
    take(shard, batch, answer);
  }

  void take(Shard& shard, const Batch& batch, const std::optional<std::string>& answer) {
    const std::size_t done = answer ? done_by(batch, *answer) : 0;
    if (done == batch.size()) {
      shard.done.push_back(batch);
      shard.batches.pop_front();
      shard.attempts = 0;
      return;
    }
    Batch& rest = shard.batches.front();
    rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(done));
    // Progress starts the count again; splitting does not count.
    shard.attempts = done > 0 ? 0 : shard.attempts + 1;
    if (shard.attempts > retries_max_ || has_given_up_on(shard, rest)) return give_up(shard);
    if (!answer && bisects_ && rest.size() > 1) {
      const auto middle = rest.begin() + static_cast<std::ptrdiff_t>(rest.size() / 2);
      Batch second(middle, rest.end());
      rest.erase(middle, rest.end());
      shard.batches.insert(shard.batches.begin() + 1, std::move(second));
    }
  }

  /// Whether Lambda gives up on the rest of a batch: where retries have no end, a flawed record is
  /// worked on until it is too old.
  bool has_given_up_on(const Shard& shard, const Batch& rest) const {
    const bool flawed = std::any_of(rest.begin(), rest.end(), [&](std::size_t ordinal) {
      const Change& change = source_.changes()[ordinal];
      return change.flaw != Flaw::kNone || service_->is_blocked(change);
    });
    constexpr int kAttemptsBeforeTooOld = 6;
    return flawed && shard.attempts > kAttemptsBeforeTooOld;
  }

  void give_up(Shard& shard) {
    const Batch batch = shard.batches.front();
    for (const std::size_t ordinal : batch) service_->give_up(source_.changes()[ordinal]);
    dead_letters_.push_back(batch);
    shard.batches.pop_front();
    shard.attempts = 0;
    if (views_)
      while (random_.chance(60)) redrive();
  }

  /// Delivers some changes of one stream in one batch, be they dead letters or done, as somebody
  /// does who re-drives recorded events meanwhile: there are gaps between them, of what is done.
  void redrive() {
    if (dead_letters_.empty()) return;
    const bool is_recent = random_.chance(60);
    const std::size_t place =
        is_recent ? dead_letters_.size() - 1 : random_.below(dead_letters_.size());
    const Batch& letter = dead_letters_[place];
    const Change& last = source_.changes()[letter[random_.below(letter.size())]];
    const auto label_of = [](const Change& change) {
      return std::string_view(change.version).substr(0, kLabelSize);
    };
    std::set<std::size_t> ordinals = {last.ordinal};
    const auto draw_some = [&](const Batch& batch) {
      for (const std::size_t ordinal : batch) {
        const Change& change = source_.changes()[ordinal];
        if (random_.chance(change.key == last.key ? 50 : 10) && label_of(change) == label_of(last))
          ordinals.insert(ordinal);
      }
    };
    for (const Batch& batch : dead_letters_) draw_some(batch);
    for (const Shard& shard : shards_)
      for (const Batch& batch : shard.done) draw_some(batch);
    (void)invoke({ordinals.begin(), ordinals.end()});
  }

  /// How many records of the batch Lambda takes for done.
  std::size_t done_by(const Batch& batch, const std::string& answer) const {
    const json failures = json::parse(answer)["batchItemFailures"];
    if (failures.empty()) return batch.size();
    const std::string named = failures[0]["itemIdentifier"].get<std::string>();
    const auto place = std::find_if(batch.begin(), batch.end(), [&](std::size_t ordinal) {
      return source_.changes()[ordinal].sequence_number == named;
    });
    return static_cast<std::size_t>(place - batch.begin());
  }

  // ---- Where marks are

  /// Draws what was there before marks were kept in the items: items without marks, and, now and
  /// then, a time in which the ledger had them.
  void draw_old_marks() {
    auto& service = static_cast<ItemMarksService&>(*service_);
    const int old_percent = random_.chance(70) ? 0 : 60;
    for (const std::string& key : source_.keys())
      if (random_.chance(old_percent)) service.put_old(key);
    keeps_in_ledger_ = random_.chance(25);
    if (keeps_in_ledger_) service.keep_marks_in_ledger();
  }

  /// Has marks kept in the items from now on: nobody is at work, and nothing is on its way.
  void start_item_marks() {
    if (!keeps_in_ledger_) return;
    for (std::unique_ptr<Process>& process : processes_) process.reset();
    world_.drain();
    static_cast<ItemMarksService&>(*service_).keep_marks_in_items();
    keeps_in_ledger_ = false;
  }

  std::unique_ptr<Process> make_process() {
    const bool has_item_marks = keeping_ == Keeping::kItemMarks && !keeps_in_ledger_;
    return std::make_unique<Process>(world_, random_, ++process_count_, views_.get(),
                                     /*retain=*/std::nullopt,
                                     has_item_marks ? kVersionAttribute : "");
  }

  // ---- One invocation

  /// What had gone wrong before an invocation, and what is wrong when it begins.
  struct Disturbance {
    std::size_t invocations = 0;
    std::size_t requests = 0;
    std::size_t spoiled = 0;
    std::size_t clock_changes = 0;
    std::size_t dead_connections = 0;
    bool is_down = false;
  };

  /// @return the answer; none: the process died, or Lambda did not wait for it
  std::optional<std::string> invoke(const Batch batch) {  // copied: its shard may go on meanwhile
    require(++invocations_ < kInvocationsMax, "no end of invocations");
    std::unique_ptr<Process>& process = processes_[depth_];
    if (!process) process = make_process();
    std::vector<std::string> records;
    records.reserve(batch.size());
    for (const std::size_t ordinal : batch) records.push_back(source_.changes()[ordinal].record);
    const milliseconds time_left = draw_time_left();
    const Disturbance before = disturb(*process);
    const SteadyTime end = world_.now() + time_left;
    try {
      const auto result = process->handle(testing::event_of(records), time_left);
      require(result.has_value(), "an event was refused as a whole");
      const bool alone = invocations_ == before.invocations;
      const std::size_t requests = world_.requests - before.requests;
      require(!alone || requests <= requests_bound(batch.size()), "requests without a bound");
      if (before.is_down && alone) check_outage(batch.size(), requests);
      check_answer(batch, *result);
      if (alone && is_exact(before, batch.size(), time_left)) check_isolation(batch);
      world_.advance_to(world_.now() + kAnswerTime);
      require(!alone || world_.now() <= end, "an answer after the deadline");
      if (world_.now() > end) return std::nullopt;
      return result->response;
    } catch (const Killed&) {
      process.reset();
      return std::nullopt;
    }
  }

  /// Asks a process that works for all marks, as a preview does.
  void read_marks() {
    Process* process = processes_[0].get();
    if (process == nullptr) return;
    const milliseconds time_left = draw_time_left();
    const Disturbance before = disturb(*process);
    const auto ordinal_of = [this](const std::string& key) {
      const Change* change = service_->marked(key);
      return change == nullptr ? -1 : static_cast<int>(change->ordinal);
    };
    const std::vector<std::string>& keys = source_.keys();
    const testing::MarkPlaces places = mark_places();
    std::vector<int> oldest;
    for (const std::string& key : keys) oldest.push_back(ordinal_of(key));
    try {
      const SteadyTime end = world_.now() + time_left;
      const auto marks = process->read_marks(places.list(), handler::Reading::kVersions, time_left);
      const bool alone = invocations_ == before.invocations;
      require(!alone || world_.now() <= end + kAnswerTime, "marks after the deadline");
      const bool exact = alone && can_read_marks(before, keys.size(), time_left);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        require(!exact || marks[i].has_value(), "a mark could not be read: " + keys[i]);
        if (!marks[i]) continue;
        const std::string version = *marks[i] ? std::string((*marks[i])->version.text()) : "";
        const Change* change = version.empty() ? nullptr : source_.find(keys[i], version);
        const int found = change == nullptr ? -1 : static_cast<int>(change->ordinal);
        require(version.empty() == (change == nullptr) && found >= oldest[i] &&
                    found <= ordinal_of(keys[i]),
                "a mark that was not there: " + keys[i] + " " + version);
      }
    } catch (const Killed&) {
      processes_[0].reset();
    }
  }

  /// Where the marks of all items are.
  testing::MarkPlaces mark_places() const {
    testing::MarkPlaces places;
    for (const std::string& key : source_.keys())
      places.add(Source::ledger_id(key), "items", "id", key);
    return places;
  }

  /// Whether nothing was in the way of marks but connections that were dead and a clock that was
  /// wrong: each request meets one such connection at most, which a third of the time is spent on.
  bool can_read_marks(const Disturbance& before, std::size_t keys, milliseconds time_left) const {
    constexpr milliseconds kPatience{1'100};
    constexpr milliseconds kRoundTrips{4 * 60};
    constexpr std::size_t kKeysMax = 100;
    // Marks in items are looked for in two places, one after the other.
    const int places = keeping_ == Keeping::kItemMarks ? 2 : 1;
    const int requests = places * static_cast<int>((keys + kKeysMax - 1) / kKeysMax);
    return !before.is_down && !world_.is_down && world_.spoiled() == before.spoiled &&
           clock_changes_ <= before.clock_changes + 1 &&
           time_left >= requests * (kPatience + kRoundTrips);
  }

  milliseconds draw_time_left() {
    if (!killing_) return milliseconds(60'000);
    return milliseconds(random_.chance(50) ? random_.between(300, 6'000)
                                           : random_.between(300, 60'000));
  }

  Disturbance disturb(Process& process) {
    Disturbance now;
    if (killing_ && random_.chance(freeze_percent_)) now.dead_connections = process.freeze();
    if (killing_ && random_.chance(clock_percent_)) set_clock();
    if (killing_ && random_.chance(outage_percent_) && world_.now() >= outage_end_) {
      outage_end_ = world_.now() + std::chrono::seconds(random_.between(1, 600));
      ++outages_;
    }
    world_.is_down = world_.now() < outage_end_;
    now.is_down = world_.is_down;
    now.invocations = invocations_;
    now.requests = world_.requests;
    now.spoiled = world_.spoiled();
    now.clock_changes = clock_changes_;
    return now;
  }

  /// Checks a whole outage: the tokens of each process pay for some quick retries, once; beyond
  /// those the delays allow each commit a number of attempts until the deadline.
  void check_outage(std::size_t records, std::size_t requests) {
    constexpr std::size_t kQuickRetries = 100;
    constexpr std::size_t kAttempts = 16;
    outage_requests_ += requests;
    outage_attempts_ += kAttempts * records;
    const std::size_t budgets = outages_ * processes_.size() + process_count_;
    require(outage_requests_ <= outage_attempts_ + kQuickRetries * budgets,
            "requests without a bound in an outage");
  }

  void set_clock() {
    constexpr int kHours[] = {0, 0, 3, -3, 25};
    world_.clock_ahead = std::chrono::hours(kHours[random_.below(std::size(kHours))]);
    ++clock_changes_;
  }

  /// Whether nothing has happened that could have kept a sound change from being applied: a clock
  /// that was wrong and set once may not, nor may dead connections where there is time enough.
  bool is_exact(const Disturbance& before, std::size_t records, milliseconds time_left) const {
    constexpr milliseconds kRoundTrip{55};
    constexpr milliseconds kPatience{1'100};  // the wait for a connection that is dead
    if (before.is_down || world_.is_down || world_.spoiled() != before.spoiled ||
        clock_changes_ > before.clock_changes + 1)
      return false;
    // What was sent into a dead connection may still arrive, and holds back who wants its row.
    if (freeze_percent_ > 0 && may_any_collide()) return false;
    const auto rounds = static_cast<int>(3 * records + 10);
    return time_left >= handler::kAnswerReserve + rounds * kRoundTrip +
                            static_cast<int>(before.dead_connections) * kPatience;
  }

  /// The most requests of a batch, which has one commit for each record at most. Each may need to
  /// be halved out, and the retry budget and the doubling delays bound the rest.
  static std::size_t requests_bound(std::size_t records) { return 150 + 16 * records; }

  /// Called wherever the code under test waits.
  void wait() {
    constexpr std::size_t kRunWaitsMax = 100'000;
    require(++waits_ < kRunWaitsMax, "no end of waiting");
    if (killing_ && random_.chance(kill_percent_)) {
      ++kills_;
      throw Killed{};
    }
    if (killing_ && random_.chance(clock_percent_) && random_.chance(20)) set_clock();
    world_.is_down = world_.now() < outage_end_;
    if (depth_ >= kOverlapDepthMax || !random_.chance(overlap_percent_)) return;
    // Another invocation, from its start to its end, while this one waits.
    ++overlaps_;
    ++depth_;
    try {
      deliver(shards_[random_.below(shards_.size())].batches.empty()
                  ? shards_[0]
                  : shards_[random_.below(source_.later_stream())]);
    } catch (...) {
      --depth_;
      throw;
    }
    --depth_;
  }

  // ---- The oracle

  std::unique_ptr<const ViewModel> make_views() {
    if (keeping_ == Keeping::kMirror || keeping_ == Keeping::kItemMarks) return nullptr;
    if (keeping_ == Keeping::kViews) return std::make_unique<DerivedViews>(random_);
    return std::make_unique<MemoryViews>(random_);
  }

  std::unique_ptr<SourceService> make_service() const {
    switch (keeping_) {
      case Keeping::kViews:
        return std::make_unique<ViewsService>(source_, static_cast<const DerivedViews&>(*views_));
      case Keeping::kMemory:
        return std::make_unique<MemoryService>(source_, static_cast<const MemoryViews&>(*views_));
      case Keeping::kItemMarks:
        return std::make_unique<ItemMarksService>(source_);
      case Keeping::kMirror:
        break;
    }
    return std::make_unique<MirrorService>(source_);
  }

  /// Whether the change has to be in the target; otherwise it concerns no view.
  bool is_wanted(const Change& change) const { return !views_ || views_->concern_any(change); }

  /// Whether the change has a row that another item may have.
  bool may_collide(const Change& change) const {
    for (std::size_t view = 0; views_ && view < views_->size(); ++view)
      if (views_->may_collide(view) && !change.rows[view].empty()) return true;
    return false;
  }

  bool may_any_collide() const {
    for (std::size_t view = 0; views_ && view < views_->size(); ++view)
      if (views_->may_collide(view)) return true;
    return false;
  }

  /// Whether the target has the change, or a later one of its item, if it has to have it.
  bool is_durable(const Change& change) const {
    if (!is_wanted(change)) return true;
    const Change* marked = service_->marked(change.key);
    return marked != nullptr && marked->ordinal >= change.ordinal;
  }

  /// Checks G5, G7, G8 and the honesty of what is reported.
  void check_answer(const Batch& batch, const StreamEventResult& result) const {
    const handler::FateCounts& counts = result.batch.counts;
    require(counts.all() == batch.size(), "records that are not accounted for");
    const json answer = json::parse(result.response, /*cb=*/nullptr, /*allow_exceptions=*/false);
    require(answer.is_object() && answer.size() == 1 && answer["batchItemFailures"].is_array() &&
                answer["batchItemFailures"].size() <= 1,
            "an answer of another form: " + result.response);
    const std::size_t done = done_by(batch, result.response);
    require(answer["batchItemFailures"].empty() || done < batch.size(),
            "an identifier that is not in the batch: " + result.response);
    require(answer["batchItemFailures"].empty() == (counts.not_done() == 0),
            "counts and answer differ");
    check_fates(batch, result.batch);
    for (std::size_t i = 0; i < done; ++i) {
      const Change& change = source_.changes()[batch[i]];
      require(is_durable(change),
              change.version + " of " + change.key + " was reported done and is not durable");
    }
  }

  /// Checks G5 for each record on its own.
  void check_fates(const Batch& batch, const handler::BatchResult& result) const {
    require(result.fates.size() == batch.size(), "records without a fate");
    std::size_t failed = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Change& change = source_.changes()[batch[i]];
      if (!is_done(result.fates[i])) {
        ++failed;
        continue;
      }
      require(is_durable(change),
              change.version + " of " + change.key + " has a fate that counts as done and is not");
      require(result.fates[i] != handler::Fate::kFiltered || !is_wanted(change),
              change.version + " of " + change.key + " concerns a view and was filtered");
    }
    require(failed == result.counts.not_done(), "fates and counts differ");
  }

  /// Checks G6: where nothing else is in the way, every item is done up to its first change that is
  /// refused before anything is sent; one that the service refuses may take others with it.
  void check_isolation(const Batch& batch) const {
    for (const std::size_t ordinal : batch) {
      const std::string& key = source_.changes()[ordinal].key;
      const bool flawed = std::any_of(batch.begin(), batch.end(), [&](std::size_t other) {
        const Change& change = source_.changes()[other];
        if (change.key == key && may_collide(change)) return true;
        const bool is_sent = change.flaw == Flaw::kInvalid || change.flaw == Flaw::kMistyped;
        return change.key == key && change.flaw != Flaw::kNone && (is_sent || other <= ordinal);
      });
      require(flawed || is_durable(source_.changes()[ordinal]),
              "another change's failure stopped one of " + key);
    }
  }

  // ---- The end

  /// Replays each record on its own, in any order, twice now and then.
  void replay_dead_letters() {
    world_.fault_percent = 0;
    world_.is_down = false;
    outage_end_ = {};
    overlap_percent_ = 0;
    killing_ = false;
    if (views_) redrive();
    std::vector<std::size_t> ordinals;
    for (const Batch& batch : dead_letters_)
      for (const std::size_t ordinal : batch) ordinals.push_back(ordinal);
    for (std::size_t i = ordinals.size(); i > 1; --i)
      std::swap(ordinals[i - 1], ordinals[random_.below(i)]);
    while (replay_each(ordinals)) {
    }
  }

  /// Takes those out of `ordinals` that are settled. @return whether one of the others was blocked
  /// and may be no more
  bool replay_each(std::vector<std::size_t>& ordinals) {
    std::vector<std::size_t> blocked;
    const std::size_t rows_left = service_->rows_left();
    for (const std::size_t ordinal : ordinals) {
      const Change& change = source_.changes()[ordinal];
      const auto answer = invoke({ordinal});
      require(answer.has_value(), "a replay without an answer");
      const bool done = done_by({ordinal}, *answer) == 1;
      const Change* marked = service_->marked(change.key);
      const bool newer = marked != nullptr && marked->ordinal > ordinal;
      const bool is_sound = change.flaw == Flaw::kNone;
      if (is_sound && !done && service_->is_blocked(change)) {
        blocked.push_back(ordinal);
        continue;
      }
      // What is not sent is held against its mark where views are kept, and all that is remembered
      // is before it is sent.
      const bool is_told_by_mark = service_->tells_by_mark(change) ||
                                   keeping_ == Keeping::kMemory ||
                                   (views_ && change.flaw != Flaw::kInvalid);
      require(done == (is_sound || (newer && is_told_by_mark)),
              "a replay that ended otherwise than it must: " + change.version);
    }
    const bool has_moved = blocked.size() < ordinals.size() || service_->rows_left() > rows_left;
    ordinals = std::move(blocked);
    return has_moved && !ordinals.empty();
  }

  /// Checks that the target is what the source is, but for changes that cannot be applied.
  void check_end() const {
    for (const std::string& key : source_.keys()) {
      const Change* newest = nullptr;
      for (const Change& change : source_.changes())
        if (change.key == key && change.flaw == Flaw::kNone && is_wanted(change)) newest = &change;
      service_->check_left(key, newest);
      const bool is_blocked = newest != nullptr && service_->is_blocked(*newest);
      require(is_blocked || service_->marked(key) == newest,
              key + " does not have its newest mark in the end");
      if (is_blocked) continue;
      service_->check_end(key, newest);
    }
  }

  Random random_;
  const Keeping keeping_;
  const std::unique_ptr<const ViewModel> views_;  // null: the target is a mirror
  const Source source_;
  const std::unique_ptr<SourceService> service_ = make_service();
  World world_{random_, *service_};
  std::vector<Shard> shards_;
  std::array<std::unique_ptr<Process>, kOverlapDepthMax + 1> processes_;  // by depth of overlap
  std::vector<Batch> dead_letters_;
  int kill_percent_ = 0;
  int overlap_percent_ = 0;
  int retries_max_ = 0;
  bool bisects_ = false;
  bool keeps_in_ledger_ = false;  // with marks in items: whether these are still in the ledger
  int clock_percent_ = 0;
  int freeze_percent_ = 0;
  int outage_percent_ = 0;
  SteadyTime outage_end_{};
  std::size_t outages_ = 0;
  std::size_t outage_requests_ = 0;
  std::size_t outage_attempts_ = 0;  ///< how many attempts the delays allow
  std::size_t clock_changes_ = 0;
  bool killing_ = true;
  std::size_t depth_ = 0;
  std::size_t process_count_ = 0;
  std::size_t invocations_ = 0;
  std::size_t waits_ = 0;
  std::size_t kills_ = 0;
  std::size_t overlaps_ = 0;
};

}  // namespace

Summary run(std::uint64_t seed, Keeping keeping) {
  Simulation simulation(seed, keeping);
  try {
    simulation.go();
    return simulation.summary();
  } catch (const Violation& violation) {
    Summary summary = simulation.summary();
    constexpr const char* kNames[] = {"", "marks in items: ", "views: ", "views that remember: "};
    summary.violation = kNames[static_cast<std::size_t>(keeping)] + violation.what;
    return summary;
  }
}

}  // namespace streamonce::simulation
