// tests/simulation/random.h: everything that a seed decides.

#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace streamonce::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  /// A number from 0 to `count` - 1.
  std::size_t below(std::size_t count) { return engine_() % count; }
  /// A number from `least` to `most`.
  std::size_t between(std::size_t least, std::size_t most) {
    return least + below(most - least + 1);
  }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace streamonce::simulation
