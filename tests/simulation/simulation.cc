// simulation [--seeds COUNT] [--first SEED] [--seed SEED]: runs seeds one after the other, and ends
// at the first whose run breaks a promise, with the command that repeats it.
//
// Each seed is a mirror's (run.h), each third one a second time, with marks in its items and all
// else the same; and one of something else, too, by turns: of two tables that go to one
// (sharing.h), of direct views (run.h, derived.h), of views that remember (run.h, memory_views.h),
// of clients whose ledger entries hold content (remembering.h), or of items that want the same rows
// (owning.h). Each third seed has one more, of items that add to rows (adding.h), each fifth one of
// followers of a stream (following.h), and each even one of images that are fetched (fetching.h).

#include "tests/simulation/adding.h"
#include "tests/simulation/fetching.h"
#include "tests/simulation/following.h"
#include "tests/simulation/owning.h"
#include "tests/simulation/remembering.h"
#include "tests/simulation/run.h"
#include "tests/simulation/seeds.h"
#include "tests/simulation/sharing.h"

namespace streamonce::simulation {
namespace {

int main_of(int count, char** arguments) {
  return run_seeds(count, arguments, [](std::uint64_t seed) {
    Summary summary = run(seed, Keeping::kMirror);
    if (seed % 3 == 2) add(summary, run(seed, Keeping::kItemMarks));
    if (seed % 8 == 4) add(summary, run_owning(seed));
    if (seed % 4 == 1) add(summary, run_sharing(seed));
    if (seed % 4 == 2) add(summary, run(seed, Keeping::kViews));
    if (seed % 8 == 3) add(summary, run_remembering(seed));
    if (seed % 8 == 0 || seed % 8 == 7) add(summary, run(seed, Keeping::kMemory));
    if (seed % 3 == 0) add(summary, run_adding(seed));
    if (seed % 5 == 0) add(summary, run_following(seed));
    if (seed % 2 == 0) add(summary, run_fetching(seed));
    return summary;
  });
}

}  // namespace
}  // namespace streamonce::simulation

int main(int count, char** arguments) {
  return streamonce::simulation::main_of(count, arguments);
}
