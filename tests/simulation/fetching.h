// tests/simulation/fetching.h: one seed of a stream of keys only, whose images are fetched.
//
// A source changes all the time, also while its items are read and while a batch is committed. Its
// stream tells keys, and reads give the items as they are then; one that is not asked to be
// consistent may give an older state. Invocations overlap, are killed, come again and come late;
// reads fail for some keys, and commits with and without an effect.
//
// The oracle demands of each row that is written that it is of the state of its record or of a
// newer one, that marks rise, and that an item whose read failed stops no other; and in the end
// that the target is what the source is. It is a mirror, holds direct views, or such as remember.

#pragma once

#include <cstdint>

#include "tests/simulation/run.h"

namespace streamonce::simulation {

Summary run_fetching(std::uint64_t seed);

}  // namespace streamonce::simulation
