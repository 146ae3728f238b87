#include "handler/binary/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <initializer_list>

#include "handler/binary/cpu.h"
#include "runtime/http/curl_transport.h"

namespace streamonce::handler {
namespace {

/// Blocks of this size go back to the system as soon as they are freed. Left to itself, glibc keeps
/// ever larger ones once such have been freed: 10 MB after a few events of 6 MB.
constexpr int kBytesGivenBack = 256 * 1024;

void bound_memory() {
  ::mallopt(M_MMAP_THRESHOLD, kBytesGivenBack);
  ::mallopt(M_TRIM_THRESHOLD, kBytesGivenBack);
}

/// Fills the standard streams that were closed before the start with one that can be used for
/// nothing: else a file or socket of ours would be opened there, and a response written into it.
void fill_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1) continue;
    const int unusable = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", unusable) != stream && ::open("/", O_RDONLY) != stream) ::_exit(1);
  }
}

/// Ends the process: what is committed is committed, and the rest will be delivered again. A signal
/// needs a handler for that, since without one it does not reach the first process of a container.
extern "C" void end_at_once(int signal) {
  ::_exit(128 + signal);
}

void set_signals() {
  std::signal(SIGTERM, end_at_once);
  std::signal(SIGINT, end_at_once);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void start_libcurl() {
  if (runtime::start_curl()) return;
  std::fputs("bootstrap: libcurl cannot be initialised\n", stderr);
  ::_exit(1);
}

}  // namespace

void prepare_process() {
  require_cpu();
  bound_memory();
  fill_standard_streams();
  set_signals();
  start_libcurl();
}

}  // namespace streamonce::handler
