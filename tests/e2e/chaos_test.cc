// The binary as it is shipped, where everything goes wrong that can: Lambda's event source mapping
// delivers a shard while requests to DynamoDB are spoiled, processes are killed at any instant, and
// two work at once. Whatever happens, the target ends as the source, or as its views have it.
//
// Each run is as its seed and its share of spoiled requests have it, the instants apart, at which
// real processes get on. For one run only: STREAMONCE_CHAOS_SEED=7 STREAMONCE_CHAOS_FAULTS=30; for
// a hundred of each kind: STREAMONCE_CHAOS_SEEDS=100.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "handler/config/mark_settings.h"
#include "handler/targets/sqlite/database.h"
#include "runtime/base/check.h"
#include "tests/support/chaos_proxy.h"
#include "tests/support/chaos_source.h"
#include "tests/support/child_process.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/fake_runtime_api.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kRecords = 360;
constexpr std::size_t kRememberedRecords = 240;  // each of which has many rows
constexpr unsigned kBatchMost = 24;              // records
constexpr unsigned kAgainMost = 48;              // records in one batch, of what was done

constexpr milliseconds kTimeLeft{3'000};
constexpr unsigned kShortTimeLeast = 100;  // milliseconds
constexpr unsigned kShortTimeMost = 400;
/// Where no answer has come by then after the deadline, none will.
constexpr std::chrono::seconds kGrace{60};
constexpr std::chrono::seconds kStartPatience{60};

/// Deliveries of one batch; from the calm ones on, nothing is spoiled and nobody killed.
constexpr int kDeliveriesMost = 25;
constexpr int kDeliveriesBeforeCalm = 20;
constexpr int kStartsMost = 20;

struct Run {
  unsigned seed = 0;
  unsigned fault_percent = 0;
};

void PrintTo(const Run& run, std::ostream* out) {  // NOLINT: GoogleTest's name for it
  *out << "seed " << run.seed << ", " << run.fault_percent << " % faulty";
}

/// The number in the environment variable `name`, or those that are the rule.
std::vector<unsigned> numbers_of(const char* name, std::vector<unsigned> rule) {
  const char* value = std::getenv(name);
  if (value == nullptr) return rule;
  return {static_cast<unsigned>(std::strtoul(value, nullptr, 10))};
}

/// Those of the environment: STREAMONCE_CHAOS_SEED is one of them, STREAMONCE_CHAOS_SEEDS how many,
/// from 1 on.
std::vector<unsigned> seeds_of(const std::vector<unsigned>& rule) {
  std::vector<unsigned> seeds = numbers_of("STREAMONCE_CHAOS_SEED", rule);
  const std::vector<unsigned> count = numbers_of("STREAMONCE_CHAOS_SEEDS", {});
  if (count.empty()) return seeds;
  seeds.resize(count[0]);
  std::iota(seeds.begin(), seeds.end(), 1);
  return seeds;
}

std::vector<Run> runs(const std::vector<unsigned>& seeds, std::vector<unsigned> fault_percents) {
  std::vector<Run> runs;
  for (const unsigned fault_percent :
       numbers_of("STREAMONCE_CHAOS_FAULTS", std::move(fault_percents)))
    for (const unsigned seed : seeds_of(seeds))
      runs.push_back({.seed = seed, .fault_percent = fault_percent});
  return runs;
}

std::string command_for(const Run& run) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return "STREAMONCE_CHAOS_SEED=" + std::to_string(run.seed) +
         " STREAMONCE_CHAOS_FAULTS=" + std::to_string(run.fault_percent) + " " +
         std::filesystem::read_symlink("/proc/self/exe").string() +
         " --gtest_filter=" + test->test_suite_name() + "." + test->name();
}

using Record = SourceRecord;
using Batch = std::span<const Record>;

std::string failure_at(const std::string& number) {
  return R"({"batchItemFailures":[{"itemIdentifier":")" + number + R"("}]})";
}

std::string event_with(Batch batch) {
  std::vector<std::string> records;
  for (const Record& record : batch) records.push_back(record.text());
  return testing::event_of(records);
}

enum class Weather {
  kCalm,   ///< nothing is spoiled
  kUsual,  ///< the share of the run
  kStorm,  ///< three times the share
};

/// The target, seen past everything that stands between it and the binary.
class Copy {
 public:
  explicit Copy(Keeping keeping) : keeping_(keeping) {
    if (keeps_views()) std::ofstream(views_path_) << views_text_of(keeping);
  }
  virtual ~Copy() = default;
  Keeping keeping() const { return keeping_; }
  virtual std::vector<std::string> environment() const = 0;
  virtual TargetState state() = 0;
  /// From now on so many requests are spoiled.
  virtual void set_weather(Weather weather) = 0;
  /// Waits until nothing is under way any more; looks for what must not be.
  virtual void settle() = 0;
  /// What it is, as in `views in sqlite`.
  virtual std::string kind() const = 0;
  /// Those that went through what spoils them.
  virtual ChaosCounts requests() const { return {}; }

 protected:
  bool keeps_views() const { return keeping_ != Keeping::kMirror; }
  const std::vector<KeptView>& views() const { return views_of(keeping_); }
  /// What is kept, for a summary.
  std::string kept() const {
    return keeping_ == Keeping::kMirror  ? ""
           : keeping_ == Keeping::kViews ? "views in "
                                         : "remembering views in ";
  }
  const std::string& views_path() const { return views_path_; }

 private:
  const Keeping keeping_;
  const TempDir folder_;
  const std::string views_path_ = folder_.file("views.sql");
};

DynamoDbLocal& shared_server() {
  static const auto kServer = DynamoDbLocal::start();
  STREAMONCE_CHECK(kServer.has_value());
  return **kServer;
}

/// `LEDGER_ID` of an item without what all of them begin with.
std::string item_of(const std::string& ledger_id, const std::string& pipeline) {
  const std::string prefix = pipeline + "|123456789012/eu-west-1/orders|2:idS";
  EXPECT_TRUE(ledger_id.starts_with(prefix)) << ledger_id;
  return ledger_id.substr(std::min(ledger_id.size(), ledger_id.rfind(':') + 1));
}

/// The version that an entry of the ledger tells, which has a mark before it where the entry holds
/// what views remember.
std::string version_in(std::string text) {
  if (text.starts_with('~')) text.erase(0, 1);
  return text;
}

void note_row(const KeptView& view, const json& row, TargetState& state) {
  if (const auto text = view.text_of(row)) state.items[view.place_of(row)] = *text;
}

/// Where a copy has its marks.
enum class MarksIn { kLedger, kItems };

class DynamoDbCopy final : public Copy {
 public:
  DynamoDbCopy(const Run& run, Keeping keeping, MarksIn marks_in = MarksIn::kLedger)
      : Copy(keeping),
        marks_in_(marks_in),
        fault_percent_(run.fault_percent),
        client_(shared_server().endpoint_url()),
        proxy_({.endpoint_url = shared_server().endpoint_url(),
                .seed = run.seed,
                .fault_percent = run.fault_percent,
                .conflicts = keeping == Keeping::kRemembering}) {
    client_.create_ledger(ledger_);
    if (!keeps_views()) {
      client_.create_table(table_, {.key = {{"id", "S"}}});
      return;
    }
    for (const KeptView& view : views()) client_.create_table(table_of(view), {.key = view.key});
  }

  std::vector<std::string> environment() const override {
    std::vector<std::string> environment = {
        "STREAMONCE_LEDGER=" + ledger_, "AWS_REGION=" + std::string(kLocalRegion),
        "AWS_ENDPOINT_URL_DYNAMODB=" + proxy_.url(),
        "AWS_ACCESS_KEY_ID=" + std::string(kLocalAccessKeyId),
        "AWS_SECRET_ACCESS_KEY=" + std::string(kLocalSecretAccessKey)};
    if (marks_in_ == MarksIn::kItems) environment.push_back("STREAMONCE_MARKS=item");
    if (!keeps_views()) {
      environment.push_back("STREAMONCE_TARGET=dynamodb:" + table_);
      return environment;
    }
    std::string tables;
    for (const KeptView& view : views())
      tables += (tables.empty() ? "" : ",") + view.name + "=" + table_of(view);
    environment.insert(environment.end(),
                       {"STREAMONCE_TARGET=dynamodb", "STREAMONCE_VIEWS=" + views_path(),
                        "STREAMONCE_TABLES=" + tables});
    return environment;
  }

  TargetState state() override {
    TargetState state;
    if (!keeps_views())
      for (json& item : client_.scan(table_)) note_item(item, state);
    for (const KeptView& view : views())
      for (const json& row : client_.scan(table_of(view))) note_row(view, row, state);
    for (const json& mark : client_.scan(ledger_)) {
      if (!mark.contains("v")) continue;  // it is a note of where marks are
      const std::string operation = mark["op"]["S"];
      if (marks_in_ == MarksIn::kItems) EXPECT_EQ(operation, "remove") << mark;
      std::string& noted = state.marks[item_of(mark["id"]["S"], keeps_views() ? "orders" : table_)];
      noted = std::max(noted, version_in(mark["v"]["S"]) + " " + operation);
    }
    return state;
  }

  void set_weather(Weather weather) override {
    proxy_.set_fault_percent(weather == Weather::kCalm    ? 0
                             : weather == Weather::kUsual ? fault_percent_
                                                          : 3 * fault_percent_);
  }
  void settle() override {
    EXPECT_TRUE(proxy_.wait_until_idle());
    EXPECT_EQ(proxy_.counts().not_forwarded, 0);
  }
  std::string kind() const override {
    return kept() + "dynamodb, " + (marks_in_ == MarksIn::kItems ? "marks in items, " : "") +
           std::to_string(fault_percent_) + " % faulty";
  }
  ChaosCounts requests() const override { return proxy_.counts(); }

 private:
  /// Notes an item, and the mark that it has.
  void note_item(json& item, TargetState& state) const {
    const std::string id = item["id"]["S"];
    if (marks_in_ == MarksIn::kItems) {
      EXPECT_TRUE(item.contains(handler::kUsualVersionAttribute)) << item;
      state.marks[id] = item[handler::kUsualVersionAttribute].value("S", "") + " put";
      item.erase(handler::kUsualVersionAttribute);
    }
    state.items[id] = item.dump();
  }
  std::string table_of(const KeptView& view) const { return table_ + "-" + view.name; }
  static std::string unique(const std::string& name) {
    static int count = 0;
    return name + "-" + std::to_string(++count);
  }

  const MarksIn marks_in_;
  const unsigned fault_percent_;
  const std::string table_ = unique("copy");
  const std::string ledger_ = unique("ledger");
  DynamoDbClient client_;
  ChaosProxy proxy_;
};

class SqliteCopy final : public Copy {
 public:
  using Copy::Copy;

  std::vector<std::string> environment() const override {
    std::vector<std::string> environment = {"STREAMONCE_TARGET=sqlite:" + path_};
    if (keeps_views()) environment.push_back("STREAMONCE_VIEWS=" + views_path());
    return environment;
  }

  TargetState state() override {
    TargetState state;
    if (!keeps_views())
      for (const auto& [id, item] : rows("SELECT id, item FROM orders"))
        state.items[id] = json::parse(item).dump();
    for (const KeptView& view : views())
      for (const auto& [_, row] : rows("SELECT rowid, item FROM " + view.name))
        note_row(view, json::parse(row), state);
    for (const auto& [id, mark] : rows("SELECT id, v || ' ' || op FROM _streamonce_ledger"))
      state.marks[item_of(id, "orders")] = version_in(mark);
    return state;
  }

  void set_weather(Weather) override {}
  void settle() override {
    EXPECT_EQ(rows("SELECT 'found', integrity_check FROM pragma_integrity_check"),
              (Texts{{"found", "ok"}}));
  }
  std::string kind() const override { return kept() + "sqlite"; }

 private:
  /// Empty where there is no such table.
  Texts rows(std::string_view sql) {
    SystemClock clock;
    auto database = handler::sqlite::Database::open(path_, clock,
                                                    clock.steady_now() + std::chrono::seconds(10));
    if (!database) {
      ADD_FAILURE() << database.error().message;
      return {};
    }
    Texts rows;
    auto statement = (*database)->prepare(sql);
    while (statement && statement->step().value())
      rows.emplace(statement->text(0), statement->text(1));
    return rows;
  }

  const TempDir folder_;
  const std::string path_ = folder_.file("copy.db");
};

/// One execution environment of Lambda: a Runtime API and a process.
class Sandbox {
 public:
  Sandbox(std::vector<std::string> environment, const std::string& log_path) {
    environment.push_back("AWS_LAMBDA_RUNTIME_API=" + api_.address());
    environment.push_back("AWS_LAMBDA_LOG_LEVEL=WARN");
    process_.emplace(ChildOptions{.program = STREAMONCE_BOOTSTRAP,
                                  .environment = std::move(environment),
                                  .log_path = log_path});
  }

  FakeRuntimeApi& api() { return api_; }
  bool wait_until_up() {
    return api_.wait_for_outcome(api_.push_event(R"({"Records":[]})"), kStartPatience).has_value();
  }
  void kill() { process_.reset(); }

 private:
  FakeRuntimeApi api_;
  std::optional<ChildProcess> process_;
};

/// What befell a run, or some.
struct Tally {
  int kills = 0;
  int kills_in_a_batch = 0;
  int deliveries = 0;
  int again = 0;         ///< of what was done already
  int at_once = 0;       ///< to a second process, too
  int partial = 0;       ///< some done, from the first on
  int nothing_done = 0;  ///< the first is named
  int errors = 0;        ///< answered with an error
  int late = 0;          ///< answered behind the deadline
  int unanswered = 0;    ///< and not killed: a process that hangs or has died
  int failed_starts = 0;

  void add(const Tally& other) {
    for (const auto count :
         {&Tally::kills, &Tally::kills_in_a_batch, &Tally::deliveries, &Tally::again,
          &Tally::at_once, &Tally::partial, &Tally::nothing_done, &Tally::errors, &Tally::late,
          &Tally::unanswered, &Tally::failed_starts})
      this->*count += other.*count;
  }
  std::string text() const {
    return std::to_string(kills) + " kills (" + std::to_string(kills_in_a_batch) +
           " in a batch), " + std::to_string(deliveries) + " deliveries (" + std::to_string(again) +
           " again, " + std::to_string(at_once) + " at once, " + std::to_string(partial) +
           " partial, " + std::to_string(nothing_done) + " nothing done, " +
           std::to_string(errors) + " errors, " + std::to_string(late) + " late, " +
           std::to_string(unanswered) + " unanswered)";
  }
};

/// Lambda's event source mapping for one shard, and all that befalls it.
class Mapping {
 public:
  Mapping(const Run& run, Copy& copy)
      : copy_(copy),
        cuts_(run.seed),
        random_(run.seed),
        acknowledged_(copy.keeping()) {}

  /// All of `history`, in batches, each until it is done. Stops at the first failure.
  void deliver_all(Batch history) {
    std::size_t start = 0;
    while (start < history.size() && !::testing::Test::HasFailure()) {
      const std::size_t size =
          std::min<std::size_t>(1 + cuts_() % kBatchMost, history.size() - start);
      deliver_until_done(history.subspan(start, size));
      start += size;
      if (one_in(6)) deliver_again(history.first(start));
    }
    if (::testing::Test::HasFailure()) return;
    sandbox_.reset();
    end_second();
    copy_.settle();
    expect_state(/*whole=*/true);
  }

  const Tally& tally() const { return tally_; }
  /// What the binary had to say, if a test has failed.
  std::string log() const {
    std::ifstream file(log_path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  bool one_in(unsigned count) { return random_() % count == 0; }
  void pause(microseconds longest) {
    const auto most = static_cast<unsigned>(longest.count());
    std::this_thread::sleep_for(microseconds(random_() % (most + 1)));
  }

  void deliver_until_done(Batch batch) {
    for (int delivery = 0; !batch.empty(); ++delivery) {
      ASSERT_LT(delivery, kDeliveriesMost) << "the batch at " << batch[0].number << " never ends";
      const bool calm = delivery >= kDeliveriesBeforeCalm;
      const std::size_t done = deliver(batch, calm);
      for (const Record& record : batch.first(done)) acknowledged_.apply(record);
      batch = batch.subspan(done);
      if (batch.empty() || done > 0) expect_state(batch.empty());
      if (::testing::Test::HasFailure()) return;
    }
  }

  /// Some of what is done, in one batch; its answer moves nothing.
  void deliver_again(Batch done) {
    const std::size_t start = random_() % done.size();
    const std::size_t size = 1 + random_() % kAgainMost;
    ++tally_.again;
    deliver(done.subspan(start, std::min(size, done.size() - start)), /*calm=*/false);
    expect_state(/*whole=*/true);
  }

  /// One invocation. @return how many records, from the first on, Lambda takes for done
  std::size_t deliver(Batch batch, bool calm) {
    if (!start_sandbox(calm)) return 0;
    ++tally_.deliveries;
    FakeEvent event{.body = event_with(batch), .time_left = kTimeLeft, .chunked = one_in(2)};
    const bool hurry = !calm && one_in(3);
    if (hurry)
      event.time_left =
          milliseconds(kShortTimeLeast + random_() % (kShortTimeMost - kShortTimeLeast));
    copy_.set_weather(calm                 ? Weather::kCalm
                      : hurry && one_in(3) ? Weather::kStorm
                                           : Weather::kUsual);
    if (!calm && one_in(10)) deliver_to_second(event, batch);
    const auto start = Steady::now();
    const std::string id = sandbox_->api().push_event(event);
    std::optional<Outcome> outcome;
    if (!calm && one_in(4)) {
      pause(usual_time_ * 3 / 4);
      sandbox_->kill();
      outcome = sandbox_->api().wait_for_outcome(id, milliseconds(0));
      ++tally_.kills;
      if (!outcome) ++tally_.kills_in_a_batch;
      const std::size_t done = outcome ? records_done(*outcome, batch) : 0;
      sandbox_.reset();
      return done;
    }
    outcome = sandbox_->api().wait_for_outcome(id, event.time_left + kGrace);
    const auto took = std::chrono::duration_cast<microseconds>(Steady::now() - start);
    const bool late = took > event.time_left;
    if (!outcome) ++tally_.unanswered;
    if (outcome && late) ++tally_.late;
    const std::size_t done = outcome ? records_done(*outcome, batch) : 0;
    usual_time_ = took;
    if (!late) return done;
    sandbox_.reset();  // Lambda ends a process that misses its deadline
    return 0;
  }

  /// A second process takes the same batch, and stays at it until the next such time, be that when
  /// later batches have been delivered or in the middle of its work.
  void deliver_to_second(const FakeEvent& event, Batch batch) {
    end_second();
    ++tally_.at_once;
    second_ = std::make_unique<Sandbox>(copy_.environment(), log_path_);
    second_id_ = second_->api().push_event(event);
    second_batch_ = batch;
    if (one_in(2)) pause(usual_time_);
  }

  void end_second() {
    if (!second_) return;
    second_->kill();
    const auto outcome = second_->api().wait_for_outcome(second_id_, milliseconds(0));
    if (outcome) records_done(*outcome, second_batch_);
    second_.reset();
  }

  /// Makes sure of a process that waits for its next event; kills one while it starts now and then.
  bool start_sandbox(bool calm) {
    for (int start = 0; start < kStartsMost && !sandbox_; ++start) {
      sandbox_ = std::make_unique<Sandbox>(copy_.environment(), log_path_);
      if (!calm && one_in(8)) {
        pause(milliseconds(10));
        ++tally_.kills;
        sandbox_.reset();
      } else if (!sandbox_->wait_until_up()) {
        ++tally_.failed_starts;
        sandbox_.reset();
      }
    }
    if (!sandbox_) ADD_FAILURE() << "the process does not start";
    return sandbox_ != nullptr;
  }

  std::size_t records_done(const Outcome& outcome, Batch batch) {
    if (outcome.is_error) {
      ++tally_.errors;
      return 0;
    }
    if (outcome.body == R"({"batchItemFailures":[]})") return batch.size();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (outcome.body != failure_at(batch[i].number)) continue;
      ++(i == 0 ? tally_.nothing_done : tally_.partial);
      return i;
    }
    ADD_FAILURE() << "the answer names what is not in its batch: " << outcome.body;
    return 0;
  }

  /// Whether all that Lambda takes for done is in the copy; if that is all that was delivered
  /// (`whole`), the copy has nothing else.
  void expect_state(bool whole) {
    const TargetState found = copy_.state();
    if (whole) {
      const TargetState expected = acknowledged_.expected();
      EXPECT_EQ(differences(found.items, expected.items), "");
      EXPECT_EQ(differences(found.marks, expected.marks), "");
      return;
    }
    for (const auto& [id, mark] : acknowledged_.marks()) {
      const auto actual = found.marks.find(id);
      if (actual == found.marks.end())
        ADD_FAILURE() << id << " has no mark, expected " << mark;
      else
        EXPECT_GE(actual->second, mark) << id;
    }
  }

  Copy& copy_;
  std::mt19937 cuts_;    // into batches: the same in every run of a seed
  std::mt19937 random_;  // for what befalls a delivery, of which there are more or fewer
  const TempDir folder_;
  const std::string log_path_ = folder_.file("log");
  SourceState acknowledged_;  // the source as far as Lambda takes the records for done
  microseconds usual_time_{10'000};
  Tally tally_;
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<Sandbox> second_;
  std::string second_id_;  // its one invocation's
  Batch second_batch_;
};

/// All runs of one kind.
struct AllRuns {
  int runs = 0;
  int failed = 0;
  std::size_t records = 0;
  int requests = 0;
  int conflicts = 0;  ///< transactions that met
  int faults = 0;
  Tally tally;
};

/// By kinds. Prints what there were once all tests are done.
class ChaosSums final : public ::testing::Environment {
 public:
  void TearDown() override {
    for (const auto& [kind, all] : by_kind_)
      std::cout << "chaos in all: " << kind << ": " << all.runs << " runs, " << all.failed
                << " failed; " << all.records << " records, " << all.requests << " requests, "
                << all.conflicts << " conflicts, " << all.faults << " faults; " << all.tally.text()
                << "\n";
  }
  AllRuns& of(const std::string& kind) { return by_kind_[kind]; }

 private:
  std::map<std::string, AllRuns> by_kind_;
};

ChaosSums& sums() {
  static auto* const kSums =
      static_cast<ChaosSums*>(::testing::AddGlobalTestEnvironment(new ChaosSums));
  return *kSums;
}
const ChaosSums& kSumsAreThere = sums();  // NOLINT: an environment is added before the tests begin

void deliver_a_history(const Run& run, Copy& copy) {
  SCOPED_TRACE("to repeat: " + command_for(run));
  const std::vector<Record> history = random_history(
      run.seed, copy.keeping() == Keeping::kRemembering ? kRememberedRecords : kRecords,
      copy.keeping());
  Mapping mapping(run, copy);
  mapping.deliver_all(history);
  const Tally& tally = mapping.tally();
  EXPECT_EQ(tally.unanswered, 0);
  EXPECT_EQ(tally.errors, 0);
  EXPECT_EQ(tally.failed_starts, 0);
  const ChaosCounts requests = copy.requests();
  std::cout << "chaos: seed " << run.seed << ", " << copy.kind()
            << (requests.requests > 0 ? ": " + requests.text() : "") << "; " << tally.text() << "; "
            << history.size() << " records, " << copy.state().items.size() << " items\n";
  if (::testing::Test::HasFailure()) std::cout << mapping.log();
  AllRuns& all = sums().of(copy.kind());
  ++all.runs;
  if (::testing::Test::HasFailure()) ++all.failed;
  all.records += history.size();
  all.requests += requests.requests;
  all.conflicts += requests.conflicts;
  all.faults += requests.faults_in_all();
  all.tally.add(tally);
}

std::string name_of(const ::testing::TestParamInfo<Run>& run) {
  return "Faults" + std::to_string(run.param.fault_percent) + "Seed" +
         std::to_string(run.param.seed);
}

class ChaosOnDynamoDb : public ::testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(, ChaosOnDynamoDb, ::testing::ValuesIn(runs({1, 2, 3}, {0, 10, 30})),
                         name_of);

TEST_P(ChaosOnDynamoDb, EndsAsTheSource) {
  DynamoDbCopy copy(GetParam(), Keeping::kMirror);
  deliver_a_history(GetParam(), copy);
}

class ChaosOnMarkedItems : public ::testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(, ChaosOnMarkedItems, ::testing::ValuesIn(runs({17, 18, 19, 20}, {30})),
                         name_of);

TEST_P(ChaosOnMarkedItems, EndsAsTheSource) {
  DynamoDbCopy copy(GetParam(), Keeping::kMirror, MarksIn::kItems);
  deliver_a_history(GetParam(), copy);
}

class ChaosOnSqlite : public ::testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(, ChaosOnSqlite, ::testing::ValuesIn(runs({1, 2, 3, 4, 5, 6, 7, 8}, {0})),
                         name_of);

TEST_P(ChaosOnSqlite, EndsAsTheSource) {
  SqliteCopy copy(Keeping::kMirror);
  deliver_a_history(GetParam(), copy);
}

class ChaosOnViewsInDynamoDb : public ::testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(, ChaosOnViewsInDynamoDb, ::testing::ValuesIn(runs({4}, {10, 30})),
                         name_of);

TEST_P(ChaosOnViewsInDynamoDb, EndsAsTheViewsHaveTheSource) {
  DynamoDbCopy copy(GetParam(), Keeping::kViews);
  deliver_a_history(GetParam(), copy);
}

class ChaosOnViewsInSqlite : public ::testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(, ChaosOnViewsInSqlite, ::testing::ValuesIn(runs({9, 10}, {0})), name_of);

TEST_P(ChaosOnViewsInSqlite, EndsAsTheViewsHaveTheSource) {
  SqliteCopy copy(Keeping::kViews);
  deliver_a_history(GetParam(), copy);
}

class ChaosOnRememberingViewsInDynamoDb : public ::testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(OneInTen, ChaosOnRememberingViewsInDynamoDb,
                         ::testing::ValuesIn(runs({11}, {10})), name_of);
INSTANTIATE_TEST_SUITE_P(ThreeInTen, ChaosOnRememberingViewsInDynamoDb,
                         ::testing::ValuesIn(runs({12, 13, 14}, {30})), name_of);

TEST_P(ChaosOnRememberingViewsInDynamoDb, EndsAsTheViewsHaveTheSource) {
  DynamoDbCopy copy(GetParam(), Keeping::kRemembering);
  deliver_a_history(GetParam(), copy);
}

class ChaosOnRememberingViewsInSqlite : public ::testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(, ChaosOnRememberingViewsInSqlite,
                         ::testing::ValuesIn(runs({15, 16}, {0})), name_of);

TEST_P(ChaosOnRememberingViewsInSqlite, EndsAsTheViewsHaveTheSource) {
  SqliteCopy copy(Keeping::kRemembering);
  deliver_a_history(GetParam(), copy);
}

}  // namespace
}  // namespace streamonce::testing
