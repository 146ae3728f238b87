#include "runtime/http/socket_poll.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

namespace streamonce::runtime {

void SocketPoll::watch(int socket, bool readable, bool writable) {
  const auto events = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
  const auto found = std::find_if(sockets_.begin(), sockets_.end(),
                                  [socket](const pollfd& each) { return each.fd == socket; });
  if (events == 0) {
    if (found != sockets_.end()) sockets_.erase(found);
  } else if (found != sockets_.end()) {
    found->events = events;
  } else {
    sockets_.push_back({.fd = socket, .events = events, .revents = 0});
  }
}

Result<std::span<const ReadySocket>> SocketPoll::wait(std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds kLongest{std::numeric_limits<int>::max()};
  ready_.clear();
  const int count =
      ::poll(sockets_.data(), sockets_.size(), static_cast<int>(std::min(time, kLongest).count()));
  if (count < 0 && errno != EINTR)
    return Error{ErrorCode::kUnavailable,
                 std::string("no socket can be waited for: ") + std::strerror(errno)};
  if (count > 0) {
    // An error is told to whoever waits, for whatever that is.
    for (const pollfd& each : sockets_) {
      const bool failed = (each.revents & (POLLERR | POLLNVAL)) != 0;
      const bool readable = failed || (each.revents & (POLLIN | POLLHUP)) != 0;
      const bool writable = failed || (each.revents & POLLOUT) != 0;
      if (readable || writable)
        ready_.push_back({.socket = each.fd, .readable = readable, .writable = writable});
    }
    // One that was closed without a word would be ready for ever.
    std::erase_if(sockets_, [](const pollfd& each) { return (each.revents & POLLNVAL) != 0; });
  }
  return std::span<const ReadySocket>(ready_);
}

}  // namespace streamonce::runtime
