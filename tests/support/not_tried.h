// tests/support/not_tried.h: what a test cannot try on this system, told where people look.

#pragma once

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

namespace streamonce::testing {

/// Prints `what`, a noun phrase, and adds it to the file that STREAMONCE_NOT_TRIED names, which
/// tests/run.sh tells in its last lines. The test goes on with all else.
inline void tell_not_tried(const std::string& what) {
  std::cout << "Not tried on this system: " << what << '\n';
  if (const char* path = std::getenv("STREAMONCE_NOT_TRIED"))
    std::ofstream(path, std::ios::app) << what << '\n';
}

}  // namespace streamonce::testing
