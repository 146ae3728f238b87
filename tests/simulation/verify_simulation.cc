// verify_simulation [--seeds COUNT] [--first SEED] [--seed SEED]: runs seeds of comparisons and
// repairs (verifying.h), as the simulation runs its own. Each third one has a second run, with
// marks in items.

#include "tests/simulation/seeds.h"
#include "tests/simulation/verifying.h"

int main(int count, char** arguments) {
  namespace simulation = streamonce::simulation;
  return simulation::run_seeds(count, arguments, [](std::uint64_t seed) {
    simulation::Summary summary = simulation::run_verifying(seed);
    if (seed % 3 == 2) add(summary, simulation::run_verifying_item_marks(seed));
    return summary;
  });
}
