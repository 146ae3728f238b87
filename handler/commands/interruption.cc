#include "handler/commands/interruption.h"

#include <sys/types.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>
#include <string_view>

namespace streamonce::handler {
namespace {

volatile std::sig_atomic_t first_signal_came = 0;

extern "C" void ask_to_stop(int signal) {
  if (first_signal_came != 0) ::_exit(128 + signal);
  first_signal_came = 1;
  constexpr std::string_view kWord = "\nstopping after the batch in hand; once more ends at once\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kWord.data(), kWord.size());
}

}  // namespace

void stop_on_signals() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, ask_to_stop);
}

bool stop_asked() {
  return first_signal_came != 0;
}

}  // namespace streamonce::handler
