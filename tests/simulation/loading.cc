#include "tests/simulation/loading.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "handler/commands/load/load.h"
#include "handler/commands/load/state_file.h"
#include "handler/sources/exports/local_export.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/exported_source.h"
#include "tests/simulation/load_service.h"
#include "tests/support/export_writer.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::simulation {
namespace {

using handler::exports::ExportFile;
using handler::load::LoadSummary;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// How many things are done before all goes well.
constexpr std::size_t kTurnsMax = 60;
/// How often a load is begun again when all goes well.
constexpr int kCalmRunsMax = 3;

/// An export's files as LocalExport has them, which are out of reach, missing or damaged at times.
class SpoiledFiles final : public handler::exports::ExportFiles {
 public:
  /// @param damaged  the folder of the same export with other items in it
  SpoiledFiles(const std::string& folder, const std::string& damaged, Random& random, World& world,
               int fault_percent)
      : files_(handler::exports::LocalExport::open(folder).value()),
        damaged_(handler::exports::LocalExport::open(damaged).value()),
        random_(random),
        world_(world),
        fault_percent_(fault_percent) {}

  Result<std::optional<ExportFile>> fetch(std::string_view name) override {
    world_.on_wait();
    if (!random_.chance(fault_percent_)) return files_->fetch(name);
    switch (random_.below(3)) {
      case 0:
        return Error{ErrorCode::kUnavailable, "out of reach"};
      case 1:
        return std::optional<ExportFile>();
      default:
        return (name.starts_with("data/") ? damaged_ : files_)->fetch(name);
    }
  }
  Result<std::optional<ExportFile>> fetch_key(std::string_view /*key*/) override {
    return std::optional<ExportFile>();
  }
  const std::string& name() const override { return files_->name(); }

 private:
  const std::unique_ptr<handler::exports::ExportFiles> files_;
  const std::unique_ptr<handler::exports::ExportFiles> damaged_;
  Random& random_;
  World& world_;
  const int fault_percent_;
};

/// A walk through the rows of a mirror: what comes or goes meanwhile is told or not.
class SimulatedScan final : public handler::KeyScan {
 public:
  SimulatedScan(const LoadService& service, std::vector<std::string> keys, Random& random,
                World& world, int fault_percent)
      : service_(service),
        random_(random),
        world_(world),
        fault_percent_(fault_percent) {
    for (const std::string& key : keys) rows_.push_back({key, service.item(key)});
  }

  Result<bool> next(std::vector<std::string>& texts, SteadyTime /*deadline*/) override {
    world_.on_wait();
    if (random_.chance(fault_percent_)) return Error{ErrorCode::kUnavailable, "out of reach"};
    texts.clear();
    if (at_ == rows_.size()) return false;
    const std::size_t end = std::min(rows_.size(), at_ + random_.below(4));
    for (; at_ < end; ++at_) {
      const auto& [key, before] = rows_[at_];
      const std::string now = service_.item(key);
      const bool takes_earlier = (before.empty() || now.empty()) && random_.chance(50);
      const std::string& row = takes_earlier ? before : now;
      if (!row.empty()) texts.push_back(row);
    }
    return true;
  }

 private:
  struct Row {
    std::string key;
    std::string before;  ///< what was there when the walk began
  };

  const LoadService& service_;
  Random& random_;
  World& world_;
  const int fault_percent_;
  std::vector<Row> rows_;
  std::size_t at_ = 0;
};

class Loading : public Clients<LoadService> {
 public:
  explicit Loading(std::uint64_t seed, bool has_item_marks = false)
      : Clients(seed),
        source_(random_) {
    service_.serve(source_);
    service_.has_item_marks = has_item_marks;
    changes_ = source_.writes().size();
    retries_max_ = random_.chance(40) ? 1'000 : static_cast<int>(random_.between(0, 4));
    file_fault_percent_ = random_.chance(50) ? 0 : 10;
    outage_percent_ = random_.chance(60) ? 0 : 30;
    order_ = static_cast<Order>(random_.below(4));
    const Sweeps sweeps = static_cast<Sweeps>(random_.below(4));
    if (sweeps == Sweeps::kNone && random_.chance(30)) retain_ = std::chrono::days(30);
    service_.marks_expire = retain_.has_value();
    sweeps_at_end_ = sweeps != Sweeps::kNone && random_.chance(50);
    make_feeds();
    make_loads(sweeps);
    if (random_.chance(25)) put_unknown_rows();
  }

  void go() {
    for (std::size_t turn = random_.below(kTurnsMax); turn > 0 && has_jobs(); --turn) {
      world_.is_down = random_.chance(outage_percent_);
      invoke();
      if (random_.chance(10)) world_.advance_to(world_.now() + seconds(random_.below(60)));
    }
    world_.is_down = false;
    calm_down();
    file_fault_percent_ = 0;
    while (has_jobs()) invoke();
    world_.drain();
    if (sweeps_at_end_) sweep_again();
    check_end();
    check_versions();
  }

  Summary summary() const {
    Summary summary = Clients::summary();
    summary.dead_letters = letters_kept_;
    return summary;
  }

 private:
  using Batch = std::vector<std::size_t>;  // ordinals of writes

  enum class Order : unsigned char { kAny, kLoadsFirst, kStreamsFirst, kMostlyLoads };
  enum class Sweeps : unsigned char { kNone, kLast, kAll, kLater };

  /// How far Lambda has got with one shard.
  struct Feed {
    std::deque<Batch> batches = {};
    std::vector<Batch> done = {};
    int attempts = 0;
    bool is_busy = false;
  };

  /// A load of an export that somebody has begun, and begins again until it is done.
  struct Load {
    const SourceExport* exported = nullptr;
    std::string folder = {};
    std::string state_path = {};
    bool sweeps = false;
    bool is_done = false;
    int calm_runs = 0;
  };

  /// A sweep that has come to its end.
  struct Swept {
    const SourceExport* exported = nullptr;
    std::size_t begin = 0;  ///< the service's ticks when its load began
  };

  // ---- What there is

  void make_feeds() {
    const std::size_t batch_size_max = random_.between(1, 10);
    for (const SourceStream& stream : source_.streams()) {
      for (const std::vector<std::size_t>& shard : stream.shards) {
        Feed& feed = feeds_.emplace_back();
        for (std::size_t i = 0; i < shard.size();) {
          const std::size_t size = std::min(random_.between(1, batch_size_max), shard.size() - i);
          const auto begin = shard.begin() + static_cast<std::ptrdiff_t>(i);
          feed.batches.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
          i += size;
        }
      }
    }
  }

  void make_loads(Sweeps sweeps) {
    for (const SourceExport& exported : source_.exports()) {
      const bool is_last = &exported == &source_.exports().back();
      const std::string name = "export" + std::to_string(loads_.size());
      write_export(exported, folder_.file(name));
      Load load{.exported = &exported, .folder = folder_.file(name)};
      load.state_path = folder_.file(name + ".load.json");
      load.sweeps = sweeps == Sweeps::kAll || (sweeps == Sweeps::kLast && is_last);
      loads_.push_back(load);
      // Somebody else loads it, too, or sweeps what was loaded without a sweep.
      const bool is_swept_later = sweeps == Sweeps::kLater && is_last;
      if (!is_swept_later && !random_.chance(15)) continue;
      load.sweeps = load.sweeps || is_swept_later;
      if (random_.chance(50)) load.state_path = folder_.file(name + ".other.json");
      loads_.push_back(load);
    }
  }

  void write_export(const SourceExport& exported, const std::string& folder) {
    testing::ExportWriter writer(folder, {.table_arn = kSourceTableArn});
    testing::ExportWriter damaged(damaged_of(folder), {.table_arn = kSourceTableArn});
    std::vector<std::vector<json>> files(random_.between(1, 2));
    for (const auto& [key, image] : exported.images)
      files[random_.below(files.size())].push_back(json::parse(image));
    for (std::vector<json>& items : files) {
      if (items.empty() && random_.chance(50)) {
        writer.add_file("", 0);
        damaged.add_file("", 0);
        continue;
      }
      writer.add(items);
      for (json& item : items) item["n"]["N"] = "-2";
      damaged.add(items);
    }
    writer.finish();
    damaged.finish();
  }

  static std::string damaged_of(const std::string& folder) { return folder + ".damaged"; }

  void put_unknown_rows() {
    for (std::string key : {"k0", "k1", "x"}) {
      if (!random_.chance(50)) continue;
      const json row = {{"id", {{"S", key}}}, {"n", {{"N", "-1"}}}};
      service_.put_item(key, row);
      unknown_[key] = row.dump();
    }
  }

  std::vector<std::string> all_keys() const {
    std::vector<std::string> keys = source_.keys();
    for (const auto& [key, row] : unknown_)
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    return keys;
  }

  // ---- Who does what

  bool has_batches() const {
    return std::any_of(feeds_.begin(), feeds_.end(),
                       [](const Feed& feed) { return !feed.batches.empty(); });
  }
  bool has_loads() const {
    return std::any_of(loads_.begin(), loads_.end(),
                       [](const Load& load) { return !load.is_done; });
  }
  bool has_jobs() const override { return has_batches() || has_loads() || !letters_.empty(); }

  void invoke() override {
    const bool loads_only = order_ == Order::kLoadsFirst && has_loads();
    const bool feeds_only = order_ == Order::kStreamsFirst && has_batches();
    const int load_percent = loads_only                      ? 100
                             : feeds_only                    ? 0
                             : order_ == Order::kMostlyLoads ? 75
                                                             : 30;
    if (!letters_.empty() && (random_.chance(10) || !(has_batches() || has_loads())))
      return replay();
    if (has_loads() && (random_.chance(load_percent) || !has_batches())) return load_some();
    if (!feeds_.empty()) deliver(feeds_[random_.below(feeds_.size())]);
  }

  std::unique_ptr<Process> make_process(std::size_t number) override {
    return std::make_unique<Process>(world_, random_, number, nullptr, retain_,
                                     service_.has_item_marks ? kVersionAttribute : "");
  }

  // ---- Lambda

  void deliver(Feed& feed) {
    if (!feed.done.empty() && random_.chance(10)) {
      (void)handle(records_of(feed.done[random_.below(feed.done.size())]));
      return;
    }
    if (feed.batches.empty() || feed.is_busy) return;
    feed.is_busy = true;
    const Batch batch = feed.batches.front();
    const std::optional<std::string> answer = handle(records_of(batch));
    feed.is_busy = false;
    const std::size_t done = answer ? done_by(batch, *answer) : 0;
    if (done == batch.size()) {
      feed.done.push_back(batch);
      feed.batches.pop_front();
      feed.attempts = 0;
      return;
    }
    Batch& rest = feed.batches.front();
    rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(done));
    feed.attempts = done > 0 ? 0 : feed.attempts + 1;
    require(!is_calm_ || feed.attempts < kCalmRunsMax, "a batch is never done");
    if (feed.attempts <= retries_max_) return;
    for (const std::string& record : records_of(rest)) keep_letter(record);
    feed.batches.pop_front();
    feed.attempts = 0;
  }

  std::vector<std::string> records_of(const Batch& batch) const {
    std::vector<std::string> records;
    for (const std::size_t ordinal : batch) records.push_back(source_.writes()[ordinal].record);
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
      return source_.writes()[ordinal].sequence_number == named;
    });
    return static_cast<std::size_t>(place - batch.begin());
  }

  void keep_letter(std::string record) {
    ++letters_kept_;
    letters_.push_back(std::move(record));
  }

  /// Replays one record that was given up, or that a load has kept.
  void replay() {
    const std::size_t place = random_.below(letters_.size());
    std::swap(letters_[place], letters_.back());
    const std::string record = std::move(letters_.back());
    letters_.pop_back();
    const std::optional<std::string> answer = handle({record});
    const bool is_done = answer && json::parse(*answer)["batchItemFailures"].empty();
    require(is_done || !is_calm_, "a replay that ended otherwise than it must: " + record);
    if (!is_done || random_.chance(10)) letters_.push_back(record);
  }

  // ---- Loads

  void load_some() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < loads_.size(); ++i)
      if (!loads_[i].is_done) open.push_back(i);
    run_load(loads_[open[random_.below(open.size())]]);
  }

  void run_load(Load& load) {
    ++invocations_;
    require(!is_calm_ || ++load.calm_runs <= kCalmRunsMax, "a load is never done");
    const std::string failed_path =
        folder_.file("failed" + std::to_string(invocations_) + ".ndjson");
    const std::size_t begin = service_.ticks();
    survives([&](Process& process) {
      const std::optional<LoadSummary> summary = load_in(process, load, failed_path);
      if (!summary) return;
      if (summary->was_swept) swept_.push_back({.exported = load.exported, .begin = begin});
      if (summary->everything_done()) load.is_done = true;
    });
    take_failed(failed_path);
  }

  /// @return none: the export could not be opened
  std::optional<LoadSummary> load_in(Process& process, const Load& load,
                                     const std::string& failed_path) {
    const Process::Parts parts = process.parts();
    SpoiledFiles files(load.folder, damaged_of(load.folder), random_, world_, file_fault_percent_);
    auto reader =
        handler::exports::ExportReader::open(files, handler::exports::Checksums::kChecked);
    require(reader.has_value() || file_fault_percent_ > 0, "an export cannot be opened");
    if (!reader) return std::nullopt;
    const events::LoadState::Identity identity = {{"export", load.folder}};
    handler::Progress progress(parts.clock, {.medium = handler::Progress::Medium::kLog,
                                             .columns = {},
                                             .sink = [](std::string_view) {}});
    const SteadyTime stop = is_calm_ || !random_.chance(25)
                                ? SteadyTime::max()
                                : world_.now() + milliseconds(random_.below(2'000));
    const handler::exports::Batching batches = {
        .items = random_.between(1, 4), .bytes = 64UL * 1024, .by_key = random_.chance(50)};
    handler::load::LoadOptions options;
    options.sweep = load.sweeps;
    options.timeout = seconds(is_calm_ ? 60 : random_.between(1, 60));
    return handler::load::load(
        options,
        {.pipeline = parts.pipeline,
         .target = parts.target,
         .open_scanner = [this, &load] { return open_scanner(*load.exported); },
         .clock = parts.clock,
         .logger = parts.logger,
         .progress = progress,
         .stopped = [this, stop] { return world_.now() >= stop; }},
        {.reader = *reader,
         .batches = batches,
         .plan = plan_of(*load.exported),
         .export_name = load.folder,
         .state_path = load.state_path,
         .state = handler::load::read_state(load.state_path, identity).value(),
         .failed_path = failed_path});
  }

  static handler::load::LoadPlan plan_of(const SourceExport& exported) {
    return {.source = {.account = "123456789012", .region = "eu-west-1", .table = "orders"},
            .table_arn = kSourceTableArn,
            .key_names = {"id"},
            .version = exported.version,
            .swept_tables = {"items"}};
  }

  class Scanner final : public handler::KeyScanner {
   public:
    explicit Scanner(Loading& all) : all_(all) {}
    std::unique_ptr<handler::KeyScan> rows(std::string /*table*/,
                                           std::vector<std::string> /*key_names*/) override {
      return std::make_unique<SimulatedScan>(all_.service_, all_.all_keys(), all_.random_,
                                             all_.world_, all_.file_fault_percent_);
    }
    std::unique_ptr<handler::KeyScan> entries(std::string /*prefix*/,
                                              const events::Version& /*below*/) override {
      throw Violation{"the ledger of a mirror is walked through"};
    }
    std::unique_ptr<handler::EntryScan> contents(std::string /*prefix*/) override {
      throw Violation{"a load looks into entries"};
    }
    std::unique_ptr<handler::KeyScan> marks_of(std::string_view /*source*/) override {
      throw Violation{"a load that was planned looks for other pipelines"};
    }

   private:
    Loading& all_;
  };

  Result<std::unique_ptr<handler::KeyScanner>> open_scanner(const SourceExport& exported) {
    service_.note_sweep(exported);
    if (random_.chance(50)) world_.is_down = false;  // an outage may end between load and sweep
    return std::unique_ptr<handler::KeyScanner>(std::make_unique<Scanner>(*this));
  }

  /// Somebody replays what a load has kept, or leaves it to the next load.
  void take_failed(const std::string& path) {
    std::ifstream file(path);
    const bool is_replayed = random_.chance(50);
    for (std::string line; std::getline(file, line);)
      if (is_replayed && !is_calm_) keep_letter(line);
  }

  // ---- The end

  void sweep_again() {
    Load& last = loads_.back();
    last.sweeps = true;
    last.is_done = false;
    last.calm_runs = 0;
    while (!last.is_done) run_load(last);
  }

  void check_end() const {
    for (const std::string& key : all_keys()) {
      const SourceWrite* newest = source_.newest(key);
      const std::string image = newest == nullptr ? "" : newest->image;
      const std::string there = service_.shown(key);
      if (there == (image.empty() ? "" : json::parse(image).dump())) continue;
      require(image.empty(), key + " is '" + there + "' in the end, and in the source " + image);
      require(newest == nullptr || !newest->stream,
              key + " is there in the end, and the stream has told that it was removed");
      require(!is_swept_away(key, newest),
              key + " is there in the end, though it was swept: " + there);
    }
  }

  /// Whether a sweep must have removed an item that was removed, or never made, when no stream told
  /// of it, and that nothing has put there since.
  bool is_swept_away(const std::string& key, const SourceWrite* newest) const {
    const LoadService::Applied* applied = service_.applied(key);
    return std::any_of(swept_.begin(), swept_.end(), [&](const Swept& swept) {
      const bool knows = newest == nullptr || newest->at <= swept.exported->time - seconds(60);
      return knows && (applied == nullptr || applied->tick <= swept.begin);
    });
  }

  /// Checks that exports have the versions that every program must give them: a millisecond before
  /// the stream, and a minute before the export.
  void check_versions() const {
    for (const SourceExport& each : source_.exports()) {
      const std::string number = std::to_string(
          std::chrono::duration_cast<std::chrono::microseconds>(each.time.time_since_epoch())
              .count() -
          60'000'000);
      require(each.version.number == number, "an export of another number: " + each.version.number);
    }
  }

  const testing::TempDir folder_;
  const ExportedSource source_;
  std::optional<std::chrono::days> retain_;
  std::vector<Feed> feeds_;
  std::vector<Load> loads_;
  std::vector<Swept> swept_;
  std::vector<std::string> letters_;            // records
  std::map<std::string, std::string> unknown_;  // rows, by key
  std::size_t letters_kept_ = 0;
  int retries_max_ = 0;
  int file_fault_percent_ = 0;
  int outage_percent_ = 0;
  Order order_ = Order::kAny;
  bool sweeps_at_end_ = false;
};

class LoadingItemMarks final : public Loading {
 public:
  explicit LoadingItemMarks(std::uint64_t seed) : Loading(seed, /*has_item_marks=*/true) {}
};

}  // namespace

Summary run_loading(std::uint64_t seed) {
  return run_clients<Loading>(seed, "loading");
}

Summary run_loading_item_marks(std::uint64_t seed) {
  return run_clients<LoadingItemMarks>(seed, "loading, marks in items");
}

}  // namespace streamonce::simulation
