// runtime/base/kept.h: copies that live as long as an arena.
//
// Threads: pure functions, but for the arena.

#pragma once

#include <cstring>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace streamonce {

/// A copy of `text` in the arena.
inline std::string_view kept(std::string_view text, std::pmr::memory_resource& arena) {
  if (text.empty()) return "";
  char* copy = static_cast<char*>(arena.allocate(text.size(), alignof(char)));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

/// A copy of `values`, which need no destructor, in the arena.
template <class T>
std::span<const T> kept(std::span<const T> values, std::pmr::memory_resource& arena) {
  static_assert(std::is_trivially_destructible_v<T>);
  if (values.empty()) return {};
  T* copy = std::pmr::polymorphic_allocator<T>(&arena).allocate(values.size());
  std::uninitialized_copy(values.begin(), values.end(), copy);
  return {copy, values.size()};
}

template <class T>
std::span<const T> kept(const std::vector<T>& values, std::pmr::memory_resource& arena) {
  return kept(std::span<const T>(values), arena);
}

/// A copy of `value`, which needs no destructor, in the arena.
template <class T>
const T* kept_value(const T& value, std::pmr::memory_resource& arena) {
  static_assert(std::is_trivially_destructible_v<T>);
  return std::pmr::polymorphic_allocator<>(&arena).new_object<T>(value);
}

}  // namespace streamonce
