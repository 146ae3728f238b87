// simulation [--seeds COUNT] [--first SEED] [--seed SEED]: runs seeds one after the other, and ends
// at the first whose run breaks a promise, with the command that repeats it.
//
// Each seed is a mirror's (run.h), and one of something else, too, by turns: of two tables that go
// to one (sharing.h), of direct views (run.h, derived.h), of views that remember (run.h,
// memory_views.h), of clients whose ledger entries hold content (remembering.h), or of items that
// want the same rows (owning.h). Each third seed has one more, of items that add to rows
// (adding.h).

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/simulation/adding.h"
#include "tests/simulation/owning.h"
#include "tests/simulation/remembering.h"
#include "tests/simulation/run.h"
#include "tests/simulation/sharing.h"

namespace streamonce::simulation {
namespace {

struct Options {
  std::uint64_t first = 1;
  std::uint64_t count = 1'000;
};

bool parse(int count, char** arguments, Options& options) {
  for (int i = 1; i < count; i += 2) {
    if (i + 1 == count) return false;
    char* end = nullptr;
    const std::uint64_t number = std::strtoull(arguments[i + 1], &end, 10);
    if (*arguments[i + 1] == '\0' || *end != '\0') return false;
    const std::string name = arguments[i];
    if (name == "--seeds") {
      options.count = number;
    } else if (name == "--first") {
      options.first = number;
    } else if (name == "--seed") {
      options = {.first = number, .count = 1};
    } else {
      return false;
    }
  }
  return true;
}

int main_of(int count, char** arguments) {
  Options options;
  if (!parse(count, arguments, options)) {
    std::fputs("usage: simulation [--seeds COUNT] [--first SEED] [--seed SEED]\n", stderr);
    return 2;
  }
  Summary total;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t seed = options.first; seed < options.first + options.count; ++seed) {
    Summary summary = run(seed, Keeping::kMirror);
    if (seed % 8 == 4) add(summary, run_owning(seed));
    if (seed % 4 == 1) add(summary, run_sharing(seed));
    if (seed % 4 == 2) add(summary, run(seed, Keeping::kViews));
    if (seed % 8 == 3) add(summary, run_remembering(seed));
    if (seed % 8 == 0 || seed % 8 == 7) add(summary, run(seed, Keeping::kMemory));
    if (seed % 3 == 0) add(summary, run_adding(seed));
    if (!summary.violation.empty()) {
      std::printf("seed %llu: %s\nrepeat with: %s --seed %llu\n",
                  static_cast<unsigned long long>(seed), summary.violation.c_str(), arguments[0],
                  static_cast<unsigned long long>(seed));
      return 1;
    }
    add(total, summary);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf(
      "%llu seeds kept every promise: %zu changes, %zu invocations, %zu requests, %zu "
      "spoiled, %zu kills, %zu overlaps, %zu dead letters; %.0f seeds a second\n",
      static_cast<unsigned long long>(options.count), total.changes, total.invocations,
      total.requests, total.faults, total.kills, total.overlaps, total.dead_letters,
      static_cast<double>(options.count) / took.count());
  return 0;
}

}  // namespace
}  // namespace streamonce::simulation

int main(int count, char** arguments) {
  return streamonce::simulation::main_of(count, arguments);
}
