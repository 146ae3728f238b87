#include "tests/simulation/owning.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "events/item_key.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/service.h"
#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using handler::Commit;
using handler::CommitPlace;
using handler::CommitResult;
using handler::Operation;
using handler::Outcome;
using handler::Write;
using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::size_t kRows = 4;

/// What the change of this number does to the row of this one.
enum class Effect : unsigned char { kNone, kPut, kRemove };

Effect effect_of(std::size_t number, std::size_t row) {
  const std::size_t dice = (number * 7'919 + row * 104'729) % 97;
  if (number % 9 == 5 || dice % 8 >= 4) return Effect::kNone;
  return dice % 8 == 3 ? Effect::kRemove : Effect::kPut;
}

/// The owner of an item's rows has two attributes, the first of which it has in common with others.
std::string group_of(const std::string& key) {
  return key.back() % 2 == 0 ? "even" : "odd";
}

/// Sees to it that each row stays with its owner, and that nothing is done twice.
class OwningService final : public Service {
 public:
  /// The number of the change that the entry of `key` is of; 0: there is none.
  std::size_t number_of(const std::string& key) const {
    return number_in(mark_text(Source::ledger_id(key), "v"));
  }

  /// Whether `row` is there and is not that of `key`.
  bool is_of_another(const std::string& row, const std::string& key) const {
    const std::string there = item(row);
    return !there.empty() && !owns(key, json::parse(there));
  }

 private:
  static std::size_t number_in(const std::string& version) {
    return version.empty() ? 0 : std::stoul(version.substr(version.find('/') + 1));
  }
  static bool owns(const std::string& key, const json& row) {
    return row["group"]["S"] == group_of(key) && row["owner"]["S"] == key;
  }

  void look_at_mark(const std::string& id, const json& put) override {
    number_ = number_in(put["Item"]["v"]["S"].get<std::string>());
    number_before_ = number_in(mark_text(id, "v"));
    require(number_ > number_before_, id + " went back");
    key_ = id.substr(id.rfind(':') + 1);
  }
  void look_at_item(const json& action, const json* there) override {
    require(there == nullptr || owns(key_, *there),
            "a row of another owner was written by " + key_);
    if (!action.contains("Put")) return;
    const json& row = action["Put"]["Item"];
    require(owns(key_, row), "a row of " + key_ + " with another owner");
    const std::size_t number = std::stoul(row["n"]["S"].get<std::string>());
    require(number > number_before_ && number <= number_,
            key_ + " has a row of a change that its entry stood for already");
  }

  std::string key_;  ///< of the commit whose mark was looked at last
  std::size_t number_ = 0;
  std::size_t number_before_ = 0;
};

/// Changes of one item that are committed at once.
struct Run {
  std::string key;
  std::string id = {};
  std::vector<std::size_t> numbers = {};  ///< rising
  bool is_over = false;                   ///< done, or failed for this time
  bool is_done = false;
  std::deque<std::string> texts = {};
  std::deque<events::ItemKey> keys = {};
  std::vector<Write> writes = {};
  std::vector<std::string> rows = {};  ///< of the writes
  std::array<events::RawAttribute, 2> owner = {};
  std::vector<CommitPlace> after = {};
  events::Version oldest = {};
  std::size_t number_before = 0;  ///< of the entry, when the commit was made
};

class Owning final : public Clients<OwningService> {
 public:
  explicit Owning(std::uint64_t seed) : Clients(seed) {
    const std::size_t keys = random_.between(2, 5);
    const std::size_t changes = random_.between(1, 24);
    for (std::size_t number = 1; number <= changes; ++number)
      jobs_["k" + std::to_string(random_.below(keys))].insert(number);
  }

  void go() {
    for (int round = 0; round < kRoundsMax && has_jobs(); ++round) invoke();
    calm_down();
    // What is left now collides, again and again, or is done.
    for (int round = 0; round < kCalmRounds && has_jobs(); ++round) invoke();
    world_.drain();
  }

 private:
  static constexpr int kRoundsMax = 12;
  static constexpr int kCalmRounds = 4;

  bool has_jobs() const override {
    return std::any_of(jobs_.begin(), jobs_.end(),
                       [](const auto& each) { return !each.second.empty(); });
  }

  /// Takes some changes of each item and does them. What was not done comes again, and now and then
  /// what was done, too.
  void invoke() override {
    ++invocations_;
    std::vector<Run> runs;
    for (auto& [key, numbers] : jobs_) {
      if (numbers.empty() || random_.chance(20)) continue;
      Run run{.key = key, .id = Source::ledger_id(key)};
      for (std::size_t most = random_.between(1, 4); most > 0 && !numbers.empty(); --most)
        run.numbers.push_back(numbers.extract(numbers.begin()).value());
      runs.push_back(std::move(run));
    }
    std::vector<std::vector<std::size_t>> taken;
    for (const Run& run : runs) taken.push_back(run.numbers);
    if (!survives([&](Process& process) { work_off(process, runs); }))
      for (Run& run : runs) run.is_done = false;
    for (std::size_t i = 0; i < runs.size(); ++i)
      if (!runs[i].is_done || (!is_calm_ && random_.chance(15)))
        jobs_[runs[i].key].insert(taken[i].begin(), taken[i].end());
  }

  void work_off(Process& process, std::vector<Run>& runs) {
    constexpr int kCommitsMax = 6;
    const milliseconds time_left(is_calm_ ? 60'000 : random_.between(300, 20'000));
    for (int i = 0; i < kCommitsMax; ++i) {
      std::vector<Run*> open;
      for (Run& run : runs)
        if (!run.is_over) open.push_back(&run);
      if (open.empty()) return;
      commit(process, open, time_left);
    }
  }

  void commit(Process& process, const std::vector<Run*>& open, milliseconds time_left) {
    std::vector<Commit> commits;
    std::map<std::string, CommitPlace> latest;  // by row
    for (Run* run : open) {
      commits.push_back(make_commit(*run));
      run->after.clear();
      for (const std::string& row : run->rows) {
        const auto place = static_cast<CommitPlace>(commits.size() - 1);
        if (const auto earlier = latest.find(row); earlier != latest.end())
          run->after.push_back(earlier->second);
        latest[row] = place;
      }
      commits.back().after = run->after;
    }
    std::vector<Outcome> outcomes(commits.size());
    const std::size_t spoiled = world_.spoiled();
    const std::size_t invocations = invocations_;
    process.commit(commits, outcomes, time_left);
    const bool is_exact = world_.spoiled() == spoiled && invocations_ == invocations &&
                          time_left > milliseconds(10'000);
    for (std::size_t i = 0; i < open.size(); ++i) take(*open[i], outcomes[i], is_exact);
  }

  Commit make_commit(Run& run) {
    run.texts.clear();
    run.keys.clear();
    run.writes.clear();
    run.rows.clear();
    run.number_before = service_.number_of(run.key);
    const auto keep = [&](std::string text) -> std::string_view {
      return run.texts.emplace_back(std::move(text));
    };
    run.owner = {{{.name = "group", .value_json = keep(R"({"S":")" + group_of(run.key) + "\"}")},
                  {.name = "owner", .value_json = keep(R"({"S":")" + run.key + "\"}")}}};
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto newest =
          std::find_if(run.numbers.rbegin(), run.numbers.rend(),
                       [&](std::size_t number) { return effect_of(number, row) != Effect::kNone; });
      if (newest == run.numbers.rend()) continue;
      const bool is_put = effect_of(*newest, row) == Effect::kPut;
      const std::string name = "r" + std::to_string(row);
      events::ItemKey& key = run.keys.emplace_back();
      require(key.add({.name = "id", .value = keep(name)}).has_value(), "a key");
      run.rows.push_back(name);
      run.writes.push_back({.operation = is_put ? Operation::kPut : Operation::kRemove,
                            .table = "items",
                            .key = &key,
                            .keys_json = keep(json{{"id", {{"S", name}}}}.dump()),
                            .image_json = is_put
                                              ? keep(json{{"id", {{"S", name}}},
                                                          {"group", {{"S", group_of(run.key)}}},
                                                          {"owner", {{"S", run.key}}},
                                                          {"n", {{"S", std::to_string(*newest)}}}}
                                                         .dump())
                                              : std::string_view(),
                            .owner = run.owner});
    }
    Commit commit{.ledger_id = run.id,
                  .version = version_of(run.numbers.back()),
                  .at = 1'700'000'000,
                  .writes = run.writes};
    if (run.numbers.size() > 1 || random_.chance(30)) {
      run.oldest = version_of(run.numbers[0]);
      commit.oldest = &run.oldest;
    }
    return commit;
  }

  /// Takes an outcome; `is_exact`: nothing was in the way of the commit but other items' rows.
  void take(Run& run, const Outcome& outcome, bool is_exact) {
    const std::size_t newest = run.numbers.back();
    require(outcome.done() || !is_exact || run.number_before < newest,
            run.key + " was done before, and is told not to be: " + outcome.reason);
    if (outcome.result == CommitResult::kChanged) {
      require(outcome.found != nullptr, run.key + " has changed into nothing");
      const std::size_t before = run.numbers.size();
      std::erase_if(run.numbers, [&](std::size_t number) {
        return version_of(number) <= outcome.found->version;
      });
      require(!run.numbers.empty() && run.numbers.size() < before,
              run.key + " has an entry that does not explain what has changed");
      return;
    }
    run.is_over = true;
    if (outcome.done()) {
      run.is_done = true;
      ++changes_;
      require(service_.number_of(run.key) >= newest,
              run.id + " was reported done and is not durable");
      return;
    }
    require(outcome.collides || !is_exact, run.id + " has failed: " + outcome.reason);
    if (!outcome.collides) return;
    require(!outcome.refused_writes.empty(), run.id + " collides nowhere");
    require(!is_exact || service_.number_of(run.key) < newest,
            run.id + " collides, and is written all the same");
    for (const std::size_t write : outcome.refused_writes) {
      require(write < run.writes.size(), run.id + " collides nowhere");
      require(!is_calm_ || service_.is_of_another(run.rows[write], run.key),
              run.id + " collides with a row that is free");
    }
  }

  std::map<std::string, std::set<std::size_t>> jobs_;  // by item, the changes that are to be done
};

}  // namespace

Summary run_owning(std::uint64_t seed) {
  return run_clients<Owning>(seed, "items that want the same rows");
}

}  // namespace streamonce::simulation
