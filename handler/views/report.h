// handler/views/report.h: what a check found.
//
// Threads: one thread's.

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "handler/views/syntax.h"

namespace streamonce::handler::views {

/// The most faults of a text that are told: what has more is no views.sql.
inline constexpr std::size_t kFaultsMax = 1000;

/// Sorts by rising place; what has one place stays in its order.
inline void sort_by_place(std::vector<Fault>& faults) {
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.place < b.place; });
}

/// Keeps faults and warnings: kFaultsMax of each at most.
struct Report {
  std::vector<Fault> faults;
  std::vector<Fault> warnings;

  /// Whether no more faults are kept: what is costly to word need not be.
  bool is_full() const { return faults.size() >= kFaultsMax; }
  void fault(Place place, std::string message) { add(faults, place, std::move(message)); }
  void warn(Place place, std::string message) { add(warnings, place, std::move(message)); }

 private:
  static void add(std::vector<Fault>& to, Place place, std::string message) {
    if (to.size() < kFaultsMax) to.push_back({place, std::move(message)});
  }
};

}  // namespace streamonce::handler::views
