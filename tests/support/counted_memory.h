// tests/support/counted_memory.h: how much memory arenas take.
//
// Threads: one thread at a time, as the default resource is the process's.

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory_resource>

namespace streamonce::testing {

/// Counts what is allocated.
class CountingResource final : public std::pmr::memory_resource {
 public:
  std::size_t bytes_most() const { return bytes_most_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    bytes_ += bytes;
    bytes_most_ = std::max(bytes_most_, bytes_);
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* at, std::size_t bytes, std::size_t alignment) override {
    bytes_ -= bytes;
    std::pmr::new_delete_resource()->deallocate(at, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::size_t bytes_ = 0;
  std::size_t bytes_most_ = 0;
};

/// Counts what arenas take that are made while this lives.
class CountedMemory {
 public:
  CountedMemory() : before_(std::pmr::set_default_resource(&counter_)) {}
  CountedMemory(const CountedMemory&) = delete;
  CountedMemory& operator=(const CountedMemory&) = delete;
  ~CountedMemory() { std::pmr::set_default_resource(before_); }

  std::size_t bytes_most() const { return counter_.bytes_most(); }

 private:
  CountingResource counter_;
  std::pmr::memory_resource* before_;
};

}  // namespace streamonce::testing
