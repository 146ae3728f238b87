#include "tests/simulation/fetching.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "handler/pipeline/derived_tables.h"
#include "handler/pipeline/pipeline.h"
#include "handler/pipeline/source_items.h"
#include "handler/sources/lambda/stream_event.h"
#include "handler/views/rules/checker.h"
#include "tests/simulation/random.h"
#include "tests/simulation/violation.h"
#include "tests/simulation/world.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"
#include "tests/support/stream_event.h"

namespace streamonce::simulation {
namespace {

using handler::Commit;
using handler::CommitResult;
using handler::Outcome;
using nlohmann::json;

constexpr const char* kDirect =
    "CREATE SOURCE orders KEY (id);"
    "CREATE VIEW copy AS SELECT * FROM orders;"
    "CREATE VIEW kept KEY (k) WITH (expiry = 'keep') AS SELECT 'kept#' || id AS k, n FROM orders;";
constexpr const char* kRemembering =
    "CREATE SOURCE orders KEY (id);"
    "CREATE VIEW copy AS SELECT * FROM orders;"
    "CREATE VIEW moving KEY (g, id) AS SELECT g, id, n FROM orders;"
    "CREATE VIEW sums KEY (g) AS SELECT g, COUNT(*) AS c, SUM(n) AS s FROM orders GROUP BY g;";

constexpr const char* kLaterArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-22T09:00:00.000";

/// A number of the first change: so that they grow longer on the way.
constexpr std::size_t kNumberFirst = 990;

/// What an item is from a change on.
struct State {
  std::size_t ordinal = 0;  ///< of the change
  std::string image = {};   ///< empty: there is none
  bool expired = false;
};

/// The table that changes, and its stream's records by ordinal.
class ChangingTable {
 public:
  explicit ChangingTable(Random& random) : random_(random) {
    const std::size_t items = random_.chance(10) ? 120 : random_.between(1, 6);
    for (std::size_t i = 0; i < items; ++i) keys_.push_back("k" + std::to_string(i));
    constexpr const char* kTypes[] = {"KEYS_ONLY", "OLD_IMAGE", "NEW_IMAGE"};
    type_ = kTypes[random_.below(2)];
    later_type_ = kTypes[random_.below(3)];
    later_from_ = random_.chance(30) ? random_.between(1, 60) : SIZE_MAX;
  }

  void write() {
    const std::string& key = keys_[random_.below(keys_.size())];
    std::vector<State>& states = states_[key];
    const bool is_there = !states.empty() && !states.back().image.empty();
    State state{.ordinal = records_.size()};
    const bool removes = is_there && random_.chance(30);
    if (!removes)
      state.image = R"({"id":{"S":")" + key + R"("},"n":{"N":")" + std::to_string(state.ordinal) +
                    R"("},"g":{"S":"g)" + std::to_string(random_.below(3)) + "\"}}";
    state.expired = removes && random_.chance(50);
    const bool is_later = state.ordinal >= later_from_;
    const std::string& type = is_later ? later_type_ : type_;
    records_.push_back(
        testing::to_json({.event_name = removes    ? "REMOVE"
                                        : is_there ? "MODIFY"
                                                   : "INSERT",
                          .sequence_number = std::to_string(kNumberFirst + state.ordinal),
                          .keys = testing::key_of(key),
                          .new_image = type == "NEW_IMAGE" ? state.image : "",
                          .old_image = type == "OLD_IMAGE" && is_there ? states.back().image : "",
                          .view_type = type,
                          .arn = is_later ? kLaterArn : std::string(testing::kStreamArn),
                          .more = state.expired ? R"(,"userIdentity":{"type":"Service",)"
                                                  R"("principalId":"dynamodb.amazonaws.com"})"
                                                : ""}));
    key_of_.push_back(key);
    states.push_back(std::move(state));
  }

  const std::vector<std::string>& keys() const { return keys_; }
  const std::vector<std::string>& records() const { return records_; }
  const std::string& key_of(std::size_t ordinal) const { return key_of_[ordinal]; }
  const std::vector<State>& states(const std::string& key) { return states_[key]; }
  /// The item now; empty: there is none.
  std::string now(const std::string& key) {
    const std::vector<State>& states = states_[key];
    return states.empty() ? "" : states.back().image;
  }

 private:
  Random& random_;
  std::vector<std::string> keys_;
  std::string type_;
  std::string later_type_;
  std::size_t later_from_ = 0;
  std::vector<std::string> records_;
  std::vector<std::string> key_of_;
  std::map<std::string, std::vector<State>> states_;
};

/// Reads the table, over a network.
class ReadItems final : public handler::SourceItems {
 public:
  ReadItems(ChangingTable& table, Random& random, std::function<void()> wait)
      : table_(table),
        random_(random),
        wait_(std::move(wait)) {}

  std::vector<Result<std::string_view>> read(const events::SourceTable& /*table*/,
                                             std::span<const events::ItemKey> keys,
                                             handler::Consistency consistency,
                                             SteadyTime /*deadline*/) override {
    wait_();
    texts_.clear();
    std::vector<Result<std::string_view>> results;
    std::set<std::string_view> asked;
    for (const events::ItemKey& key : keys) {
      const std::string id(key.attributes().front().value);
      require(asked.insert(key.attributes().front().value).second, "a key is read twice: " + id);
      if (random_.chance(fault_percent)) {
        results.emplace_back(Error{ErrorCode::kUnavailable, "not read"});
        ++faults;
        continue;
      }
      results.emplace_back(texts_.emplace_back(image_of(id, consistency)));
    }
    ++requests;
    wait_();
    return results;
  }

  int fault_percent = 0;
  std::size_t faults = 0;
  std::size_t requests = 0;

 private:
  std::string image_of(const std::string& id, handler::Consistency consistency) {
    const std::vector<State>& states = table_.states(id);
    const bool is_late = consistency == handler::Consistency::kEventual && random_.chance(20);
    if (!is_late) return table_.now(id);
    return states.size() < 2 ? "" : states[states.size() - 2].image;
  }

  ChangingTable& table_;
  Random& random_;
  const std::function<void()> wait_;
  std::deque<std::string> texts_;
};

/// The target and its oracle.
class CheckedTarget final : public handler::Target {
 public:
  CheckedTarget(ChangingTable& table, Random& random) : table_(table), random_(random) {}

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override {
    for (std::size_t i = 0; i < commits.size(); ++i) {
      wait();
      const bool is_spoiled = random_.chance(fault_percent);
      const bool is_lost = is_spoiled && random_.chance(50);
      if (is_spoiled) outcomes[i] = {.result = CommitResult::kFailed, .reason = "spoiled"};
      if (is_spoiled && !is_lost) continue;
      Outcome outcome;
      memory.commit(commits.subspan(i, 1), {&outcome, 1}, deadline);
      if (outcome.result == CommitResult::kApplied) check(commits[i]);
      if (!is_lost) outcomes[i] = std::move(outcome);
    }
  }

  std::vector<handler::MarkResult> read_marks(std::span<const handler::MarkPlace> places,
                                              handler::Reading reading,
                                              SteadyTime deadline) override {
    wait();
    auto marks = memory.read_marks(places, reading, deadline);
    wait();
    return marks;
  }

  /// The ordinal of the change that the item's mark stands for; -1: there is none.
  std::int64_t marked(const std::string& key) const {
    const auto found = marked_.find(key);
    return found == marked_.end() ? -1 : found->second;
  }

  testing::MemoryTarget memory;
  std::function<void()> wait;
  int fault_percent = 0;

 private:
  /// Checks that what was just committed is of the state of its change or of a newer one.
  void check(const Commit& commit) {
    const std::string id(commit.ledger_id.substr(commit.ledger_id.rfind(':') + 1));
    const std::string_view version = commit.version.text();
    const auto ordinal = static_cast<std::int64_t>(
                             std::stoull(std::string(version.substr(version.rfind('/') + 1)))) -
                         static_cast<std::int64_t>(kNumberFirst);
    require(commit.nonce.empty() ? marked(id) < ordinal : marked(id) <= ordinal,
            "the mark of " + id + " went back");
    marked_[id] = ordinal;
    for (const handler::Write& write : commit.writes) {
      // What an expiry keeps may be of an older record of the commit.
      if (write.table == "kept") continue;
      if (write.operation == handler::Operation::kPut) {
        const json image = json::parse(write.image_json);
        require(image.contains("n"), id + " was put without what it has");
        const auto n = std::stoll(image["n"]["N"].get<std::string>());
        require(n >= ordinal, "an image of " + id + " that is older than its record");
      } else if (write.table == "items" || write.table == "copy") {
        const std::vector<State>& states = table_.states(id);
        require(std::any_of(states.begin(), states.end(),
                            [&](const State& state) {
                              return static_cast<std::int64_t>(state.ordinal) >= ordinal &&
                                     state.image.empty();
                            }),
                id + " was removed by a record behind which it was always there");
      }
    }
  }

  ChangingTable& table_;
  Random& random_;
  std::map<std::string, std::int64_t> marked_;
};

class Fetching {
 public:
  explicit Fetching(std::uint64_t seed) : random_(seed), table_(random_), target_(table_, random_) {
    constexpr int kPercents[] = {0, 5, 20};
    items_.fault_percent = kPercents[random_.below(3)];
    target_.fault_percent = kPercents[random_.below(3)];
    kill_percent_ = random_.chance(50) ? 0 : 3;
    overlap_percent_ = random_.chance(20) ? 0 : 10;
    attempts_max_ = random_.between(1, 8);
    target_.wait = [this] { wait(); };
    const char* const texts[] = {"", kDirect, kRemembering};
    views_ = texts[random_.below(3)];
  }

  void go() {
    const std::size_t changes = random_.between(5, 150);
    while (table_.records().size() < changes) {
      if (random_.chance(60)) table_.write();
      if (random_.chance(40)) deliver();
    }
    // From here on all is well, so that what is left comes to its end.
    is_calm_ = true;
    items_.fault_percent = target_.fault_percent = kill_percent_ = overlap_percent_ = 0;
    while (next_ < table_.records().size()) deliver();
    for (std::size_t i = letters_.size(); i > 1; --i)
      std::swap(letters_[i - 1], letters_[random_.below(i)]);
    for (const std::size_t ordinal : letters_)
      require(invoke({ordinal}) == std::size_t{1}, "a record that could not be re-driven");
    check_end();
  }

  Summary summary() const {
    Summary summary;
    summary.changes = table_.records().size();
    summary.invocations = invocations_;
    summary.requests = items_.requests;
    summary.faults = items_.faults;
    summary.kills = kills_;
    summary.overlaps = overlaps_;
    summary.dead_letters = letters_.size();
    return summary;
  }

 private:
  /// Whatever else happens while a process waits.
  void wait() {
    if (is_calm_) return;
    while (random_.chance(30)) table_.write();
    if (random_.chance(kill_percent_)) {
      ++kills_;
      throw Killed{};
    }
    constexpr std::size_t kDepthMax = 3;
    if (depth_ < kDepthMax && random_.chance(overlap_percent_)) {
      ++overlaps_;
      deliver();
    }
  }

  /// Runs one invocation with the next batch, or with some that were told before.
  void deliver() {
    // Those of the batch in hand, too, and as many behind it.
    const std::size_t told = std::min(table_.records().size(), next_ + 12);
    if (told > 0 && random_.chance(25)) {
      std::vector<std::size_t> again;
      const std::size_t first = random_.below(told);
      for (std::size_t i = first; i < std::min(told, first + 8); ++i)
        if (random_.chance(70)) again.push_back(i);
      if (!again.empty()) (void)invoke(again);
      return;
    }
    if (is_busy_ || next_ == table_.records().size()) return;
    std::vector<std::size_t> batch;
    const std::size_t size = random_.chance(10) ? 150 : random_.between(1, 12);
    for (std::size_t i = next_; i < std::min(table_.records().size(), next_ + size); ++i)
      batch.push_back(i);
    is_busy_ = true;
    const std::size_t done = invoke(batch);
    is_busy_ = false;
    next_ += done;
    attempts_ = done > 0 ? 0 : attempts_ + 1;
    if (attempts_ < attempts_max_) return;
    letters_.insert(letters_.end(), batch.begin(), batch.end());
    next_ += batch.size();
    attempts_ = 0;
  }

  /// @return how many records of the batch Lambda takes for done
  std::size_t invoke(const std::vector<std::size_t>& batch) {
    ++invocations_;
    std::vector<std::string> records;
    for (const std::size_t ordinal : batch) records.push_back(table_.records()[ordinal]);
    ++depth_;
    std::size_t done = 0;
    try {
      done = handle(batch, testing::event_of(records));
    } catch (const Killed&) {
    }
    --depth_;
    return done;
  }

  std::size_t handle(const std::vector<std::size_t>& batch, const std::string& event) {
    // Each is a process of its own.
    ReadItems items(table_, random_, [this] { wait(); });
    items.fault_percent = items_.fault_percent;
    std::unique_ptr<handler::DerivedTables> tables = make_tables();
    handler::Pipeline pipeline({.name = "sim",
                                .target_table = "items",
                                .retain = {},
                                .tables = tables.get(),
                                .source_items = &items,
                                .random_seed = random_.bits()},
                               target_, clock_);
    handler::StreamEventHandler stream(pipeline, logger_);
    const Payload payload = Payload::copy_of(event);
    const auto result = stream.run(payload.view(), clock_.steady_now() + std::chrono::minutes(1));
    items_.faults += items.faults;
    items_.requests += items.requests;
    require(result.has_value(), "an event was refused as a whole");
    check_fates(batch, *result, items.faults == 0);
    const json failures = json::parse(result->response)["batchItemFailures"];
    if (failures.empty()) return batch.size();
    const std::size_t named =
        std::stoull(failures[0]["itemIdentifier"].get<std::string>()) - kNumberFirst;
    return static_cast<std::size_t>(std::find(batch.begin(), batch.end(), named) - batch.begin());
  }

  std::unique_ptr<handler::DerivedTables> make_tables() const {
    if (views_.empty()) return nullptr;
    handler::views::CheckedViews checked = handler::views::check_text(views_);
    std::vector<std::string> names;
    for (const auto& view : checked.views.views) names.push_back(view.name);
    return std::make_unique<handler::DerivedTables>(std::move(checked.views),
                                                    std::vector<std::string>{"orders"}, names);
  }

  /// Checks that what counts as done is durable, and that nothing fails without a reason.
  void check_fates(const std::vector<std::size_t>& batch, const handler::StreamEventResult& result,
                   bool is_all_read) const {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bool done = handler::is_done(result.batch.fates[i]);
      const std::string& key = table_.key_of(batch[i]);
      const bool is_filtered = result.batch.fates[i] == handler::Fate::kFiltered;
      require(!done || is_filtered || target_.marked(key) >= static_cast<std::int64_t>(batch[i]),
              key + " was reported done and is not durable");
      require(done || !is_all_read || target_.fault_percent > 0 || depth_ > 1 || overlaps_ > 0,
              key + " failed, and nothing was in its way");
    }
    for (const handler::Failure& failure : result.batch.failures)
      require(failure.reason.find("not read") != std::string::npos || target_.fault_percent > 0 ||
                  overlaps_ > 0,
              "another reason: " + failure.reason);
  }

  std::string row(const std::string& keys_json) {
    const auto found = target_.memory.items.find(keys_json);
    return found == target_.memory.items.end() ? "" : found->second;
  }

  void check_end() {
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> sums;  // count and sum, by group
    std::size_t rows = 0;
    for (const std::string& key : table_.keys()) {
      const std::string now = table_.now(key);
      require(row(testing::key_of(key)) == now, key + " is not as it is in the source");
      rows += now.empty() ? 0 : 1;
      if (views_ == kDirect) check_kept(key);
      if (views_ != kRemembering || now.empty()) continue;
      const json item = json::parse(now);
      const std::string group = item["g"]["S"];
      const std::string moved = row(R"({"g":{"S":")" + group + R"("},"id":{"S":")" + key + "\"}}");
      require(!moved.empty() && json::parse(moved) == item, key + " has not its row in its group");
      ++rows;
      ++sums[group].first;
      sums[group].second += std::stoll(item["n"]["N"].get<std::string>());
    }
    if (views_ != kDirect)
      require(target_.memory.items.size() == rows, "rows that no item of the source has");
    if (views_ != kRemembering) return;
    for (const auto& [name, amounts] : target_.memory.groups) {
      const std::string group = json::parse(name.substr(name.find('{')))["g"]["S"];
      const auto is = [&amounts = amounts](const char* attribute, std::int64_t number) {
        const auto found = amounts.find(attribute);  // absent: nothing but zeros were added
        const events::Decimal amount = found == amounts.end() ? events::Decimal() : found->second;
        return amount == events::decimal_of(number);
      };
      require(is("c", sums[group].first) && is("s", sums[group].second),
              "the sums of " + group + " are wrong");
      sums.erase(group);
    }
    require(sums.empty(), "a group that is missing");
  }

  /// A row that an expiry keeps goes when somebody deletes its item.
  void check_kept(const std::string& key) {
    const std::vector<State>& states = table_.states(key);
    if (states.empty()) return;
    const std::string kept = row(R"({"k":{"S":"kept#)" + key + "\"}}");
    if (!states.back().image.empty())
      require(!kept.empty() && json::parse(kept)["n"] == json::parse(states.back().image)["n"],
              "a row of " + key + " that is not the newest");
    else
      require(states.back().expired || kept.empty(), "a row of " + key + ", which was deleted");
  }

  Random random_;
  testing::FakeClock clock_;
  Logger logger_{{.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}},
                 clock_};
  ChangingTable table_;
  ReadItems items_{table_, random_, [] {}};  // what is set and counted for all of them
  CheckedTarget target_;
  std::string views_;
  int kill_percent_ = 0;
  int overlap_percent_ = 0;
  std::size_t attempts_max_ = 0;
  std::size_t attempts_ = 0;
  std::size_t next_ = 0;  // the first record that was not told of
  std::vector<std::size_t> letters_;
  bool is_busy_ = false;
  bool is_calm_ = false;
  std::size_t depth_ = 0;
  std::size_t invocations_ = 0;
  std::size_t kills_ = 0;
  std::size_t overlaps_ = 0;
};

}  // namespace

Summary run_fetching(std::uint64_t seed) {
  Fetching fetching(seed);
  try {
    fetching.go();
    return fetching.summary();
  } catch (const Violation& violation) {
    Summary summary = fetching.summary();
    summary.violation = "fetched images: " + violation.what;
    return summary;
  }
}

}  // namespace streamonce::simulation
