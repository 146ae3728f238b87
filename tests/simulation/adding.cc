#include "tests/simulation/adding.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "events/item_key.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/service.h"
#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using handler::Addend;
using handler::Addition;
using handler::Commit;
using handler::CommitResult;
using handler::Mark;
using handler::Outcome;
using nlohmann::json;
using std::chrono::milliseconds;

/// The row that most items add to, and one whose attribute `sum` is a text: it can be counted in,
/// but nothing can be added up there.
constexpr const char* kHotRow = "all";
constexpr const char* kBrokenRow = "broken";
constexpr std::size_t kSmallRows = 4;

/// What an item is in a row, or all of them are: how many times, and with how many quarters.
struct Amounts {
  int count = 0;
  int quarters = 0;

  friend bool operator==(const Amounts&, const Amounts&) = default;
};

/// By row.
using Shares = std::map<std::string, Amounts>;

/// What the item is in after the change of this number.
Shares shares_of(std::size_t number, bool may_break) {
  Shares shares;
  if (number % 7 == 3) return shares;
  const std::size_t dice = number * 7'919 + 104'729;
  if (dice % 5 != 0) shares[kHotRow] = {1, static_cast<int>(dice % 9) - 4};
  if (dice % 3 != 0)
    shares["g" + std::to_string(dice % kSmallRows)] = {1, static_cast<int>(dice % 4) - 1};
  if (may_break && dice % 6 == 0) shares[kBrokenRow] = {1, dice % 4 == 0 ? 1 : 0};
  return shares;
}

/// `all 1 -3 g2 1 2`; empty: no share in any row.
std::string to_text(const Shares& shares) {
  std::string text;
  for (const auto& [row, amounts] : shares)
    text +=
        row + ' ' + std::to_string(amounts.count) + ' ' + std::to_string(amounts.quarters) + ' ';
  return text;
}

Shares from_text(const std::string& text) {
  Shares shares;
  std::istringstream words(text);
  std::string row;
  Amounts amounts;
  while (words >> row >> amounts.count >> amounts.quarters) shares[row] = amounts;
  return shares;
}

/// Adds `shares` to `sums`, or takes them away; what comes to nothing goes.
void accumulate(Shares& sums, const Shares& shares, int sign) {
  for (const auto& [row, amounts] : shares) {
    Amounts& sum = sums[row];
    sum.count += sign * amounts.count;
    sum.quarters += sign * amounts.quarters;
    if (sum == Amounts()) sums.erase(row);
  }
}

/// Sees to it that the rows are the sums of what the entries say.
class AddingService final : public Service {
 public:
  AddingService() { put_item(kBrokenRow, {{"id", {{"S", kBrokenRow}}}, {"sum", {{"S", "none"}}}}); }

  /// The number of the change that the entry of `key` is of; 0: there is none.
  std::size_t number_of(const std::string& key) const {
    return number_in(mark_text(Source::ledger_id(key), "v"));
  }

 private:
  static std::size_t number_in(const std::string& version) {
    return version.empty() ? 0 : std::stoul(version.substr(version.find('/') + 1));
  }

  void look_at_mark(const std::string& id, const json& put) override {
    const json& mark = put["Item"];
    const std::size_t number = number_in(mark["v"]["S"].get<std::string>());
    require(number > number_in(mark_text(id, "v")), id + " went back");
    const std::string content = mark.contains("w") ? mark["w"]["S"].get<std::string>() : "";
    accumulate(sums_, from_text(mark_text(id, "w")), -1);
    accumulate(sums_, from_text(content), 1);
    require(sums_[kBrokenRow].quarters == 0, id + " added to what is no number");
  }

  void look_at_written(const std::set<std::string>&, const std::set<std::string>&) override {
    std::set<std::string> rows = seen_rows_;
    for (const auto& [row, amounts] : sums_) rows.insert(row);
    for (const std::string& row : rows) {
      const auto sum = sums_.find(row);
      const Amounts expected = sum == sums_.end() ? Amounts() : sum->second;
      require(amounts_in(row) == expected,
              row + " is not the sum of what its items say: " + item(row));
    }
    seen_rows_ = std::move(rows);
  }

  Amounts amounts_in(const std::string& row) const {
    const std::string there = item(row);
    if (there.empty()) return {};
    const json attributes = json::parse(there);
    const auto number_of = [&](const char* name) {
      const bool is_number = attributes.contains(name) && attributes[name].contains("N");
      return is_number ? std::stod(attributes[name]["N"].get<std::string>()) : 0;
    };
    return {.count = static_cast<int>(number_of("count")),
            .quarters = static_cast<int>(4 * number_of("sum"))};
  }

  Shares sums_;
  std::set<std::string> seen_rows_;
};

/// What is wrong with a change.
enum class Wrong : unsigned char { kNothing, kInvalid, kMistyped };

/// One change that a process has to do.
struct Job {
  std::string key;
  std::size_t number = 0;
  Wrong wrong = Wrong::kNothing;
};

class Adding final : public Clients<AddingService> {
 public:
  explicit Adding(std::uint64_t seed) : Clients(seed) {
    clock_percent_ = random_.chance(60) ? 0 : 5;
    freeze_percent_ = random_.chance(60) ? 0 : 20;
    may_break_ = random_.chance(25);
    service_.refuses_additions_whole = random_.chance(50);
    world_.work = milliseconds(random_.below(3));
    is_large_ = random_.chance(8);
    const std::size_t keys = is_large_ ? random_.between(100, 300) : random_.between(1, 12);
    const std::size_t changes = is_large_ ? 2 * keys : random_.between(1, 60);
    const int wrong_percent = random_.chance(50) ? 0 : 4;
    for (std::size_t number = 1; number <= changes; ++number) {
      Job job{.key = "k" + std::to_string(random_.below(keys)), .number = number};
      if (random_.chance(wrong_percent))
        job.wrong = random_.chance(50) ? Wrong::kInvalid : Wrong::kMistyped;
      jobs_.push_back(job);
    }
  }

  void go() {
    const std::vector<Job> all(jobs_.begin(), jobs_.end());
    const std::size_t rounds = is_large_ ? 8 : 3 * all.size();
    for (std::size_t i = 0; i < rounds && has_good_jobs(); ++i) invoke();
    world_.clock_ahead = milliseconds(0);
    calm_down();
    for (std::size_t i = 0; i < all.size() && has_good_jobs(); ++i) invoke();
    require(!has_good_jobs(), "changes that are never done");
    world_.drain();
    for (const Job& job : all)
      require(!can_be_done(job) || service_.number_of(job.key) >= job.number,
              job.key + " lacks its newest change");
  }

 private:
  /// What is added to one row, with the texts that it borrows.
  struct RowTexts {
    std::string name;
    std::string keys_json;
    events::ItemKey key = {};
    std::vector<Addend> addends = {};
  };

  /// A change on its way, and the entry that it is made from.
  struct Work {
    Job job;
    std::string id;
    std::optional<Mark> seen = {};
    bool is_known = false;  ///< whether `seen` is what was read last
    bool is_done = false;
    std::string content = {};
    std::deque<RowTexts> rows = {};
    std::vector<Addition> additions = {};
    std::string image = {};
    handler::Write write = {};
  };

  /// Whether the service takes the change.
  bool can_be_done(const Job& job) const {
    const Shares shares = shares_of(job.number, may_break_);
    const auto broken = shares.find(kBrokenRow);
    return job.wrong == Wrong::kNothing && (broken == shares.end() || broken->second.quarters == 0);
  }

  bool has_jobs() const override { return !jobs_.empty(); }

  bool has_good_jobs() const {
    return std::any_of(jobs_.begin(), jobs_.end(),
                       [this](const Job& job) { return can_be_done(job); });
  }

  void set_clock() {
    constexpr int kHours[] = {0, 0, 3, -3, 25};
    world_.clock_ahead = std::chrono::hours(kHours[random_.below(std::size(kHours))]);
  }

  /// Takes some changes, of distinct items, and does them; what was not done comes again. Now and
  /// then what was done comes again, too.
  void invoke() override {
    ++invocations_;
    std::vector<Work> works;
    const std::size_t most = is_large_ ? 300 : random_.between(1, 12);
    std::set<std::string> keys;
    for (std::size_t i = 0; i < jobs_.size() && works.size() < most;) {
      const Job job = jobs_[i];
      if (!keys.insert(job.key).second) {
        ++i;
        continue;
      }
      jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
      works.push_back({.job = job, .id = Source::ledger_id(job.key)});
    }
    const bool is_alive = survives([&](Process& process) {
      if (!is_calm_ && random_.chance(clock_percent_)) set_clock();
      if (!is_calm_ && random_.chance(freeze_percent_)) process.freeze();
      work_off(process, works);
    });
    if (!is_alive)
      for (Work& work : works) work.is_done = false;
    for (const Work& work : works)
      if (!work.is_done || (!is_calm_ && random_.chance(10))) jobs_.push_back(work.job);
  }

  void work_off(Process& process, std::vector<Work>& works) {
    const milliseconds time_left(is_calm_ ? 60'000 : random_.between(300, 40'000));
    work_off_from_entries(process, works, time_left, [&](const std::vector<Work*>& open) {
      commit(process, open, time_left);
    });
  }

  void commit(Process& process, const std::vector<Work*>& open, milliseconds time_left) {
    std::vector<Commit> commits;
    for (Work* work : open) commits.push_back(make_commit(*work));
    std::vector<Outcome> outcomes(commits.size());
    const std::size_t hindered = world_.hindered();
    const std::size_t invocations = invocations_;
    const std::size_t requests = world_.requests;
    const std::size_t additions = world_.requests_that_add;
    process.commit(commits, outcomes, time_left);
    const bool is_alone = invocations_ == invocations;
    require(!is_alone || world_.requests - requests <= 150 + 16 * open.size(),
            "requests without a bound");
    const bool is_exact =
        is_alone && world_.hindered() == hindered && time_left > milliseconds(30'000);
    if (is_exact) check_requests(commits, outcomes, world_.requests_that_add - additions);
    for (std::size_t i = 0; i < open.size(); ++i) take(*open[i], outcomes[i], is_exact);
  }

  /// Checks that commits of which nothing was wrong added to rows in as few transactions as hold
  /// them.
  static void check_requests(const std::vector<Commit>& commits,
                             const std::vector<Outcome>& outcomes, std::size_t requests) {
    constexpr std::size_t kActionsLeast =
        100 - (kSmallRows + 2) - 2;  // of a pack with no room left
    std::size_t actions = 0;
    for (std::size_t i = 0; i < commits.size(); ++i) {
      if (outcomes[i].result != CommitResult::kApplied) return;
      if (!commits[i].additions.empty()) actions += 1 + commits[i].writes.size();
    }
    require(requests <= actions / kActionsLeast + 1, "transactions on rows that are not needed");
  }

  Commit make_commit(Work& work) {
    const std::size_t number = work.job.number;
    const Shares shares = shares_of(number, may_break_);
    work.content = to_text(shares);
    Shares differences = shares;
    accumulate(differences, from_text(work.seen ? work.seen->content : ""), -1);
    work.rows.clear();
    work.additions.clear();
    for (const auto& [row, amounts] : differences) add(work, row, amounts);
    json image = {{"id", {{"S", work.job.key}}}};
    if (work.job.wrong == Wrong::kInvalid) image["invalid"] = {{"BOOL", true}};
    if (work.job.wrong == Wrong::kMistyped) image["mistyped"] = {{"BOOL", true}};
    work.image = image.dump();
    work.write = {.table = "items", .image_json = work.image};
    Commit commit{.ledger_id = work.id,
                  .version = version_of(number),
                  .at = 1'700'000'000,
                  .additions = work.additions,
                  .content = work.content,
                  .seen = handler::Seen{work.seen ? &*work.seen : nullptr}};
    if (work.job.wrong != Wrong::kNothing || number % 4 == 0) commit.writes = {&work.write, 1};
    return commit;
  }

  static void add(Work& work, const std::string& row, const Amounts& amounts) {
    RowTexts& texts = work.rows.emplace_back(
        RowTexts{.name = row, .keys_json = json{{"id", {{"S", row}}}}.dump()});
    require(texts.key.add({.name = "id", .value = texts.name}).has_value(), "a key");
    if (amounts.count != 0)
      texts.addends.push_back({.name = "count", .number = events::decimal_of(amounts.count)});
    if (amounts.quarters != 0)
      texts.addends.push_back(
          {.name = "sum",
           .number = events::parse_decimal(std::to_string(amounts.quarters * 25) + "E-2").value()});
    work.additions.push_back({.table = "groups",
                              .key = &texts.key,
                              .keys_json = texts.keys_json,
                              .addends = texts.addends});
  }

  void take(Work& work, const Outcome& outcome, bool is_exact) {
    if (outcome.result == CommitResult::kChanged) {
      work.seen = outcome.found ? std::optional<Mark>(*outcome.found) : std::nullopt;
      return;
    }
    if (!outcome.done()) {
      require(!is_exact || !can_be_done(work.job),
              work.id + " failed though nothing was in the way: " + outcome.reason);
      const bool is_refused = outcome.refused_addition.has_value();
      require(!is_refused || (work.rows.at(*outcome.refused_addition).name == kBrokenRow &&
                              !can_be_done(work.job)),
              work.id + " was told to have failed for a row that takes it");
      work.is_known = false;
      return;
    }
    work.is_done = true;
    ++changes_;
    require(service_.number_of(work.job.key) >= work.job.number,
            work.id + " was reported done and is not durable");
  }

  std::deque<Job> jobs_;  // what is to be done
  int clock_percent_ = 0;
  int freeze_percent_ = 0;
  bool may_break_ = false;
  bool is_large_ = false;
};

}  // namespace

Summary run_adding(std::uint64_t seed) {
  return run_clients<Adding>(seed, "items that add to rows");
}

}  // namespace streamonce::simulation
