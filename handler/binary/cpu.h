// handler/binary/cpu.h: ends the process with a clear message on a CPU that the binary is not built
// for.
//
// The parser is compiled for AVX2 (x86-64), which every x86-64 machine of Lambda has. Without it,
// the first such instruction would kill the process with SIGILL and no word.
//
// Source:  AWS Lambda, "Selecting and configuring an instruction set architecture".

#pragma once

namespace streamonce::handler {

/// Ends the process if the CPU will not do. A constructor that runs before all others calls it;
/// main() calls it too, so that this file is linked.
void require_cpu();

}  // namespace streamonce::handler
