// runtime/base/check.h: ends the process on a mistake of our own, in every build type.
//
// Input is never checked with this: input is validated and answered with an Error.

#pragma once

#include <cstdio>
#include <cstdlib>

namespace streamonce {

[[noreturn]] inline void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: this must hold and does not: %s\n", file, line, condition);
  std::abort();
}

}  // namespace streamonce

#define STREAMONCE_CHECK(condition) \
  ((condition) ? void(0) : ::streamonce::check_failed(__FILE__, __LINE__, #condition))
