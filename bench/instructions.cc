// bench/instructions.cc: runs each pure room under callgrind, which writes one file for each:
// bench/instructions.sh reads how many instructions a record takes.

#include <valgrind/callgrind.h>

#include "bench/rooms.h"

namespace streamonce::bench {
namespace {

constexpr std::size_t kRecords = 100;

/// The second run counts: in the first one buffers grow.
template <class Room>
void count(const char* name, Room room) {
  room();
  CALLGRIND_ZERO_STATS;
  room();
  CALLGRIND_DUMP_STATS_AT(name);
}

void count_all() {
  Rooms rooms(kRecords);
  count("parse", [&] { rooms.parse(); });
  count("group", [&] { rooms.group(); });
  count("plan", [&] { rooms.plan(); });
  count("build", [&] { rooms.build(); });
  count("sign", [&] { rooms.sign(); });
  count("read_applied", [&] { rooms.read_applied(); });
  count("read_already_applied", [&] { rooms.read_already_applied(); });
  count("plan_and_checkpoint", [&] { rooms.checkpoint(); });
  count("derive", [&] { rooms.derive(); });
  count("move_rows", [&] { rooms.move_rows(); });
  count("add_to_groups", [&] { rooms.add_to_groups(); });
  count("redrive", [&] { rooms.redrive(); });
  count("redrive_text", [&] { rooms.redrive_text(); });
}

}  // namespace
}  // namespace streamonce::bench

int main() {
  streamonce::bench::count_all();
}
