// load_simulation [--seeds COUNT] [--first SEED] [--seed SEED]: runs seeds of loads of exports
// (loading.h), as the simulation runs its own. Each third one has a second run, with marks in
// items.

#include <cstdlib>
#include <filesystem>

#include "tests/simulation/loading.h"
#include "tests/simulation/seeds.h"

int main(int count, char** arguments) {
  // States of loads are synced to the disk, some times in each seed: a disk in memory is there at
  // once.
  if (std::filesystem::is_directory("/dev/shm")) setenv("TMPDIR", "/dev/shm", /*replace=*/0);
  namespace simulation = streamonce::simulation;
  return simulation::run_seeds(count, arguments, [](std::uint64_t seed) {
    simulation::Summary summary = simulation::run_loading(seed);
    if (seed % 3 == 2) add(summary, simulation::run_loading_item_marks(seed));
    return summary;
  });
}
