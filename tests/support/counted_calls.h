// tests/support/counted_calls.h: the system calls by which this program speaks to its peers.
//
// Whoever links it has the linker's options --wrap=poll, --wrap=send and --wrap=recv: calls of
// libraries that are linked as a whole are counted too.
//
// Threads: each counts its own calls.

#pragma once

namespace streamonce::testing {

struct CallCounts {
  int polls = 0;
  int sends = 0;
  int receives = 0;
};

/// The calls that this thread has made so far.
CallCounts calls_made();
/// The calls that it has made since calls_made() was `before`.
CallCounts calls_since(const CallCounts& before);

}  // namespace streamonce::testing
