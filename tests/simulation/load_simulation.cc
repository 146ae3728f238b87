// load_simulation [--seeds COUNT] [--first SEED] [--seed SEED]: runs seeds of loads of exports
// (loading.h), as the simulation runs its own.

#include <cstdlib>
#include <filesystem>

#include "tests/simulation/loading.h"
#include "tests/simulation/seeds.h"

int main(int count, char** arguments) {
  // States of loads are synced to the disk, some times in each seed: a disk in memory is there at
  // once.
  if (std::filesystem::is_directory("/dev/shm")) setenv("TMPDIR", "/dev/shm", /*replace=*/0);
  return streamonce::simulation::run_seeds(count, arguments, streamonce::simulation::run_loading);
}
