// tests/simulation/verifying.h: one seed of `bootstrap verify --repair`: a mirror, or views, that
// are compared with their source and mended, while the source changes, Lambda delivers its stream,
// and somebody else writes into the tables, though never into the ledger.
//
// Batches fail, come again, and once more after they were done; what is given up is replayed later,
// in any order. Comparisons run beside that, some with repairs, two at once now and then, and are
// stopped and killed. During each of their reads, waits and commits the source may change, and
// other invocations may run.
//
// The oracle looks at each transaction and at each finding (verify_service.h). Once the stream and
// all that was given up are applied, everything is right that nobody has damaged since it was
// written; after one more comparison with repairs all is right; and another one then finds nothing.
//
// What it is all proved under: each record of the stream is applied sooner or later, and whoever
// writes from outside leaves rows their keys, and takes no place that an item may want.

#pragma once

#include <cstdint>

#include "tests/simulation/run.h"

namespace streamonce::simulation {

Summary run_verifying(std::uint64_t seed);
/// The same with a mirror whose marks are in its items, which whoever writes from outside may
/// remove.
Summary run_verifying_item_marks(std::uint64_t seed);

}  // namespace streamonce::simulation
