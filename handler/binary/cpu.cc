#include "handler/binary/cpu.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace streamonce::handler {

#if defined(__x86_64__)

namespace {

// No library is set up yet: the compiler's own check and one system call are all this may use.
__attribute__((constructor(101))) void require_cpu_first() {
  require_cpu();
}

}  // namespace

void require_cpu() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
      __builtin_cpu_supports("pclmul"))
    return;
  constexpr std::string_view kMessage =
      "bootstrap: this CPU lacks AVX2, BMI1 or PCLMUL, which the x86-64 build needs; every x86-64 "
      "machine of AWS Lambda has them\n";
  if (::write(STDERR_FILENO, kMessage.data(), kMessage.size()) < 0) ::_exit(1);
  ::_exit(1);
}

#else

void require_cpu() {}

#endif

}  // namespace streamonce::handler
