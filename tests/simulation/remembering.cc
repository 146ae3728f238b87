#include "tests/simulation/remembering.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/clients.h"
#include "tests/simulation/service.h"
#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using handler::Commit;
using handler::CommitResult;
using handler::Mark;
using handler::Outcome;
using nlohmann::json;
using std::chrono::milliseconds;

/// Whether the change of this number leaves its entry without content.
bool is_forgetting(std::size_t number) {
  return number % 7 == 3;
}

/// The content behind `content` when `what` is done: `["4","d7"]`.
std::string extend(const std::string& content, const std::string& what) {
  const std::string before = content.empty() ? "[" : content.substr(0, content.size() - 1) + ",";
  return before + '"' + what + "\"]";
}

/// Sees to it that each entry follows from the one before it.
class RememberingService final : public Service {
 public:
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
    const std::string version = mark["v"]["S"].get<std::string>();
    const std::string nonce = mark.contains("r") ? mark["r"]["S"].get<std::string>() : "";
    const std::string content = mark.contains("w") ? mark["w"]["S"].get<std::string>() : "";
    const std::string before = mark_text(id, "w");
    const std::size_t number = number_in(version);
    const std::size_t number_before = number_in(mark_text(id, "v"));
    require(number >= number_before, id + " went back");
    require(number > number_before || (!nonce.empty() && nonce != mark_text(id, "r")),
            id + " was written twice for one version, and nothing tells the two apart");
    require(content.empty() || !mark.contains("ttl"), "a content that expires: " + id);
    const bool is_blind = put.value("ConditionExpression", "").find("v < :v") != std::string::npos;
    require(!is_blind || before.empty(), id + " lost its content to one who had not seen it");
    const std::string what = number > number_before ? std::to_string(number) : "d" + nonce;
    const bool forgets = number > number_before && is_forgetting(number);
    require(content == (forgets ? "" : extend(before, what)),
            id + " has a content that does not follow from " + before + ": " + content);
  }
  void look_at_written(const std::set<std::string>& keys,
                       const std::set<std::string>& ids) override {
    require(keys.size() == ids.size(), "an entry without its item");
    for (const std::string& key : keys)
      require(json::parse(item(key))["w"]["S"] == mark_text(Source::ledger_id(key), "w"),
              key + " is not as its entry says");
  }
};

/// One change that a client has to do.
struct RememberingJob {
  std::string key;
  std::size_t number = 0;
};

class Remembering final : public Clients<RememberingService> {
 public:
  explicit Remembering(std::uint64_t seed) : Clients(seed) {
    departure_percent_ = random_.chance(30) ? 0 : 30;
    const std::size_t keys = random_.between(1, 5);
    const std::size_t changes = random_.between(1, 40);
    for (std::size_t number = 1; number <= changes; ++number)
      jobs_.push_back({.key = "k" + std::to_string(random_.below(keys)), .number = number});
  }

  void go() {
    const std::vector<RememberingJob> all(jobs_.begin(), jobs_.end());
    for (std::size_t i = 0; i < 3 * all.size() && !jobs_.empty(); ++i) invoke();
    calm_down();
    for (std::size_t i = 0; i < all.size() && !jobs_.empty(); ++i) invoke();
    require(jobs_.empty(), "changes that are never done");
    world_.drain();
    for (const RememberingJob& job : all)
      require(service_.number_of(job.key) >= job.number, job.key + " lacks its newest change");
  }

 private:
  /// A change on its way, and the entry that it is made from.
  struct Work {
    RememberingJob job;
    std::string id;
    std::optional<Mark> seen = {};
    bool is_known = false;  ///< whether `seen` is what was read last
    bool is_done = false;
    bool departs = false;  ///< whether the commit in hand leaves the version as it is
    std::string nonce = {};
    std::string content = {};
    std::string image = {};
    handler::Write write = {};
  };

  bool has_jobs() const override { return !jobs_.empty(); }

  /// Takes some changes, of distinct items, and does them; what was not done comes again. Now and
  /// then what was done comes again, too.
  void invoke() override {
    ++invocations_;
    std::vector<Work> works;
    const std::size_t most = random_.between(1, 4);
    for (std::size_t i = 0; i < jobs_.size() && works.size() < most;) {
      const RememberingJob job = jobs_[i];
      const bool is_taken = std::any_of(works.begin(), works.end(),
                                        [&](const Work& work) { return work.job.key == job.key; });
      if (is_taken) {
        ++i;
        continue;
      }
      jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
      works.push_back({.job = job, .id = Source::ledger_id(job.key)});
    }
    if (!survives([&](Process& process) { work_off(process, works); }))
      for (Work& work : works) work.is_done = false;
    for (const Work& work : works)
      if (!work.is_done || (!is_calm_ && random_.chance(10))) jobs_.push_back(work.job);
  }

  void work_off(Process& process, std::vector<Work>& works) {
    const milliseconds time_left(is_calm_ ? 60'000 : random_.between(300, 20'000));
    work_off_from_entries(process, works, time_left, [&](const std::vector<Work*>& open) {
      commit(process, open, time_left);
    });
  }

  void commit(Process& process, const std::vector<Work*>& open, milliseconds time_left) {
    std::vector<Commit> commits;
    for (Work* work : open) commits.push_back(make_commit(*work));
    std::vector<Outcome> outcomes(commits.size());
    const std::size_t spoiled = world_.spoiled();
    process.commit(commits, outcomes, time_left);
    const bool is_exact = world_.spoiled() == spoiled && time_left > milliseconds(10'000);
    for (std::size_t i = 0; i < open.size(); ++i) {
      require(!is_exact || outcomes[i].result != CommitResult::kFailed,
              open[i]->id + " failed though nothing was in the way: " + outcomes[i].reason);
      take(*open[i], outcomes[i]);
    }
  }

  Commit make_commit(Work& work) {
    const std::size_t number = work.job.number;
    const std::string before = work.seen ? work.seen->content : "";
    work.departs =
        work.seen && work.seen->version < version_of(number) && random_.chance(departure_percent_);
    work.nonce = work.departs ? std::to_string(random_.bits()) : "";
    if (work.departs)
      work.content = extend(before, "d" + work.nonce);
    else
      work.content = is_forgetting(number) ? "" : extend(before, std::to_string(number));
    work.image = json{{"id", {{"S", work.job.key}}}, {"w", {{"S", work.content}}}}.dump();
    work.write = {.table = "items", .image_json = work.image};
    Commit commit{.ledger_id = work.id,
                  .version = work.departs ? work.seen->version : version_of(number),
                  .at = 1'700'000'000,
                  .ttl = 1'900'000'000,
                  .writes = {&work.write, 1},
                  .content = work.content,
                  .seen = handler::Seen{work.seen ? &*work.seen : nullptr},
                  .nonce = work.nonce};
    // As a mirror would do it, which knows no content.
    if (!work.departs && is_forgetting(number) && random_.chance(50)) commit.seen.reset();
    return commit;
  }

  void take(Work& work, const Outcome& outcome) {
    if (outcome.result == CommitResult::kChanged) {
      require(!outcome.found || work.nonce.empty() || outcome.found->nonce != work.nonce,
              work.id + " has the entry of a commit that was reported not to be done");
      work.seen = outcome.found ? std::optional<Mark>(*outcome.found) : std::nullopt;
      return;
    }
    if (!outcome.done()) {
      work.is_known = false;
      return;
    }
    if (work.departs) {
      require(outcome.result != CommitResult::kStale, "a version that was kept is stale");
      work.seen = Mark{.version = work.seen->version,
                       .remembers = true,
                       .content = work.content,
                       .nonce = work.nonce};
      return;
    }
    work.is_done = true;
    ++changes_;
    require(service_.number_of(work.job.key) >= work.job.number,
            work.id + " was reported done and is not durable");
  }

  std::deque<RememberingJob> jobs_;  // what is to be done
  int departure_percent_ = 0;
};

}  // namespace

Summary run_remembering(std::uint64_t seed) {
  return run_clients<Remembering>(seed, "entries with content");
}

}  // namespace streamonce::simulation
