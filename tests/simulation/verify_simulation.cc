// verify_simulation [--seeds COUNT] [--first SEED] [--seed SEED]: runs seeds of comparisons and
// repairs (verifying.h), as the simulation runs its own.

#include "tests/simulation/seeds.h"
#include "tests/simulation/verifying.h"

int main(int count, char** arguments) {
  return streamonce::simulation::run_seeds(count, arguments, streamonce::simulation::run_verifying);
}
