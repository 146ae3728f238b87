#include "handler/sources/exports/sweep.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler::exports {
namespace {

using events::Change;

/// How many items are removed together, at most.
constexpr std::size_t kBatchItems = 1'000;

class Sweeper {
 public:
  Sweeper(const SweepParts& parts, SweepCounts& counts) : parts_(parts), counts_(counts) {}

  Result<bool> work();

 private:
  using RemovalOf = std::function<Change(const std::string& text)>;

  Result<bool> walk(KeyScan& scan, const RemovalOf& removal_of);
  void take_page(std::span<const std::string> page, const RemovalOf& removal_of);
  void keep_swept(std::vector<Change>& removals);
  void remove(std::span<const Change> removals);

  const SweepParts& parts_;
  SweepCounts& counts_;
};

Result<bool> Sweeper::work() {
  events::ItemLineReader& reader = parts_.reader;
  for (const std::string& table : parts_.tables) {
    const std::unique_ptr<KeyScan> rows = parts_.scanner.rows(table, reader.key_names());
    const RemovalOf of_row = [&](const std::string& row) { return reader.removal_of(row); };
    if (!STREAMONCE_TRY(walk(*rows, of_row))) return false;
  }
  if (!parts_.reads_ledger) return true;
  const std::unique_ptr<KeyScan> entries =
      parts_.scanner.entries(parts_.ledger_prefix, reader.version().version());
  const RemovalOf of_entry = [&](const std::string& id) {
    return reader.removal_of_key(
        std::string_view(id).substr(std::min(id.size(), parts_.ledger_prefix.size())));
  };
  return walk(*entries, of_entry);
}

Result<bool> Sweeper::walk(KeyScan& scan, const RemovalOf& removal_of) {
  std::vector<std::string> page;
  while (true) {
    if (!parts_.may_go_on(counts_)) return false;
    if (!STREAMONCE_TRY(scan.next(page, parts_.deadline()))) return true;
    for (std::span<const std::string> rest = page; !rest.empty();) {
      const std::size_t count = std::min(rest.size(), kBatchItems);
      take_page(rest.first(count), removal_of);
      rest = rest.subspan(count);
    }
  }
}

void Sweeper::take_page(std::span<const std::string> page, const RemovalOf& removal_of) {
  std::vector<Change> removals;
  for (const std::string& text : page) {
    ++counts_.looked_at;
    Change removal = removal_of(text);
    if (removal.problem.empty()) {
      removals.push_back(std::move(removal));
    } else {
      ++counts_.nameless;
      parts_.on_failure("an item of the target cannot be named: " + removal.problem);
    }
  }
  keep_swept(removals);
  if (!removals.empty()) remove(removals);
  parts_.reader.forget();
}

/// Leaves those out whose marks say that the export, or the stream, has their items.
void Sweeper::keep_swept(std::vector<Change>& removals) {
  std::vector<std::string> ids;
  ids.reserve(removals.size());
  for (const Change& removal : removals) {
    std::string& id = ids.emplace_back(parts_.ledger_prefix);
    events::append_canonical(id, removal.key);
  }
  // Two rows of a damaged target may name one item, and ids must be distinct.
  std::vector<Change> kept;
  std::vector<std::size_t> order(ids.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  const auto last = std::unique(order.begin(), order.end(),
                                [&](std::size_t a, std::size_t b) { return ids[a] == ids[b]; });
  order.erase(last, order.end());
  std::vector<MarkPlace> places;
  places.reserve(order.size());
  for (const std::size_t i : order)
    places.push_back({.ledger_id = ids[i],
                      .table = parts_.pipeline.row_table_of(removals[i].source),
                      .key = &removals[i].key});
  const std::vector<MarkResult> marks =
      parts_.target.read_marks(places, Reading::kVersions, parts_.deadline());
  STREAMONCE_CHECK(marks.size() == places.size());
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (!marks[i]) {
      ++counts_.failed;
      parts_.on_failure("a mark cannot be read: " + marks[i].error().message);
    } else if (parts_.spares_unmarked && !*marks[i]) {
      ++counts_.unmarked;
    } else if (is_swept(*marks[i], parts_.reader.version().version())) {
      kept.push_back(std::move(removals[order[i]]));
    }
  }
  removals = std::move(kept);
}

void Sweeper::remove(std::span<const Change> removals) {
  const BatchResult result = parts_.pipeline.apply(removals, parts_.deadline());
  counts_.removed += result.counts.of(Fate::kApplied);
  counts_.failed += result.counts.not_done();
  for (const Failure& failure : result.failures) parts_.on_failure(failure.reason);
  parts_.on_batch(result);
}

}  // namespace

bool is_swept(const std::optional<Mark>& mark, const events::Version& version) {
  return !mark || mark->version < version;
}

Result<bool> sweep(const SweepParts& parts, SweepCounts& counts) {
  return Sweeper(parts, counts).work();
}

}  // namespace streamonce::handler::exports
