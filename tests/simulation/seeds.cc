#include "tests/simulation/seeds.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

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

}  // namespace

int run_seeds(int count, char** arguments, const std::function<Summary(std::uint64_t)>& run_one) {
  Options options;
  if (!parse(count, arguments, options)) {
    std::fprintf(stderr, "usage: %s [--seeds COUNT] [--first SEED] [--seed SEED]\n", arguments[0]);
    return 2;
  }
  Summary total;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t seed = options.first; seed < options.first + options.count; ++seed) {
    const Summary summary = run_one(seed);
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

void add(Summary& sum, const Summary& other) {
  if (sum.violation.empty()) sum.violation = other.violation;
  sum.changes += other.changes;
  sum.invocations += other.invocations;
  sum.requests += other.requests;
  sum.faults += other.faults;
  sum.kills += other.kills;
  sum.overlaps += other.overlaps;
  sum.dead_letters += other.dead_letters;
}

}  // namespace streamonce::simulation
