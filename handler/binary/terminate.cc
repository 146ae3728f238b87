// The C++ library's own words for an exception that nobody caught bring 50 kB of name demangling
// with them. This stands in their place: the handler's exceptions are caught in the loop, so what
// comes here is memory running out, which ends the process with a word and status 1, or a mistake
// of ours, which aborts it.

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

namespace __gnu_cxx {

// The name is the library's.
void __verbose_terminate_handler();

void __verbose_terminate_handler() {
  std::string_view message = "bootstrap: an exception was not caught\n";
  bool out_of_memory = false;
  if (std::current_exception() != nullptr) {
    try {
      throw;
    } catch (const std::bad_alloc&) {
      out_of_memory = true;
      message = "bootstrap: out of memory\n";
    } catch (...) {
      // The message stands for any other exception.
    }
  }
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
  if (out_of_memory) ::_exit(1);
  std::abort();
}

}  // namespace __gnu_cxx
