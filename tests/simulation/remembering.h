// tests/simulation/remembering.h: one seed of clients whose ledger entries hold content.
//
// A client reads entries whole, makes each new content out of the one that it has seen, and commits
// under that entry; where it was changed meanwhile, it goes on from the entry that came back. Some
// changes leave an entry without content, some commits know no content at all, as a mirror's, and
// some leave the version as it is. Clients overlap, are killed, and do their changes again.
//
// A content is the list of all that led to it. So the oracle can tell of each write that it follows
// from the very entry that it replaces: nothing was lost, left out or done twice.

#pragma once

#include <cstdint>

#include "tests/simulation/run.h"

namespace streamonce::simulation {

Summary run_remembering(std::uint64_t seed);

}  // namespace streamonce::simulation
