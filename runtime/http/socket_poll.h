// runtime/http/socket_poll.h: which sockets are waited for, and the wait itself.
//
// Source:  poll(2).
// Threads: one thread at a time.

#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "runtime/base/result.h"

namespace streamonce::runtime {

struct ReadySocket {
  int socket = -1;
  /// There is something to read; or the peer is gone, which a read or a write will tell.
  bool readable = false;
  bool writable = false;

  bool operator==(const ReadySocket&) const = default;
};

class SocketPoll {
 public:
  /// Makes room for so many sockets, so that watch() needs no memory.
  void reserve(std::size_t sockets) { sockets_.reserve(sockets); }

  /// Waits for `socket` from now on until it can be read, or written, or either. With neither it is
  /// not waited for any more: so it should be before it is closed. A closed one is ready once.
  void watch(int socket, bool readable, bool writable);

  bool is_empty() const { return sockets_.empty(); }

  /// Waits for `time` at most, which is not negative; one system call.
  /// @return the sockets that are ready; they are good until the next call. None: the time is over,
  ///         or a signal came
  /// @error kUnavailable  the system has no memory for the call
  Result<std::span<const ReadySocket>> wait(std::chrono::milliseconds time);

 private:
  std::vector<pollfd> sockets_;
  std::vector<ReadySocket> ready_;
};

}  // namespace streamonce::runtime
