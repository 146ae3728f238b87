#include "tests/simulation/sharing.h"

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/clients.h"
#include "tests/simulation/process.h"
#include "tests/simulation/random.h"
#include "tests/simulation/service.h"
#include "tests/simulation/violation.h"
#include "tests/simulation/world.h"
#include "tests/support/stream_event.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

struct SharedChange {
  std::string key;
  std::string image;
  std::string record;
  std::string mark;  ///< ledger id and version
  bool is_flawed = false;
};

/// Changes of one batch, in its order.
using SharedBatch = std::vector<SharedChange>;

/// Sees to it that of two changes that write one item the later one is never overtaken.
class SharedService final : public Service {
 public:
  void expect(const SharedBatch& batch) {
    std::map<std::string, std::string> latest;  // by key
    for (const SharedChange& change : batch) {
      std::string& before = latest[change.key];
      if (!before.empty()) behind_[before] = change.mark;
      before = change.mark;
    }
  }
  bool is_committed(const SharedChange& change) const { return committed_.contains(change.mark); }

 private:
  void look_at_mark(const std::string& id, const json& put) override {
    const std::string mark = id + " " + put["Item"]["v"]["S"].get<std::string>();
    require(mark_text(id, "v") < put["Item"]["v"]["S"].get<std::string>(), id + " went back");
    const auto later = behind_.find(mark);
    require(later == behind_.end() || !committed_.contains(later->second),
            mark + " was written after a change that comes behind it");
    committed_.insert(mark);
  }

  std::map<std::string, std::string> behind_;  // by mark, the one that must be written after it
  std::set<std::string> committed_;
};

class Sharing {
 public:
  explicit Sharing(std::uint64_t seed) : random_(seed) {
    world_.fault_percent = draw_fault_percent(random_);
    kill_percent_ = random_.chance(50) ? 0 : 3;
    keys_ = random_.chance(20) ? 60 : random_.between(1, 6);
    world_.on_wait = [this] {
      if (!is_calm_ && random_.chance(kill_percent_)) throw Killed{};
    };
  }

  void go() {
    const std::size_t rounds = random_.between(1, 5);
    for (std::size_t i = 0; i < rounds; ++i) {
      const SharedBatch batch = draw_batch();
      for (int attempt = 0; attempt < 5 && !deliver(batch); ++attempt) {
      }
    }
    world_.fault_percent = 0;
    is_calm_ = true;
    const SharedBatch last = draw_batch();
    deliver(last);
    world_.drain();
    std::map<std::string, std::string> newest;
    for (const SharedChange& change : last) {
      require(service_.is_committed(change), change.mark + " was stopped by another change");
      newest[change.key] = change.image;
    }
    for (const auto& [key, image] : newest)
      require(service_.item(key) == json::parse(image).dump(),
              key + " is not as the later one of its changes left it");
  }

  Summary summary() const {
    Summary summary;
    summary.changes = changes_;
    summary.invocations = invocations_;
    summary.requests = world_.requests;
    summary.faults = world_.spoiled();
    return summary;
  }

 private:
  SharedBatch draw_batch() {
    SharedBatch batch;
    for (std::size_t i = 0; i < keys_; ++i)
      for (const char* table : {"orders", "others"})
        if (is_calm_ || random_.chance(70))
          batch.push_back(draw_change("k" + std::to_string(i), table));
    for (std::size_t i = batch.size(); i > 1; --i) std::swap(batch[i - 1], batch[random_.below(i)]);
    service_.expect(batch);
    return batch;
  }

  SharedChange draw_change(const std::string& key, const std::string& table) {
    const std::string number = std::to_string(++changes_);
    SharedChange change{.key = key, .is_flawed = !is_calm_ && random_.chance(6)};
    change.image = R"({"id":{"S":")" + key + R"("},"from":{"S":")" + table + number + "\"}";
    if (change.is_flawed)
      change.image +=
          random_.chance(50) ? R"(,"invalid":{"BOOL":true})" : R"(,"mistyped":{"BOOL":true})";
    change.image += "}";
    change.record = testing::to_json(
        {.event_name = "MODIFY",
         .sequence_number = number,
         .keys = testing::key_of(key),
         .new_image = change.image,
         .arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/" + table + "/stream/" + kLabel});
    change.mark = "sim|123456789012/eu-west-1/" + table + "|2:idS" + std::to_string(key.size()) +
                  ":" + key + " " + kLabel + "/" + std::string(40 - number.size(), '0') + number;
    return change;
  }

  /// Delivers a batch once. @return whether nothing is left to be done
  bool deliver(const SharedBatch& batch) {
    ++invocations_;
    if (!process_) process_ = std::make_unique<Process>(world_, random_, ++processes_);
    std::vector<std::string> records;
    for (const SharedChange& change : batch) records.push_back(change.record);
    const milliseconds time_left(is_calm_ ? 60'000 : random_.between(300, 20'000));
    const std::size_t spoiled = world_.spoiled();
    try {
      const auto result = process_->handle(testing::event_of(records), time_left);
      require(result.has_value(), "an event was refused as a whole");
      bool all_done = true;
      // One after the other, each being halved out of its transactions: enough for all of them.
      const bool is_exact = world_.spoiled() == spoiled && time_left > milliseconds(15'000);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const bool is_done = handler::is_done(result->batch.fates[i]);
        require(!is_done || service_.is_committed(batch[i]), batch[i].mark + " is not durable");
        require(is_done || !is_exact || batch[i].is_flawed,
                batch[i].mark + " was stopped by another change");
        all_done = all_done && (is_done || batch[i].is_flawed);
      }
      return all_done;
    } catch (const Killed&) {
      process_.reset();
      return false;
    }
  }

  Random random_;
  SharedService service_;
  World world_{random_, service_};
  std::unique_ptr<Process> process_;
  std::size_t keys_ = 0;
  int kill_percent_ = 0;
  bool is_calm_ = false;
  std::size_t processes_ = 0;
  std::size_t changes_ = 0;
  std::size_t invocations_ = 0;
};

}  // namespace

Summary run_sharing(std::uint64_t seed) {
  return run_clients<Sharing>(seed, "two tables into one");
}

}  // namespace streamonce::simulation
