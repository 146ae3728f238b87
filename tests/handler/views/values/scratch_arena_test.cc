#include "handler/views/values/scratch_arena.h"

#include <gtest/gtest.h>

#include "tests/support/counted_memory.h"

namespace streamonce::handler::views {
namespace {

TEST(ScratchArena, IsSpentBehindItsBoundUntilItIsReleased) {
  ScratchArena arena;
  for (int round = 0; round < 2; ++round) {
    EXPECT_NE(arena.allocate(kScratchBytesMax, 1), nullptr);
    EXPECT_FALSE(arena.is_spent());
    EXPECT_NE(arena.allocate(1, 1), nullptr);
    EXPECT_TRUE(arena.is_spent());
    arena.release();
    EXPECT_FALSE(arena.is_spent());
  }
}

TEST(ScratchArena, KeepsItsFirstBlock) {
  const testing::CountedMemory memory;
  ScratchArena arena;
  for (int round = 0; round < 2; ++round) {
    EXPECT_NE(arena.allocate(100, 8), nullptr);
    arena.release();
  }
  EXPECT_EQ(memory.bytes_most(), 0U);
}

}  // namespace
}  // namespace streamonce::handler::views
