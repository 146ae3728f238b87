#include "tests/support/counted_calls.h"

#include <poll.h>
#include <sys/socket.h>

namespace streamonce::testing {
namespace {

thread_local CallCounts counts;

}  // namespace

// The linker gives whoever calls poll() what is named __wrap_poll, and poll() itself to whoever
// calls __real_poll.
int system_poll(pollfd* sockets, nfds_t count, int milliseconds) __asm__("__real_poll");
int counted_poll(pollfd* sockets, nfds_t count, int milliseconds) __asm__("__wrap_poll");
ssize_t system_send(int socket, const void* bytes, size_t size, int flags) __asm__("__real_send");
ssize_t counted_send(int socket, const void* bytes, size_t size, int flags) __asm__("__wrap_send");
ssize_t system_receive(int socket, void* bytes, size_t size, int flags) __asm__("__real_recv");
ssize_t counted_receive(int socket, void* bytes, size_t size, int flags) __asm__("__wrap_recv");

int counted_poll(pollfd* sockets, nfds_t count, int milliseconds) {
  ++counts.polls;
  return system_poll(sockets, count, milliseconds);
}

ssize_t counted_send(int socket, const void* bytes, size_t size, int flags) {
  ++counts.sends;
  return system_send(socket, bytes, size, flags);
}

ssize_t counted_receive(int socket, void* bytes, size_t size, int flags) {
  ++counts.receives;
  return system_receive(socket, bytes, size, flags);
}

CallCounts calls_made() {
  return counts;
}

CallCounts calls_since(const CallCounts& before) {
  return {.polls = counts.polls - before.polls,
          .sends = counts.sends - before.sends,
          .receives = counts.receives - before.receives};
}

}  // namespace streamonce::testing
