// tests/simulation/loading.h: one seed of `bootstrap load`: exports of a table (exported_source.h)
// that are loaded into a mirror while Lambda delivers its streams, with everything that goes wrong.
//
// Loads come before, between and behind what the streams tell, two at once, of an earlier export
// after a later one. They are stopped and killed, and begun again from their state; files are
// missing, damaged or out of reach for a while. Some sweep. Lambda delivers the batches of each
// shard in order, those that failed again and those that were done once more, gives some up, and
// somebody replays those later, as well as the items that a load could not write. Some rows are in
// the target from the start that nobody knows of.
//
// What is loaded is read by the product from its files on disk; only the network is simulated, and
// the walk through the target.
//
// The oracle looks at each transaction (load_service.h), and at the end at each item: it is as in
// the source. Only one that was removed when no stream told of it may be there still, if no sweep
// was made; or if what had put it there, which is older than the export, came after the last sweep.
// In every second seed with sweeps there is one more at the end, and then nothing may be there.
//
// What it is all proved under: each stream is read from its start, and each of its records is
// applied sooner or later; an export is loaded only if why_too_early() has nothing against it; and
// each target gets an export that is beside the last stream.

#pragma once

#include <cstdint>

#include "tests/simulation/run.h"

namespace streamonce::simulation {

Summary run_loading(std::uint64_t seed);
/// The same with a mirror whose marks are in its items.
Summary run_loading_item_marks(std::uint64_t seed);

}  // namespace streamonce::simulation
