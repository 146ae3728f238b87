// tests/support/curl_memory.h: libcurl's memory, which can be told to run out.
//
// Threads: libcurl may be used in one thread only while memory runs out.

#pragma once

#include <cstddef>

namespace streamonce::testing {

/// While such an object lives, libcurl gets `count` blocks of memory more, and then none.
class CurlMemoryEnds {
 public:
  explicit CurlMemoryEnds(std::size_t count);
  ~CurlMemoryEnds();
  CurlMemoryEnds(const CurlMemoryEnds&) = delete;
  CurlMemoryEnds& operator=(const CurlMemoryEnds&) = delete;

  /// Whether a block was refused.
  bool has_refused() const;
};

}  // namespace streamonce::testing
