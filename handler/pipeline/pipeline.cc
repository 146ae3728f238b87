#include "handler/pipeline/pipeline.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "handler/pipeline/group.h"
#include "handler/pipeline/image_fetcher.h"
#include "handler/pipeline/plan.h"
#include "runtime/base/random_text.h"

namespace streamonce::handler {

Pipeline::Pipeline(PipelineOptions options, Target& target, const Clock& clock)
    : options_(std::move(options)),
      target_(target),
      clock_(clock),
      random_(options_.random_seed) {}

PlanOptions Pipeline::plan_options() const {
  return {.target_table = options_.target_table,
          .retain = options_.retain,
          .now = clock_.now(),
          .written = options_.written};
}

BatchResult Pipeline::apply(std::span<const events::Change> changes, SteadyTime deadline) {
  return fetches_images() && lack_images(changes) ? apply_fetched(changes, deadline)
                                                  : apply_known(changes, deadline);
}

/// Applies changes of which some get their images first.
BatchResult Pipeline::apply_fetched(std::span<const events::Change> changes, SteadyTime deadline) {
  ImageFetcher fetcher(
      changes,
      {.pipeline_name = options_.name,
       .items = *options_.source_items,
       .clock = clock_,
       .why_refused = [this](const events::SourceTable& table) { return why_no_source(table); },
       .item_bytes = item_bytes_});
  BatchResult result;
  result.fates.resize(changes.size());
  while (!fetcher.is_done()) {
    const FetchedPart part = fetcher.next(deadline);
    add_part(apply_known(part.changes, deadline), part.places, result);
  }
  std::sort(result.failures.begin(), result.failures.end(),
            [&](const Failure& a, const Failure& b) {
              return changes[a.record].version < changes[b.record].version;
            });
  return result;
}

BatchResult Pipeline::apply_known(std::span<const events::Change> changes, SteadyTime deadline) {
  const Groups groups = group(changes, options_.name);
  if (options_.tables != nullptr) {
    return run_derived(changes, groups,
                       {.tables = *options_.tables,
                        .target = target_,
                        .clock = clock_,
                        .plan = plan_options(),
                        .random = random_,
                        .entry_bytes = entry_bytes_,
                        .tells_rows = options_.tells_rows},
                       deadline);
  }
  Plan planned = plan(changes, groups, plan_options());
  std::vector<Outcome> outcomes(planned.commits.size());
  if (!outcomes.empty()) target_.commit(planned.commits, outcomes, deadline);
  return checkpoint(changes, std::move(planned), outcomes);
}

std::vector<Outcome> Pipeline::repair(std::span<const RepairInput> inputs, SteadyTime deadline) {
  return handler::repair(inputs,
                         {.pipeline = options_.name,
                          .tables = options_.tables,
                          .target = target_,
                          .clock = clock_,
                          .plan = plan_options(),
                          .random = random_},
                         deadline);
}

std::string Pipeline::draw_nonce() {
  return random_hex(random_);
}

std::string Pipeline::why_no_source(const events::SourceTable& table) const {
  std::string why = why_written(table, options_.written);
  if (why.empty() && options_.tables != nullptr) why = options_.tables->why_no_source(table);
  return why;
}

std::string Pipeline::ledger_prefix(const events::SourceTable& table) const {
  std::string prefix;
  append_ledger_prefix(prefix, options_.name, table);
  return prefix;
}

void Pipeline::set_own_account(std::string_view account) {
  for (WrittenTable& each : options_.written)
    if (each.account.empty()) each.account = account;
}

}  // namespace streamonce::handler
