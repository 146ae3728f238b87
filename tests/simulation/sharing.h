// tests/simulation/sharing.h: one seed of two source tables with the same keys that go to one
// table.
//
// Batches hold changes of both tables, in any order, and are delivered again until all is done. Of
// two changes of one batch that write one item, the oracle demands that they are in transactions of
// their own, that the later one is never overtaken by the earlier one, and that neither's failure
// stops the other.

#pragma once

#include <cstdint>

#include "tests/simulation/run.h"

namespace streamonce::simulation {

Summary run_sharing(std::uint64_t seed);

}  // namespace streamonce::simulation
