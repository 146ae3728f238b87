// runtime/base/random_text.h: names that nobody else draws.
//
// Threads: a pure function of the generator.

#pragma once

#include <random>
#include <string>

namespace streamonce {

/// 32 random hexadecimal digits, in lower case. They differ from all others that were ever drawn if
/// the generator's seed does, which the system's randomness sees to, outside of tests.
std::string random_hex(std::mt19937_64& random);

}  // namespace streamonce
