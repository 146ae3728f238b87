#include "handler/sources/lambda/event_figures.h"

#include <algorithm>

#include "handler/pipeline/group.h"

namespace streamonce::handler {
namespace {

void note_source(std::span<const events::Change> changes, EventFigures& figures) {
  for (const events::Change& change : changes)
    if (figures.source_table.empty()) figures.source_table = change.source.table;
}

}  // namespace

void note_batch(std::span<const events::Change> changes, const BatchResult& result,
                EventFigures& figures) {
  note_source(changes, figures);
  if (result.counts.of(Fate::kApplied) == 0) return;
  // What a change of an item came to stands for those before it that it superseded.
  for (const Lane& lane : group(changes, /*pipeline_name=*/{}).lanes) {
    bool is_applied = false;
    for (auto i = lane.records.rbegin(); i != lane.records.rend(); ++i) {
      const std::optional<std::int64_t>& made = changes[*i].created_at;
      if (result.fates[*i] != Fate::kSuperseded) is_applied = result.fates[*i] == Fate::kApplied;
      if (is_applied && made)
        figures.oldest_applied = std::min(*made, figures.oldest_applied.value_or(*made));
    }
  }
}

void note_refusal(std::span<const events::Change> changes, EventFigures& figures) {
  figures.counts.add(Fate::kFailed, changes.size());
  note_source(changes, figures);
}

void note_refusal(EventFigures& figures) {
  const std::uint64_t records = figures.counts.all();
  figures.counts = {};
  figures.counts.add(Fate::kFailed, records);
  figures.oldest_applied.reset();
}

}  // namespace streamonce::handler
