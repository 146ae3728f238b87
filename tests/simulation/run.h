// tests/simulation/run.h: one seed: a source, its streams, Lambda's event source mapping, processes
// that come and go, and an oracle that looks at everything.
//
// The event source mapping is as AWS documents it: the lowest identifier named is the checkpoint,
// and what follows comes again; an error, a dead process, a timeout or an unknown identifier brings
// the whole batch again, or its halves; after so many attempts the batch is a dead letter, and the
// next one comes. Batches that were done may come once more, and two invocations may overlap.
//
// The target is a mirror, with its marks in the ledger or in its items (item_marks_service.h), or
// it holds views of the source (derived.h, memory_views.h).
//
// Source:  AWS Lambda, "Using Lambda with DynamoDB", batch failure reporting, error handling.

#pragma once

#include <cstdint>
#include <string>

namespace streamonce::simulation {

struct Summary {
  std::string violation;  ///< empty: every promise was kept
  std::size_t changes = 0;
  std::size_t invocations = 0;
  std::size_t requests = 0;
  std::size_t faults = 0;
  std::size_t kills = 0;
  std::size_t overlaps = 0;
  std::size_t dead_letters = 0;
};

/// What the target has of the source.
enum class Keeping : unsigned char {
  kMirror,
  kItemMarks,  ///< a mirror whose marks are in its items
  kViews,      ///< direct ones
  kMemory,     ///< views whose rows have to be remembered
};

Summary run(std::uint64_t seed, Keeping keeping);

}  // namespace streamonce::simulation
