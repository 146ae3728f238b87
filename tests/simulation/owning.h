// tests/simulation/owning.h: one seed of items that want the same rows.
//
// Each change of an item puts some rows and removes others, which other items want too. A row has
// an owner, and is written under the condition that it is absent or that owner's. Changes are
// committed one by one, or several of an item at once under the condition that the ledger's entry
// is below the oldest of them; some write nothing but the mark. Clients overlap, are killed, and do
// what they did again.
//
// The oracle demands of every transaction that no row passes from one owner to another, and that no
// write of a change is done again once the entry stands for it; and of every outcome that it is
// true.

#pragma once

#include <cstdint>

#include "tests/simulation/run.h"

namespace streamonce::simulation {

Summary run_owning(std::uint64_t seed);

}  // namespace streamonce::simulation
