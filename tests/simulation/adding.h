// tests/simulation/adding.h: items that add to rows which many of them share.
//
// Each entry's content tells what its item has added so far, to which rows. A change adds the
// difference to what it says, as the pipeline does it for aggregates: most items are in one row,
// some in small ones, and they move between those. Beside all that goes wrong otherwise there are
// commits that the service refuses, and a row that nothing can be added to.
//
// The oracle looks at every transaction: each row is the sum of what the entries say, at each
// moment; nothing is added that is 0; and a process has one transaction in flight for a row.

#pragma once

#include <cstdint>

#include "tests/simulation/run.h"

namespace streamonce::simulation {

Summary run_adding(std::uint64_t seed);

}  // namespace streamonce::simulation
