// tests/simulation/violation.h: a promise that was not kept. Thrown through the code under test.

#pragma once

#include <string>
#include <utility>

namespace streamonce::simulation {

struct Violation {
  std::string what;
};

inline void require(bool kept, std::string what) {
  if (!kept) throw Violation{std::move(what)};
}

}  // namespace streamonce::simulation
