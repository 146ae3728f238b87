// The C++ library's own words for an exception that nobody caught bring 50 kB of name demangling
// with them. This stands in their place: the handler's exceptions are caught in the loop, so what
// comes here is memory running out or a mistake of ours.

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace __gnu_cxx {

void __verbose_terminate_handler();  // NOLINT(bugprone-reserved-identifier)

void __verbose_terminate_handler() {  // NOLINT(bugprone-reserved-identifier)
  constexpr std::string_view kMessage = "bootstrap: an exception was not caught\n";
  if (::write(STDERR_FILENO, kMessage.data(), kMessage.size()) < 0) std::abort();
  std::abort();
}

}  // namespace __gnu_cxx
