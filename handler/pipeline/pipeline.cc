#include "handler/pipeline/pipeline.h"

#include <utility>
#include <vector>

#include "handler/pipeline/group.h"
#include "handler/pipeline/plan.h"

namespace streamonce::handler {

Pipeline::Pipeline(PipelineOptions options, Target& target, const Clock& clock)
    : options_(std::move(options)),
      target_(target),
      clock_(clock),
      random_(options_.random_seed) {}

BatchResult Pipeline::apply(std::span<const events::Change> changes, SteadyTime deadline) {
  const Groups groups = group(changes, options_.name);
  const PlanOptions plan_options{.target_table = options_.target_table,
                                 .retain = options_.retain,
                                 .now = clock_.now(),
                                 .written = options_.written};
  if (options_.tables != nullptr) {
    return run_derived(changes, groups,
                       {.tables = *options_.tables,
                        .target = target_,
                        .clock = clock_,
                        .plan = plan_options,
                        .random = random_,
                        .entry_bytes = entry_bytes_,
                        .tells_rows = options_.tells_rows},
                       deadline);
  }
  Plan planned = plan(changes, groups, plan_options);
  std::vector<Outcome> outcomes(planned.commits.size());
  if (!outcomes.empty()) target_.commit(planned.commits, outcomes, deadline);
  return checkpoint(changes, std::move(planned), outcomes);
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
