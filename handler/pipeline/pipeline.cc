#include "handler/pipeline/pipeline.h"

#include <utility>
#include <vector>

#include "handler/pipeline/group.h"
#include "handler/pipeline/plan.h"

namespace streamonce::handler {

Pipeline::Pipeline(PipelineOptions options, Target& target, const Clock& clock)
    : options_(std::move(options)),
      target_(target),
      clock_(clock) {}

BatchResult Pipeline::apply(std::span<const events::Change> changes, SteadyTime deadline) {
  const Groups groups = group(changes, options_.name);
  Plan planned =
      plan(changes, groups,
           {.target_table = options_.target_table, .retain = options_.retain, .now = clock_.now()});
  std::vector<Outcome> outcomes(planned.commits.size());
  if (!outcomes.empty()) target_.commit(planned.commits, outcomes, deadline);
  return checkpoint(changes, std::move(planned), outcomes);
}

}  // namespace streamonce::handler
