// tests/simulation/seeds.h: the command line of a simulation: [--seeds COUNT] [--first SEED]
// [--seed SEED]. Seeds are run one after the other, up to the first whose run breaks a promise,
// which is told with the command that repeats it.
//
// Threads: one.

#pragma once

#include <cstdint>
#include <functional>

#include "tests/simulation/run.h"

namespace streamonce::simulation {

/// @return the status to exit with: 0: every promise was kept; 1: one was not; 2: wrong usage
int run_seeds(int count, char** arguments, const std::function<Summary(std::uint64_t)>& run_one);

/// Adds the figures of `other`, and its violation if there is none yet.
void add(Summary& sum, const Summary& other);

}  // namespace streamonce::simulation
