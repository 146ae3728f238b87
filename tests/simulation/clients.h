// tests/simulation/clients.h: what the runs have in common in which commits are made by hand:
// processes that overlap, are killed and come again, and the figures that are told.
//
// A run derives from Clients, and gives jobs to whatever process is asked next.
//
// Threads: one.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/sequence_number.h"
#include "events/version.h"
#include "handler/targets/target.h"
#include "tests/simulation/process.h"
#include "tests/simulation/random.h"
#include "tests/simulation/run.h"
#include "tests/simulation/violation.h"
#include "tests/simulation/world.h"
#include "tests/support/mark_places.h"

namespace streamonce::simulation {

/// The stream of all changes.
inline constexpr const char* kLabel = "2026-11-21T00:44:22.580";

/// The version of the change with this number.
inline events::Version version_of(std::size_t number) {
  return {kLabel, *events::SequenceNumber::parse(std::to_string(number))};
}

/// A part of a percentage that a seed decides: how many requests are spoiled.
inline int draw_fault_percent(Random& random) {
  constexpr int kFaultPercents[] = {0, 5, 15, 30, 60};
  return kFaultPercents[random.below(std::size(kFaultPercents))];
}

/// @tparam TheService  what the clients ask; made without arguments
template <class TheService>
class Clients {
 public:
  explicit Clients(std::uint64_t seed) : random_(seed) {
    world_.fault_percent = draw_fault_percent(random_);
    kill_percent_ = random_.chance(50) ? 0 : 3;
    overlap_percent_ = random_.chance(25) ? 0 : 12;
    world_.on_wait = [this] { wait(); };
  }
  virtual ~Clients() = default;
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  Summary summary() const {
    Summary summary;
    summary.changes = changes_;
    summary.invocations = invocations_;
    summary.requests = world_.requests;
    summary.faults = world_.spoiled();
    summary.kills = kills_;
    summary.overlaps = overlaps_;
    return summary;
  }

 protected:
  /// Whether there is anything to do.
  virtual bool has_jobs() const = 0;
  /// Has a process do something, which may be interrupted by another such call.
  virtual void invoke() = 0;

  virtual std::unique_ptr<Process> make_process(std::size_t number) {
    return std::make_unique<Process>(world_, random_, number);
  }

  /// The process that is asked at this depth of overlap.
  Process& process() {
    std::unique_ptr<Process>& process = processes_[depth_];
    if (!process) process = make_process(++process_count_);
    return *process;
  }

  /// @return whether the process lived until `work` had come to its end
  template <class Function>
  bool survives(Function work) {
    try {
      work(process());
      return true;
    } catch (const Killed&) {
      processes_[depth_].reset();
      return false;
    }
  }

  /// Lets everything come through from now on.
  void calm_down() {
    world_.fault_percent = 0;
    is_calm_ = true;
    world_.drain();
  }

  Random random_;
  TheService service_;
  World world_{random_, service_};
  bool is_calm_ = false;
  int overlap_percent_ = 0;  // how often something else is done while the code under test waits
  std::size_t changes_ = 0;
  std::size_t invocations_ = 0;

 private:
  static constexpr std::size_t kOverlapDepthMax = 2;

  void wait() {
    constexpr std::size_t kWaitsMax = 100'000;
    require(++waits_ < kWaitsMax, "no end of waiting");
    if (is_calm_) return;
    if (random_.chance(kill_percent_)) {
      ++kills_;
      throw Killed{};
    }
    if (depth_ >= kOverlapDepthMax || !has_jobs() || !random_.chance(overlap_percent_)) return;
    ++overlaps_;
    ++depth_;
    try {
      invoke();
    } catch (...) {
      --depth_;
      throw;
    }
    --depth_;
  }

  std::array<std::unique_ptr<Process>, kOverlapDepthMax + 1> processes_;  // by depth of overlap
  int kill_percent_ = 0;
  std::size_t depth_ = 0;
  std::size_t process_count_ = 0;
  std::size_t waits_ = 0;
  std::size_t kills_ = 0;
  std::size_t overlaps_ = 0;
};

/// Works off changes that are made from the entries of their items. `Work` has `id`, `seen`,
/// `is_known` (whether `seen` is what was read last) and `is_done`; `commit(open)` has those done
/// that are known and not done yet, again and again.
template <class Work, class Commit>
void work_off_from_entries(Process& process, std::vector<Work>& works,
                           std::chrono::milliseconds time_left, Commit commit) {
  constexpr int kRoundsMax = 12;
  std::vector<std::string_view> ids;
  for (const Work& work : works) ids.push_back(work.id);
  if (ids.empty()) return;
  const auto marks =
      process.read_marks(testing::places_of(ids), handler::Reading::kWhole, time_left);
  for (std::size_t i = 0; i < works.size(); ++i) {
    works[i].is_known = marks[i].has_value();
    if (marks[i]) works[i].seen = *marks[i];
  }
  for (int round = 0; round < kRoundsMax; ++round) {
    std::vector<Work*> open;
    for (Work& work : works)
      if (work.is_known && !work.is_done) open.push_back(&work);
    if (open.empty()) return;
    commit(open);
  }
}

/// One seed of a run: its figures, and the violation, behind `what`, if there was one.
template <class Run>
Summary run_clients(std::uint64_t seed, const char* what) {
  Run run(seed);
  std::string violation;
  try {
    run.go();
  } catch (const Violation& found) {
    violation = std::string(what) + ": " + found.what;
  }
  Summary summary = run.summary();
  summary.violation = std::move(violation);
  return summary;
}

}  // namespace streamonce::simulation
