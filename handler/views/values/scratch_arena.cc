#include "handler/views/values/scratch_arena.h"

namespace streamonce::handler::views {

void ScratchArena::release() {
  if (bytes_ == 0) return;
  blocks_.release();
  bytes_ = 0;
}

void* ScratchArena::do_allocate(std::size_t bytes, std::size_t alignment) {
  bytes_ += bytes;
  return blocks_.allocate(bytes, alignment);
}

bool ScratchArena::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace streamonce::handler::views
