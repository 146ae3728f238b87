// tests/simulation/following.h: one seed of `follow`: a table whose stream's shards split and are
// trimmed, followers that come, go and are killed, two at once, and a target that fails.
//
// The stream is tests/support/fake_shards.h, which the follower reads as it reads the service's;
// the target and the positions are in memory, and outlive each follower. The oracle looks at each
// commit, at each position that is saved, and at the end at all items:
//
//   a position   all records up to it are done, or a gap was told, or they were given up
//   a commit     all records of the shard's parent are done, likewise
//   the end      the target has the source's final state of each item, but of those whose newest
//                record was gone before it was read; and then a gap was told
//
// Source:  DynamoDB Streams, as handler/sources/stream/follower.h has it.

#pragma once

#include <cstdint>

#include "tests/simulation/run.h"

namespace streamonce::simulation {

Summary run_following(std::uint64_t seed);

}  // namespace streamonce::simulation
