// handler/views/values/scratch_arena.h: room for what is made on the way to a row.
//
// What expressions make lies here until the row is done, and then all of it goes at once. How much
// that may be has a bound: who evaluates asks is_spent() before it makes more, and gives up then.
//
// Threads: one thread at a time. Ownership: what was allocated dies with release() or the arena.

#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>

namespace streamonce::handler::views {

/// The most bytes that an expression takes on its way. As many as eighty texts of the largest item.
inline constexpr std::size_t kScratchBytesMax = 32UL * 1024 * 1024;

class ScratchArena final : public std::pmr::memory_resource {
 public:
  ScratchArena() : blocks_(first_block_.data(), first_block_.size()) {}

  /// Whether more than kScratchBytesMax bytes were allocated since release().
  bool is_spent() const { return bytes_ > kScratchBytesMax; }
  /// Frees all that was allocated. The first block is kept.
  void release();

 private:
  /// The size of the block that is never freed: most rows need no other.
  static constexpr std::size_t kFirstBlockBytes = 16UL * 1024;

  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* /*at*/, std::size_t /*bytes*/, std::size_t /*alignment*/) override {}
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  // Not cleared: each page of it would be touched at the start.
  alignas(std::max_align_t) std::array<std::byte, kFirstBlockBytes> first_block_;
  std::pmr::monotonic_buffer_resource blocks_;
  std::size_t bytes_ = 0;
};

}  // namespace streamonce::handler::views
