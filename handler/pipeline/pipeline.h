// handler/pipeline/pipeline.h: the life of a batch: group, plan, commit, checkpoint.
//
// Threads: one thread at a time. Borrows: target, clock, tables and source items; they must outlive
// the pipeline.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/derived_run.h"
#include "handler/pipeline/derived_tables.h"
#include "handler/pipeline/repair.h"
#include "handler/pipeline/source_items.h"
#include "handler/pipeline/written_tables.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

struct PipelineOptions {
  std::string name;  ///< the first part of ledger ids; empty: each change's source table
  std::string target_table = {};            ///< as PlanOptions::target_table
  std::optional<std::chrono::days> retain;  ///< as PlanOptions::retain
  std::vector<WrittenTable> written = {};   ///< as PlanOptions::written
  DerivedTables* tables = nullptr;          ///< the views; null: the target is a mirror
  bool tells_rows = false;                  ///< whether BatchResult::rows is wanted
  /// Where images are fetched that streams leave out: see image_fetcher.h. Null: changes without
  /// one are refused.
  SourceItems* source_items = nullptr;
  /// With views: seeds nonces, see Commit::nonce. It must differ from process to process: draw it
  /// from the system's randomness, outside of tests.
  std::uint64_t random_seed = 0;
};

class Pipeline {
 public:
  Pipeline(PipelineOptions options, Target& target, const Clock& clock);

  /// Applies `changes`, in any order, and says what became of each. Returns by `deadline`, give or
  /// take one statement of the target.
  BatchResult apply(std::span<const events::Change> changes, SteadyTime deadline);

  /// Makes anew what the target has of items: see repair.h.
  std::vector<Outcome> repair(std::span<const RepairInput> inputs, SteadyTime deadline);

  /// A text that no other write of an entry has had: see Commit::nonce.
  std::string draw_nonce();

  /// Why no change of a source table can ever be applied; empty: they can. Whoever takes events of
  /// a stream of such a table is set up wrongly.
  std::string why_no_source(const events::SourceTable& table) const;

  /// What the ledger ids of all items of `table` begin with: see append_ledger_prefix().
  std::string ledger_prefix(const events::SourceTable& table) const;

  /// Says which account is this process's own, so that tables that are written, and were named
  /// without one, are known to be of it, and not taken for those of the same name in another one.
  void set_own_account(std::string_view account);

  /// Whether changes are applied whose stream leaves out the image that they put.
  bool fetches_images() const { return options_.source_items != nullptr; }

  /// The views, for who tells of their rows; null: the target is a mirror.
  DerivedTables* tables() { return options_.tables; }
  const DerivedTables* tables() const { return options_.tables; }
  /// The table with the one row of each item of `source`: a mirror's, or that of the one view of
  /// it. Empty: there are more views of it, or none.
  std::string_view row_table_of(const events::SourceTable& source) const {
    return options_.tables == nullptr ? mirror_of(source) : options_.tables->row_table_of(source);
  }
  /// Of a mirror: the table that has the items of `source`.
  std::string_view mirror_of(const events::SourceTable& source) const {
    return options_.target_table.empty() ? source.table : std::string_view(options_.target_table);
  }

 private:
  PlanOptions plan_options() const;
  BatchResult apply_known(std::span<const events::Change> changes, SteadyTime deadline);
  BatchResult apply_fetched(std::span<const events::Change> changes, SteadyTime deadline);

  PipelineOptions options_;
  Target& target_;
  const Clock& clock_;
  std::mt19937_64 random_;
  std::size_t entry_bytes_ = kEntryBytesAtFirst;  ///< as DerivedRun::entry_bytes
  std::size_t item_bytes_ = 0;                    ///< as ImageFetcher::Options::item_bytes
};

}  // namespace streamonce::handler
